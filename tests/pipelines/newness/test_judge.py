"""Which statements are alerted and which are only recorded. Pure functions."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipelines.newness.judge import judge
from pipelines.newness.ledger import Ledger
from schemas.statement import Cue
from tests.support.claims import CLAIM, NOW, RULES, item, ruled


def test_a_new_statement_is_alerted_and_recorded():
    ledger = Ledger()
    ruling = ruled(item(("Ana Ruiz", CLAIM)), ledger)
    assert [(a.topic, a.speaker.name, a.statements[0].text) for a in ruling.alerts] == [("merida", "Ana Ruiz", CLAIM)]
    assert ruling.outcome == "alerted"
    assert [e.alert for e in ruling.entries] == [ruling.alerts[0].id] == [ruling.entries[0].id]
    assert len(ledger) == 1


def test_an_edit_alerts_for_what_was_added_only():
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM)), ledger)
    added = "We will publish every serial number of the seized rifles by spring"
    ruling = ruled(item(("Ana Ruiz", CLAIM), ("Ana Ruiz", added, ("arms-trafficking",)), version="v2"), ledger)
    assert [(a.topic, a.statements[0].text) for a in ruling.alerts] == [("arms-trafficking", added)]


def test_one_alert_for_each_speaker_and_topic():
    other = "The flow of rifles from the United States must stop this year"
    both = ("arms-trafficking", "merida")
    ruling = ruled(item(("Ana Ruiz", CLAIM), ("Ana Ruiz", other, both), ("Luis Paz", other[::-1])), Ledger())
    assert [(a.topic, a.speaker.name, len(a.statements)) for a in ruling.alerts] == [
        ("merida", "Ana Ruiz", 2),
        ("arms-trafficking", "Ana Ruiz", 1),
        ("merida", "Luis Paz", 1),
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"published": NOW - timedelta(days=4)}, "before max_alert_age"),
        ({"published": None, "origin": "backfill"}, "undated and backfill"),
        ({"published": None, "origin": "first-poll"}, "undated and first-poll"),
        ({"published": NOW + timedelta(days=30), "origin": "backfill"}, "undated and backfill"),
    ],
)
def test_what_is_old_is_recorded(changes, why):
    ruling = ruled(item(("Ana Ruiz", CLAIM), **changes), Ledger())
    assert (ruling.alerts, ruling.outcome) == ((), "recorded")
    assert why in ruling.reason


def test_an_undated_live_entry_alerts_and_a_fresh_backfilled_one_too():
    assert ruled(item(("Ana Ruiz", CLAIM), published=None), Ledger()).alerts
    assert ruled(item(("Ana Ruiz", CLAIM), origin="backfill"), Ledger()).alerts


def test_what_was_said_long_ago_is_recorded_beside_what_is_new():
    old = ("Luis Paz", "Fast and Furious was a failure from its first day to its last", ("merida",), date(2026, 6, 1))
    ruling = ruled(item(("Ana Ruiz", CLAIM), old), Ledger())
    assert [a.speaker.name for a in ruling.alerts] == ["Ana Ruiz"]
    assert {e.speaker.name: e.alert is not None for e in ruling.entries} == {"Ana Ruiz": True, "Luis Paz": False}


def test_on_topic_without_a_statement_of_an_alerting_topic():
    ruling = ruled(item(("Ana Ruiz", CLAIM, ())), Ledger())
    assert (ruling.alerts, ruling.entries, ruling.outcome) == ((), (), "recorded")


def test_confirmation_at_three_outlets_and_at_ten_once_each_and_only_when_asked_for():
    asked, ledger, quiet = replace(RULES, corroborate=(3, 10)), Ledger(), Ledger()
    first = ruled(item(("Ana Ruiz", CLAIM)), ledger, asked).alerts[0]
    follow_ups = []
    for number in range(2, 13):
        same = item(("Ana Ruiz", CLAIM), article=f"a{number}", outlet=f"Outlet {number}")
        alerts = ruled(same, ledger, asked).alerts
        assert ruled(same, ledger, asked).alerts == alerts, "a replay gives the same"
        follow_ups += alerts
        assert ruled(same, quiet).alerts == () or number == 2
    assert [(a.kind, a.follows, len(a.outlets)) for a in follow_ups] == [
        ("corroborated", first.id, 3),
        ("corroborated", first.id, 10),
    ]
    assert len({a.id for a in follow_ups} | {first.id}) == 3
    again = ruled(item(("Ana Ruiz", CLAIM), article="b", outlet="Ledger"), ledger, asked)
    assert again.alerts == ()


def test_an_alert_has_its_topics_titles_and_says_for_programs_what_the_verb_says():
    rules = replace(RULES, titles={"merida": {"en": "Mérida Initiative", "es": "Iniciativa Mérida"}})
    doubted = Cue(text="cast doubt on", start=0, end=13, sense="denied")
    [alert] = judge(item(("Ana Ruiz", CLAIM), cue=doubted), Ledger(), rules, NOW).alerts
    assert (alert.contract_version, alert.topic_titles["es"], alert.story) == (2, "Iniciativa Mérida", "s")
    [statement] = alert.statements
    assert (statement.sense, statement.negated, statement.supposed) == ("doubted", False, False)
