"""The reason on each alert and on each statement that raised none."""

from datetime import date, timedelta

from pipelines.newness.ledger import Ledger
from tests.support.claims import CLAIM, NOW, item, ruled


def test_a_repeat_after_60_days_is_a_sighting_and_says_so():
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM)), ledger)
    later = NOW + timedelta(days=60)
    ruling = ruled(item(("Ana Ruiz", CLAIM), article="a9", outlet="Mirador", published=later, seen=later), ledger)
    assert (ruling.alerts, ruling.outcome) == ((), "duplicate")
    [verdict] = ruling.verdicts
    assert verdict.verdict == "known"
    assert "what Ana Ruiz said, first seen 2026-11-24 12:00 at Ledger, 60 days before" in verdict.reason.why
    assert (verdict.reason.nearest.similarity, verdict.reason.age_hours) == (1.0, 0.0)


def test_every_alert_and_every_suppressed_statement_says_why():
    old = ("Luis Paz", "Fast and Furious was a failure from its first day to its last", ("merida",), date(2026, 6, 1))
    off = ("Rosa Gil", "The bridge will be open again by the end of May", ("extradition",))
    ruling = ruled(item(("Ana Ruiz", CLAIM), old, off, ("Ana Ruiz", CLAIM)), Ledger())
    assert [v.verdict for v in ruling.verdicts] == ["new", "recorded", "off-topic", "known"]
    assert all(v.reason.why for v in ruling.verdicts)
    assert ruling.verdicts[0].alert == ruling.alerts[0].id
    [statement] = ruling.alerts[0].statements
    assert [(t.topic, t.text, t.start, t.end) for t in statement.reason.terms] == [("merida", CLAIM[:6], 0, 6)]
    assert "on merida by “The Mé”" in ruling.alerts[0].why
