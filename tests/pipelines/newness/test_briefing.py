"""A briefing tells what was new in a span of time, each statement once, with what it does to earlier ones."""

from datetime import timedelta
from typing import Any

from pipelines.newness.briefing import Briefing, NewStatement, briefing_of
from schemas.statement import LedgerEntry
from tests.support.alerts import NOW
from tests.support.ledger_entries import COST, DAY, entry


def brief(*entries: LedgerEntry, **options: Any) -> Briefing:
    return briefing_of(entries, NOW - DAY, NOW, **options)


def told(found: Briefing, topic: str = "merida") -> list[NewStatement]:
    return [one for story in found.topics[topic] for one in story]


def test_only_what_was_first_published_in_the_span_is_told() -> None:
    found = brief(entry(1), entry(2, "Something older", ago=3 * DAY), entry(3, "Something later", ago=-DAY))
    assert [one.entry.id for one in told(found)] == ["s1"]
    assert found.count == 1


def test_statements_of_a_story_stand_together_and_the_widest_story_comes_first() -> None:
    found = brief(
        entry(1, "A small thing was said about the plan", ago=timedelta(hours=5)),
        entry(2, "The scanners never came", story="wide", outlets=("Mirador", "Ledger", "Faro")),
        entry(3, "The budget was spent elsewhere", story="wide", ago=timedelta(hours=1)),
    )
    assert [[one.entry.id for one in story] for story in found.topics["merida"]] == [["s2", "s3"], ["s1"]]


def test_a_speaker_who_said_nothing_on_the_topic_before_is_first() -> None:
    found = brief(entry(1), entry(2, "The radios were late", speaker="Luis Paz"), entry(3, "Yes", ago=9 * DAY))
    assert {one.entry.id: one.first for one in told(found)} == {"s1": False, "s2": True}


def test_who_denies_what_another_said_contradicts_and_who_says_the_same_repeats() -> None:
    found = brief(
        entry(1, ago=2 * DAY),
        entry(2, speaker="Luis Paz", denied=True),
        entry(3, speaker="Rosa Gil"),
        entry(4, COST.replace("cost us", "did not cost us"), speaker="Hugo Mora"),
    )
    related = {one.entry.id: {(r.relation, r.entry.id) for r in one.related} for one in told(found)}
    assert ("contradicts", "s1") in related["s2"]
    assert ("repeats", "s1") in related["s3"]
    assert ("contradicts", "s1") in related["s4"]


def test_a_speaker_who_denies_what_he_said_changes_his_position() -> None:
    found = brief(entry(1, ago=2 * DAY), entry(2, denied=True))
    assert [(r.relation, r.entry.id) for r in told(found)[0].related] == [("contradicts", "s1")]


def test_another_figure_for_the_same_thing_is_told() -> None:
    found = brief(
        entry(1, "The United States delivered 40 helicopters under the Mérida Initiative", ago=2 * DAY),
        entry(2, "The United States delivered 12 helicopters under the Mérida Initiative", speaker="Luis Paz"),
    )
    assert [(r.relation, r.entry.id) for r in told(found)[0].related] == [("other-figure", "s1")]


def test_a_statement_and_its_twin_in_the_other_language_are_told_once() -> None:
    english = entry(1, outlets=("Ledger",))
    spanish = entry(
        2, "La Iniciativa nos costó", lang="es", possible=("s1",), ago=timedelta(hours=1), outlets=("Faro",)
    )
    for lang, shown in (("en", "s1"), ("es", "s2"), (None, "s1")):
        (one,) = told(brief(english, spanish, lang=lang))
        assert one.entry.id == shown
        assert set(one.outlets) == {"Ledger", "Faro"}


def test_an_outlet_that_had_statements_before_and_has_none_now_is_silent() -> None:
    found = brief(
        entry(1, outlets=("Mirador",)),
        entry(2, "Older", ago=5 * DAY, outlets=("Mirador", "Faro")),
        entry(3, "Much older", ago=60 * DAY, outlets=("Ledger",)),
    )
    assert found.silent == ("Faro",)


def test_only_the_topics_that_are_wanted() -> None:
    found = brief(
        entry(1, topics=("merida", "arms-trafficking")),
        entry(2, "Guns", topics=("arms-trafficking",)),
        topics=("merida",),
    )
    assert set(found.topics) == {"merida"}
