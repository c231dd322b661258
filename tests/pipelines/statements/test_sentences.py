"""Each construction of reported speech, in small sentences: tests/pipelines/statements/{en,es}.yaml."""

import datetime

import pytest

from pipelines.statements import extract
from schemas.statement import Statement
from tests.support.sentences import Sentence, sentences

PUBLISHED = datetime.date(2021, 10, 9)
ALL = [*sentences("en"), *sentences("es")]


def case(number: int, sentence: Sentence):
    gap = sentence.expected.get("known_gap")
    marks = [pytest.mark.xfail(reason=gap, strict=True)] if gap else []
    return pytest.param(sentence, id=f"{sentence.lang} {sentence.construction} {number}", marks=marks)


def characters(spans) -> set[int]:
    return {i for start, end in spans for i in range(start, end)}


def overlap(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other)


def marked(sentence: Sentence, found: list[Statement]) -> Statement:
    """The statement that the sentence marks."""
    wanted = characters(sentence.spans["content"])
    best = max(found, key=lambda s: overlap(wanted, characters((c.start, c.end) for c in s.content)))
    assert overlap(wanted, characters((c.start, c.end) for c in best.content)) >= 0.8, shown(sentence, found)
    return best


def shown(sentence: Sentence, found: list[Statement]) -> list[str]:
    return ["|".join(sentence.text[c.start : c.end] for c in s.content) for s in found]


@pytest.mark.parametrize("sentence", [case(n, s) for n, s in enumerate(ALL)])
def test_construction(sentence: Sentence):
    found = extract(sentence.text, lang=sentence.lang, published=PUBLISHED)
    if sentence.silent:
        assert not found, shown(sentence, found)
        return
    assert found
    statement = marked(sentence, found)
    if "context" not in sentence.spans and "headings" not in sentence.construction:
        assert len(found) == 1, shown(sentence, found)
    for name in ("cue", "source"):
        part = getattr(statement, name)
        for start, end in sentence.spans.get(name, ()):
            assert part and part.start < end and start < part.end, f"{name}: {part and part.text}"
            assert sentence.text[part.start : part.end] == part.text
    expected = sentence.expected
    speaker = statement.speaker
    if "speaker" in expected:
        assert (speaker and speaker.name) == expected["speaker"]
    if "role" in expected:
        assert speaker and speaker.role == expected["role"]
    if "kind" in expected:
        assert statement.kind == expected["kind"]
    if "sense" in expected:
        assert statement.cue and statement.cue.sense == expected["sense"]
    if "negated" in expected:
        assert statement.cue and statement.cue.negated
    if "said" in expected:
        assert statement.said and statement.said.text == expected["said"]
    if "date" in expected:
        assert statement.said and statement.said.date == expected["date"]
    if "place" in expected:
        assert statement.said and statement.said.place == expected["place"]


def test_there_are_enough_sentences_of_each_language():
    for lang in ("en", "es"):
        own = [s for s in ALL if s.lang == lang]
        assert len(own) >= 75
        assert len({s.construction for s in own}) >= 25


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        (
            "es",
            "Los dos gobiernos esperan firmar el pacto y la embajada investiga el caso que la fiscalía pidió a los jueces",
        ),
        (
            "en",
            "Officials hope to sign the pact and the old port was asked to urge the United States to tell them not to go",
        ),
        (
            "en",
            "Nobody at the hall could tell the drivers, who asked the envoy's lawyer to order a review and the mayor to",
        ),
    ],
)
def test_a_text_may_end_anywhere(lang: str, text: str) -> None:
    words = text.split()
    for first in range(len(words)):
        for stop in range(first + 1, len(words) + 1):
            extract(" ".join(words[first:stop]), lang=lang)
