"""A text with its signs, sentences, paragraphs and statements, as the features of features.py need it.

Sentences are numbered over title and text together.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipelines.topics.phrases import Span
from pipelines.topics.taxonomy import Signs, Survey
from pipelines.topics.word_stems import stems
from pipelines.topics.word_weights import Contexts
from schemas.statement import Statement

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CONTEXTS = 7
"""Into so many parts `Article.contexts` divides a statement and the text around it."""
WEIGHTS = {"terms": 1.0, "weak": 0.5, "words": 0.4, "related": 0.3}
"""The weight of one sign of each kind. The weight of a sentence is the sum of its signs, at most `MOST`."""
HEAD = 3
"""So many first sentences of the text are taken together with the headline."""
MOST = 1.5
_REFERS = re.compile(
    r"\b(?:it|its|that|this|those|these|they|them|there|here|eso|esa|ese|esos|esas|esto|este|esta|estos|estas|ello|"
    r"dich[oa]s?|alla|aquel\w*|\w+[aei]rl[oa]s?|same|such|mism[oa]s?|tal(?:es)?)\b"
)


def any_of(*phrases: str) -> re.Pattern[str]:
    r"""A pattern for any of some phrases of whole words, without special characters. It begins with their letters, to
    which the search skips, and what is before them is checked after; a `\b` would be checked at each character."""
    options = "|".join(rf"{phrase}(?<!\w{phrase})" for phrase in phrases)
    return re.compile(rf"(?:{options})\b")


_DRIFT = any_of(
    *("en otro tema", "en otro orden", "en otro asunto", "por otra parte", "por otro lado", "en otros temas"),
    *("cambiando de tema", "aparte", "ademas", "separately", "in other news", "in other business", "also on"),
    *("meanwhile", "on another", "elsewhere", "unrelated"),
)
_ENGLISH = any_of("the", "of", "and", "to")
_SPANISH = any_of("de", "la", "el", "que")


@dataclass(frozen=True)
class StatementPlace:
    """The place of a statement: spans, first and last sentence and paragraph; with its stems, speaker and kind."""

    spans: list[Span]
    first: int
    last: int
    paragraphs: tuple[int, int]
    stems: frozenset[str]
    speaker: str
    direct: bool


@dataclass(frozen=True)
class StatementColumns:
    """The places of all statements, one value per statement, in text order: first and last sentence, their paragraphs,
    number of stems (at least 1) and of words that refer to something, whether it is quoted, whether nobody speaks."""

    first: Ints
    last: Ints
    first_paragraph: Ints
    last_paragraph: Ints
    words: Ints
    refers: Ints
    direct: Flags
    nobody: Flags
    stems: list[frozenset[str]]
    speaker: list[str]


class Article:
    """A surveyed text with its sentences, paragraphs and statements. `order`: statement numbers in text order."""

    def __init__(self, survey: Survey, statements: Sequence[Statement]) -> None:
        self.survey, self.page = survey, survey.page
        folded = self.page.folded
        self.ends = self.page.ends
        self.breaks = [m.start() for m in re.finditer(r"\n\n*", folded)]
        starts = [0, *self.ends[:-1]]
        self.paragraph = [bisect_right(self.breaks, start) for start in starts]
        self.stems = [stems(folded[s:e]) for s, e in zip(starts, self.ends, strict=True)]
        self._joined: dict[Span, frozenset[str]] = {}
        self.places = [self._place(statement) for statement in statements]
        self.order = sorted(range(len(statements)), key=lambda i: self.places[i].spans)
        self.weight = {topic: self._weights(signs) for topic, signs in survey.signs.items()}
        self.body = self.page.sentence(self.page.offset) if self.page.offset else 0
        self.english = len(_ENGLISH.findall(folded)) > len(_SPANISH.findall(folded))
        self.drift = [bool(_DRIFT.search(folded, s, min(e, s + 60))) for s, e in zip(starts, self.ends, strict=True)]
        self.asked = [folded[s:e].rstrip(" \"”»’'\n").endswith("?") for s, e in zip(starts, self.ends, strict=True)]

    def _place(self, statement: Statement) -> StatementPlace:
        offset, size = self.page.offset, len(self.page.folded)
        spans = sorted((min(s.start + offset, size), min(s.end + offset, size)) for s in statement.content)
        first, last = self.page.sentence(spans[0][0]), self.page.sentence(max(spans[-1][1] - 1, 0))
        words = stems(" ".join([self.page.folded[s:e] for s, e in spans]))
        speaker = statement.speaker.name if statement.speaker else ""
        return StatementPlace(
            spans,
            first,
            last,
            (self.paragraph[first], self.paragraph[last]),
            words,
            speaker,
            statement.kind == "direct",
        )

    @cached_property
    def columns(self) -> StatementColumns:
        """The statements as columns, in the order of `order`."""
        places = [self.places[number] for number in self.order]
        return StatementColumns(
            first=np.array([place.first for place in places]),
            last=np.array([place.last for place in places]),
            first_paragraph=np.array([place.paragraphs[0] for place in places]),
            last_paragraph=np.array([place.paragraphs[1] for place in places]),
            words=np.array([max(len(place.stems), 1) for place in places]),
            refers=np.array([self._referring(place) for place in places]),
            direct=np.array([place.direct for place in places]),
            nobody=np.array([not place.speaker for place in places]),
            stems=[place.stems for place in places],
            speaker=[place.speaker for place in places],
        )

    def _referring(self, place: StatementPlace) -> int:
        """The number of words in a statement that refer to something: "it", "esa", "dicho"."""
        return len(_REFERS.findall(" ".join(self.page.folded[s:e] for s, e in place.spans)))

    def contexts(self, number: int) -> Contexts:
        """The stems of a statement and of the text around it: itself, its sentences, the two sentences before, its
        paragraphs, these with the paragraph before, the headline with the first sentences, the whole article."""
        place = self.places[number]
        first, last = place.first, place.last
        before, low = (bisect_left(self.paragraph, place.paragraphs[0] - back) for back in (1, 0))
        high = bisect_right(self.paragraph, place.paragraphs[1])
        return (
            place.stems,
            self._stems_in(first, last + 1),
            self._stems_in(max(first - 2, 0), first),
            self._stems_in(low, high),
            self._stems_in(before, high),
            self._stems_in(0, self.body + HEAD),
            self._stems_in(0, len(self.stems)),
        )

    @cached_property
    def all_contexts(self) -> list[Contexts]:
        """The contexts of all statements, in the order of `order`: the same for every topic."""
        return [self.contexts(number) for number in self.order]

    def _stems_in(self, first: int, stop: int) -> frozenset[str]:
        """The stems of the sentences from `first` to `stop` - 1, joined once for all statements in these sentences."""
        if (first, stop) not in self._joined:
            self._joined[first, stop] = frozenset[str]().union(*self.stems[first:stop])
        return self._joined[first, stop]

    def _weights(self, signs: Signs) -> Floats:
        weight = np.zeros(len(self.ends))
        for kind, counts in WEIGHTS.items():
            for start, _ in getattr(signs, kind):
                weight[self.page.sentence(start)] += counts
        return np.minimum(weight, MOST)
