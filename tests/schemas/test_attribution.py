"""A statement is told with its verb, and a denial never as a claim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.statements.reading.lexicon import SENSES
from schemas.alert import AlertStatement
from schemas.attribution import NEGATED, VERBS, attributed, quoted_words, verb, who
from schemas.printable import printable
from schemas.statement import Cue, LedgerEntry, Sighting, Speaker
from tests.support.alerts import NOW

ANA = Speaker(name="Ana Ruiz", role="foreign minister")


def said(cue: str = "", sense: str | None = "said", kind: str = "indirect", **more: bool) -> AlertStatement:
    found = Cue(text=cue, start=0, end=len(cue), sense=sense, **more) if cue else None
    return AlertStatement(id="s", text="Mexico asked for it", kind=kind, cue=found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "english", "spanish"),
    [
        (said("said"), "said", "dijo"),
        (said(), "said", "dijo"),
        (said("denied", "denied"), "denied this", "negó esto"),
        (said("denied", "denied", "direct"), "denied", "negó"),
        (said("cast doubt on", "denied"), "doubted this", "puso en duda esto"),
        (said("dudó que", "denied"), "doubted this", "puso en duda esto"),
        (said("declined to say", "denied"), "declined to say this", "no quiso decir esto"),
        (said("evitó decir", "denied"), "declined to say this", "no quiso decir esto"),
        (said("did not say", negated=True), "did not say this", "no dijo esto"),
        (said("no negó", "denied", negated=True), "did not deny this", "no negó esto"),
        (said("would have said", conditional=True), "reportedly said", "supuestamente dijo"),
        (said("promised", "promised"), "promised", "prometió"),
        (said("accused", "accused"), "accused", "acusó"),
        (said("whistled", "a sense of later versions"), "said", "dijo"),
    ],
)
def test_the_verb_is_what_the_speaker_did(statement: AlertStatement, english: str, spanish: str) -> None:
    assert (verb(statement, "en"), verb(statement, "es"), verb(statement, None)) == (english, spanish, english)


def test_every_sense_of_the_lexicon_has_a_verb_in_both_languages() -> None:
    assert set(SENSES) <= set(VERBS) == set(NEGATED)
    assert all(one and other for table in (VERBS, NEGATED) for one, other in table.values())


def test_a_sentence_has_the_speaker_the_verb_and_the_words() -> None:
    denied = said("denied", "denied")
    assert attributed(denied, ANA, "en") == "Ana Ruiz denied this: Mexico asked for it"
    assert attributed(denied, ANA, "es", role=True) == "Ana Ruiz, foreign minister, negó esto: Mexico asked for it"
    assert attributed(said("said", kind="direct"), None, "es") == "Una fuente sin nombre dijo: “Mexico asked for it”"


def test_words_that_are_quoted_already_get_no_second_quotation_marks() -> None:
    statement = said("said", kind="direct").model_copy(update={"text": "«De acuerdo»"})
    assert quoted_words(statement) == "«De acuerdo»"


def test_an_entry_of_an_older_version_that_knows_only_that_it_was_denied_is_told_as_a_denial() -> None:
    sighting = Sighting(article="a", version="v", outlet="El Mirador", url="https://example.org/", at=NOW)
    entry = LedgerEntry(
        id="s",
        text="Mexico asked for it",
        kind="indirect",
        topics=("merida",),
        sightings=(sighting,),
        denied=True,
        why="",
    )
    assert verb(entry, "en") == "denied this"


@given(st.text(), st.text())
def test_nothing_that_is_told_commands_what_shows_it(name: str, text: str) -> None:
    statement = said("said").model_copy(update={"text": text})
    line = attributed(statement, Speaker(name=name, role=name), "en", role=True)
    assert line == printable(line)
    assert who(None, "en") == "An unnamed source"
