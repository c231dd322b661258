"""Features for deciding whether a statement is about a topic: its own words, the text around it, the whole article.

No feature depends on a topic by name, so they also work for topics that a user adds. Sentences are numbered over title
and text together. Near sentences count more than far ones.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.text.stems import function_words
from pipelines.topics.phrases import Span
from pipelines.topics.taxonomy import Signs, Survey
from schemas.statement import Statement

Floats = NDArray[np.float64]

WEIGHTS = {"terms": 1.0, "weak": 0.5, "words": 0.4, "related": 0.3}
"""The weight of one sign of each kind. The weight of a sentence is the sum of its signs, at most `MOST`."""
MOST = 1.5
NEAR, WIDE = 0.5, 0.85
"""The factor by which the weight of a sentence fades with each further sentence: fast (`NEAR`) and slow (`WIDE`)."""
FAR = 12
"""Distances in sentences are cut at this value."""
STEM = 5
"""Only this many first letters of a word are compared: a simple stem for both languages."""

_WORD = re.compile(r"[a-z0-9ñ]{3,}")
_REFERS = re.compile(
    r"\b(?:it|its|that|this|those|these|they|them|there|here|eso|esa|ese|esos|esas|esto|este|esta|estos|estas|ello|"
    r"dich[oa]s?|alla|aquel\w*|\w+[aei]rl[oa]s?|same|such|mism[oa]s?|tal(?:es)?)\b"
)
_DRIFT = re.compile(
    r"\b(?:en otro (?:tema|orden|asunto)|por otra parte|por otro lado|en otros temas|cambiando de tema|aparte|ademas|"
    r"separately|in other (?:news|business)|also on|meanwhile|on another|elsewhere|unrelated)\b"
)


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


class Article:
    """A surveyed text with its sentences, paragraphs and statements. `order`: statement numbers in text order."""

    def __init__(self, survey: Survey, statements: Sequence[Statement]) -> None:
        self.survey, self.page = survey, survey.page
        folded = self.page.folded
        self.ends = self.page.ends
        self.breaks = [m.start() for m in re.finditer(r"\n+", folded)]
        starts = [0, *self.ends[:-1]]
        self.paragraph = [bisect_right(self.breaks, start) for start in starts]
        self.stems = [stems(folded[s:e]) for s, e in zip(starts, self.ends, strict=True)]
        self.places = [self._place(statement) for statement in statements]
        self.order = sorted(range(len(statements)), key=lambda i: self.places[i].spans)
        self.weight = {topic: self._weights(signs) for topic, signs in survey.signs.items()}
        self.body = self.page.sentence(self.page.offset) if self.page.offset else 0
        self.drift = [bool(_DRIFT.search(folded, s, min(e, s + 60))) for s, e in zip(starts, self.ends, strict=True)]
        self.asked = [folded[s:e].rstrip(" \"”»’'\n").endswith("?") for s, e in zip(starts, self.ends, strict=True)]

    def _place(self, statement: Statement) -> StatementPlace:
        offset, size = self.page.offset, len(self.page.folded)
        spans = sorted((min(s.start + offset, size), min(s.end + offset, size)) for s in statement.content)
        first, last = self.page.sentence(spans[0][0]), self.page.sentence(max(spans[-1][1] - 1, 0))
        words = frozenset[str]().union(*(stems(self.page.folded[s:e]) for s, e in spans))
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

    def _weights(self, signs: Signs) -> Floats:
        weight = np.zeros(len(self.ends))
        for kind, counts in WEIGHTS.items():
            for start, _ in getattr(signs, kind):
                weight[self.page.sentence(start)] += counts
        return np.minimum(weight, MOST)


def stems(folded: str) -> frozenset[str]:
    return frozenset(word[:STEM] for word in _WORD.findall(folded)) - _function_stems()


def _function_stems() -> frozenset[str]:
    global _functions
    if _functions is None:
        _functions = frozenset(word[:STEM] for word in function_words().function if len(word) <= STEM)
    return _functions


_functions: frozenset[str] | None = None


def fading(weight: Floats, left: float, back: bool = False) -> list[float]:
    """For each sentence the weight of those before it (`back`: after it), multiplied by `left` for each one between."""
    out, running = [0.0] * len(weight), 0.0
    order = range(len(weight) - 1, -1, -1) if back else range(len(weight))
    for i in order:
        out[i] = running
        running = (running + float(weight[i])) * left
    return out


def rows(article: Article, topic: str) -> Floats:
    """One row of features per statement, in the order of `article.order`. The columns are `NAMES`."""
    signs, page, places = article.survey.signs[topic], article.page, article.places
    weight = article.weight[topic]
    size = len(weight)
    strong = np.zeros(size)
    for start, _ in signs.terms:
        strong[page.sentence(start)] = 1.0
    others = np.zeros(size)
    for other, its in article.weight.items():
        if other != topic:
            others = np.maximum(others, its)
    before_strong, before_strong_wide = fading(strong, NEAR), fading(strong, WIDE)
    before, before_wide, after = fading(weight, NEAR), fading(weight, WIDE), fading(weight, NEAR, back=True)
    after_strong, after_wide = fading(strong, NEAR, back=True), fading(weight, WIDE, back=True)
    before_others, after_others = fading(others, NEAR), fading(others, NEAR, back=True)
    last_strong, last_any = _last(strong), _last(weight)
    in_paragraph: dict[int, float] = {}
    strong_in: dict[int, float] = {}
    for i, paragraph in enumerate(article.paragraph):
        in_paragraph[paragraph] = in_paragraph.get(paragraph, 0.0) + float(weight[i])
        strong_in[paragraph] = strong_in.get(paragraph, 0.0) + float(strong[i])
    paragraphs = max(len(in_paragraph), 1)
    body = article.body
    title_strong, title_any = float(strong[:body].sum() > 0), float(weight[:body].sum())
    lead_strong, lead_any = float(strong[body : body + 3].sum()), float(weight[body : body + 3].sum())
    share_strong = sum(v > 0 for v in strong_in.values()) / paragraphs
    share_any = sum(v >= 0.4 for v in in_paragraph.values()) / paragraphs
    total_others = sum(float(w.sum()) for t, w in article.weight.items() if t != topic)
    total = float(weight.sum())
    most_others = max((float(w.sum()) for t, w in article.weight.items() if t != topic), default=0.0)
    leads = float(total > most_others)
    astray = len(signs.excluding) / (len(signs.excluding) + len(signs.context) + 1)
    astray_head = float(any(start < page.ends[min(body + 1, size - 1)] for start, _ in signs.excluding))
    topical = frozenset[str]().union(*(article.stems[i] for i in np.flatnonzero(weight >= 1.0)))
    elsewhere = frozenset[str]().union(*(article.stems[i] for i in np.flatnonzero(weight == 0.0))) - topical
    own = [_own(signs, place) for place in places]
    others_own = [_others_own(article, topic, place) for place in places]
    speakers: dict[str, list[int]] = {}
    for i, place in enumerate(places):
        speakers.setdefault(place.speaker, []).append(i)
    table = np.zeros((len(places), len(NAMES)))
    for row, i in enumerate(article.order):
        place, mine = places[i], own[i]
        first, last = place.first, place.last
        within = slice(first, last + 1)
        p, q = place.paragraphs
        previous = article.order[row - 1] if row else None
        following = article.order[row + 1] if row + 1 < len(places) else None
        same = [own[j] for j in speakers[place.speaker] if j != i] if place.speaker else []
        count = max(len(place.stems), 1)
        drifted = any(article.drift[max(last_strong[first] + 1, 0) : first + 1])
        folded = " ".join(page.folded[s:e] for s, e in place.spans)
        near_any, near_strong = first - last_any[first], first - last_strong[first]
        held = float(mine[1] + mine[2] > 0)
        refers = float(_REFERS.search(folded) is not None or mine[3] > 0)
        alone = float(others_own[i][0] == 0 and others_own[i][1] == 0)
        flags = (
            held,
            float(mine[3] > 0),
            refers,
            float(near_strong == 1),
            float(near_strong == 2),
            float(near_any == 1),
            float(weight[within].sum() - _capped(mine) > 0.1),
            float(strong_in[p] > 0),
            float(strong_in.get(p - 1, 0) > 0),
            refers * float(near_any <= 2),
            held * leads,
            held * share_any,
            alone * leads,
            alone * share_any,
            leads,
            astray,
            astray_head,
            float(count <= 3) * float(near_any <= 1),
            alone * before_wide[first],
            float(share_strong > 0.5),
            (1.0 - alone) * float(mine[1] + mine[2] + mine[3] == 0),
        )
        table[row] = (
            min(mine[0], 3),
            min(mine[1], 3),
            min(mine[2], 3),
            min(mine[3], 3),
            min(mine[4], 3),
            min(mine[5], 2),
            max(float(strong[within].sum()) - (mine[0] > 0), 0.0),
            max(float(weight[within].sum()) - _capped(mine), 0.0),
            min(len(_REFERS.findall(folded)), 3),
            math.log1p(count),
            before_strong[first],
            before_strong_wide[first],
            before[first],
            before_wide[first],
            after_strong[last],
            after[last],
            after_wide[last],
            min(first - last_strong[first], FAR),
            min(first - last_any[first], FAR),
            min(strong_in[p], 3),
            min(in_paragraph[p], 4),
            strong_in.get(p - 1, 0.0),
            in_paragraph.get(p - 1, 0.0),
            in_paragraph.get(q + 1, 0.0),
            others_own[i][0],
            others_own[i][1],
            before_others[first],
            after_others[last],
            before_wide[first] / (before_wide[first] + before_others[first] + 0.1),
            title_strong,
            title_any,
            lead_strong,
            lead_any,
            share_strong,
            share_any,
            math.log1p(len(signs.terms)),
            total / (total + total_others + 0.1),
            len(place.stems & topical) / count,
            len(place.stems & elsewhere) / count,
            len(place.stems - topical - elsewhere) / count,
            first / max(size, 1),
            _any(own[previous]) if previous is not None else -1.0,
            _any(own[following]) if following is not None else -1.0,
            sum(map(_any, same)) / len(same) if same else -1.0,
            float(place.direct),
            float(article.asked[first - 1]) if first else 0.0,
            float(drifted),
            float(p == 0 or (article.paragraph[min(body, size - 1)] == p)),
            total / max(size, 1),
            *flags,
            0.0,
            float(not place.speaker),
            float(not place.direct and len(place.stems) <= 1),
        )
    return table


FOR = (
    "own terms",
    "own weak terms",
    "own words",
    "own related",
    "own context",
    "terms beside",
    "signs beside",
    "refers",
    "terms before",
    "terms before, wide",
    "signs before",
    "signs before, wide",
    "terms after",
    "signs after",
    "signs after, wide",
    "terms in paragraph",
    "signs in paragraph",
    "terms in paragraph before",
    "signs in paragraph before",
    "signs in paragraph after",
    "share before",
    "title term",
    "title signs",
    "lead terms",
    "lead signs",
    "paragraphs with a term",
    "paragraphs with a sign",
    "terms in article",
    "share in article",
    "words shared with topical sentences",
    "statement before",
    "statement after",
    "same speaker",
    "density",
    "holds a sign",
    "holds a related word",
    "refers or is related",
    "term one sentence before",
    "term two sentences before",
    "sign one sentence before",
    "sign beside",
    "term in its paragraph",
    "term in the paragraph before",
    "refers to a near sign",
    "holds a sign, topic leads",
    "holds a sign, share",
    "no other topic, topic leads",
    "no other topic, share",
    "topic leads",
    "short, near sign",
    "no other topic, signs before",
    "most paragraphs have a term",
    "topic words",
)
"""Features that speak for a topic. In training, their weights are kept at 0 or above."""
AGAINST = (
    "own excluding",
    "sentences since a term",
    "sentences since a sign",
    "own terms of others",
    "others before",
    "others after",
    "words shared with others only",
    "place",
    "drifted",
    "excluding in article",
    "excluding in the head",
    "other topics only",
    "nobody speaks",
    "a word, not quoted",
)
"""Features that speak against a topic. In training, their weights are kept at 0 or below."""

NAMES = (
    "own terms",
    "own weak terms",
    "own words",
    "own related",
    "own context",
    "own excluding",
    "terms beside",
    "signs beside",
    "refers",
    "length",
    "terms before",
    "terms before, wide",
    "signs before",
    "signs before, wide",
    "terms after",
    "signs after",
    "signs after, wide",
    "sentences since a term",
    "sentences since a sign",
    "terms in paragraph",
    "signs in paragraph",
    "terms in paragraph before",
    "signs in paragraph before",
    "signs in paragraph after",
    "own terms of others",
    "own signs of others",
    "others before",
    "others after",
    "share before",
    "title term",
    "title signs",
    "lead terms",
    "lead signs",
    "paragraphs with a term",
    "paragraphs with a sign",
    "terms in article",
    "share in article",
    "words shared with topical sentences",
    "words shared with others only",
    "words of its own",
    "place",
    "statement before",
    "statement after",
    "same speaker",
    "direct",
    "asked before",
    "drifted",
    "lead",
    "density",
    "holds a sign",
    "holds a related word",
    "refers or is related",
    "term one sentence before",
    "term two sentences before",
    "sign one sentence before",
    "sign beside",
    "term in its paragraph",
    "term in the paragraph before",
    "refers to a near sign",
    "holds a sign, topic leads",
    "holds a sign, share",
    "no other topic, topic leads",
    "no other topic, share",
    "topic leads",
    "excluding in article",
    "excluding in the head",
    "short, near sign",
    "no other topic, signs before",
    "most paragraphs have a term",
    "other topics only",
    "topic words",
    "nobody speaks",
    "a word, not quoted",
)
WORDS = NAMES.index("topic words")
"""The column of the score of the words, which about_model.py fills in; 0 until then."""


def _last(weight: Floats) -> list[int]:
    """For each sentence the last one before it with any weight; `-FAR` if there is none."""
    out, last = [], -FAR
    for i, value in enumerate(weight):
        out.append(last)
        if value > 0:
            last = i
    return out


def _own(signs: Signs, place: StatementPlace) -> tuple[int, int, int, int, int, int]:
    kinds = (signs.terms, signs.weak, signs.words, signs.related, signs.context, signs.excluding)
    a, b, c, d, e, f = (inside(spans, place.spans) for spans in kinds)
    return a, b, c, d, e, f


def _others_own(article: Article, topic: str, place: StatementPlace) -> tuple[float, float]:
    terms = words = 0
    for other, signs in article.survey.signs.items():
        if other != topic:
            terms = max(terms, inside(signs.terms, place.spans))
            words = max(words, inside(signs.weak, place.spans) + inside(signs.words, place.spans))
    return min(terms, 2), min(words, 2)


def inside(spans: Sequence[Span], places: Sequence[Span]) -> int:
    """How many spans overlap some places. Both must be in order."""
    count = 0
    for low, high in places:
        at = bisect_right(spans, (low, low))
        at -= at > 0 and spans[at - 1][1] > low
        while at < len(spans) and spans[at][0] < high:
            count += 1
            at += 1
    return count


def _capped(own: Sequence[int]) -> float:
    return min(sum(n * w for n, w in zip(own, WEIGHTS.values(), strict=False)), MOST)


def _any(own: Sequence[int]) -> float:
    return 1.0 if own[0] else 0.5 if own[1] or own[2] else 0.25 if own[3] else 0.0


def is_named_in(table: Floats, chance: Floats) -> Floats:
    """The probabilities, with 1 for each statement that contains a term of the topic."""
    return np.where(table[:, 0] > 0, 1.0, chance)
