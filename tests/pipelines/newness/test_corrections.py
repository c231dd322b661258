"""An edit that removes or changes an alerted statement is reported once; other edits are not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.newness.judge import judge
from pipelines.newness.ledger import Ledger
from schemas.attribution import verb
from schemas.statement import Cue
from tests.support.claims import CLAIM, NOW, RULES, item

ASKED = replace(RULES, corrections=True)
OTHER = "We will publish every serial number of the seized rifles by spring"
NUMBER = "The programme paid for 24 helicopters that never arrived at the border"


def ruled(one, ledger, rules=ASKED):
    ruling = judge(one, ledger, rules, NOW)
    for alert in ruling.alerts:
        ledger.put_alert(alert)
    return ruling


def edited(*claims, version="v2", minutes=10, **changes):
    return item(*claims, version=version, seen=NOW + timedelta(minutes=minutes), **changes)


def corrected(ruling):
    return [alert for alert in ruling.alerts if alert.kind == "corrected"]


def test_a_statement_that_an_edit_removed_is_told_with_the_alert_it_belongs_to():
    ledger = Ledger()
    first = ruled(item(("Ana Ruiz", CLAIM), ("Luis Paz", OTHER)), ledger).alerts
    [alert] = corrected(ruled(edited(("Luis Paz", OTHER)), ledger))
    assert (alert.follows, alert.topic, alert.speaker.name) == (first[0].id, "merida", "Ana Ruiz")
    assert [s.text for s in alert.statements] == [CLAIM]
    assert alert.article.version == "v2"
    assert alert.id not in {a.id for a in first}


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_denial_that_an_edit_removed_is_told_as_a_denial(forgotten):
    """Also when the ledger's entry is of an older version, and has no cue."""
    ledger, denied = Ledger(), Cue(text="denied", start=0, end=6, sense="denied")
    for entry in ruled(item(("Ana Ruiz", CLAIM), cue=denied), ledger).entries:
        ledger.put(entry.model_copy(update={"cue": None}) if forgotten else entry)
    [alert] = corrected(ruled(edited(("Luis Paz", OTHER)), ledger))
    [statement] = alert.statements
    assert (statement.sense, statement.negated, statement.verb) == ("denied", False, "denied this")
    assert verb(statement, "es") == "negó esto"


def test_what_was_told_once_is_not_told_at_the_next_edit():
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM), ("Luis Paz", OTHER)), ledger)
    [alert] = corrected(ruled(edited(("Luis Paz", OTHER)), ledger))
    [again] = corrected(ruled(edited(("Luis Paz", OTHER), version="v3", minutes=20), ledger))
    assert again.id == alert.id
    assert ledger.untold(again) is None


def test_a_changed_figure_is_a_correction_and_a_mended_typo_is_none():
    for after, count in ((NUMBER.replace("24", "12"), 1), (NUMBER.replace("programme", "program"), 0)):
        ledger = Ledger()
        ruled(item(("Ana Ruiz", NUMBER), ("Luis Paz", OTHER)), ledger)
        assert len(corrected(ruled(edited(("Ana Ruiz", after), ("Luis Paz", OTHER)), ledger))) == count


@pytest.mark.parametrize("case", ["off", "same version", "replay of the older", "text of the feed", "another article"])
def test_what_is_no_edit_tells_nothing(case):
    ledger, rules = Ledger(), RULES if case == "off" else ASKED
    ruled(item(("Ana Ruiz", CLAIM), ("Luis Paz", OTHER)), ledger, rules)
    second = edited(
        ("Luis Paz", OTHER),
        version="v1" if case == "same version" else "v2",
        minutes=-10 if case == "replay of the older" else 10,
        article="a2" if case == "another article" else "a1",
    )
    if case == "text of the feed":
        second = second.with_tagged(text_from="feed")
    assert corrected(ruled(second, ledger, rules)) == []


def test_what_stands_in_the_text_is_there_though_it_was_not_found_again():
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM), ("Luis Paz", OTHER)), ledger)
    second = edited(("Luis Paz", OTHER))
    article = second.tagged.article
    second = second.with_tagged(article=article.model_copy(update={"text": f"{article.text}\n\nAlso: “{CLAIM}.”"}))
    assert corrected(ruled(second, ledger)) == []


def test_what_was_recorded_and_not_alerted_is_not_corrected():
    ledger = Ledger()
    ruled(item(("Ana Ruiz", CLAIM), published=NOW - timedelta(days=9)), ledger)
    assert corrected(ruled(edited(("Luis Paz", OTHER)), ledger)) == []
