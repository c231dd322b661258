"""Where the signs of one topic are in an article, and where its statements are to them."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from pipelines.topics.article import MOST, WEIGHTS, Article, Floats, Ints, StatementPlace
from pipelines.topics.phrases import Span
from pipelines.topics.taxonomy import Signs

NEAR, WIDE = 0.5, 0.85
"""The factor by which the weight of a sentence fades with each further sentence: fast (`NEAR`) and slow (`WIDE`)."""
FAR = 12
"""Distances in sentences are cut at this value."""
Counts = Sequence[int]
"""How many terms, weak terms, words, related, context and excluding words a statement contains."""


class TopicInArticle:
    """The signs of a topic: by sentence, by paragraph, in the title and the lead, in each statement.

    `weight` and `strong` have one value per sentence: the weight of its signs, and 1 if it contains a term. `own`,
    `own_weight`, `degrees` and `others_own` have one row per statement, in the order of `article.order`.
    """

    def __init__(self, article: Article, topic: str) -> None:
        self.article = article
        self.signs = signs = article.survey.signs[topic]
        self.weight = weight = article.weight[topic]
        others = {other: its for other, its in article.weight.items() if other != topic}
        self.strong = np.zeros(len(weight))
        for start, _ in signs.terms:
            self.strong[article.page.sentence(start)] = 1.0
        self.last_strong, self.last_any = last_before(self.strong), last_before(weight)
        self._fade(np.maximum.reduce([np.zeros(len(weight)), *others.values()]))
        self._count_paragraphs()
        self.total = float(weight.sum())
        self.total_others = sum(float(its.sum()) for its in others.values())
        self.most_others = max((float(its.sum()) for its in others.values()), default=0.0)
        self.leads = float(self.total > self.most_others)
        self.topical = frozenset[str]().union(*(article.stems[i] for i in np.flatnonzero(weight >= 1.0)))
        without = frozenset[str]().union(*(article.stems[i] for i in np.flatnonzero(weight == 0.0)))
        self.elsewhere = without - self.topical
        places = [article.places[number] for number in article.order]
        self.own = np.array([own_counts(signs, place) for place in places])
        self.own_weight = np.array([weight_of(own) for own in self.own.tolist()])
        self.degrees = np.array([degree(own) for own in self.own.tolist()])
        self.others_own = np.array([_others_own(article, topic, place) for place in places])

    def _fade(self, others: Floats) -> None:
        weight, strong = self.weight, self.strong
        self.before_strong, self.before_strong_wide = fading(strong, NEAR), fading(strong, WIDE)
        self.before, self.before_wide = fading(weight, NEAR), fading(weight, WIDE)
        self.after_strong, self.after = fading(strong, NEAR, back=True), fading(weight, NEAR, back=True)
        self.after_wide = fading(weight, WIDE, back=True)
        self.before_others, self.after_others = fading(others, NEAR), fading(others, NEAR, back=True)

    def _count_paragraphs(self) -> None:
        numbers = self.article.paragraph
        size = numbers[-1] + 3  # with an empty one after the last, and one that is before the first as number -1
        self.in_paragraph = np.bincount(numbers, self.weight, size)
        self.strong_in = np.bincount(numbers, self.strong, size)
        paragraphs = len(set(numbers))
        self.share_strong = int((self.strong_in > 0).sum()) / paragraphs
        self.share_any = int((self.in_paragraph >= 0.4).sum()) / paragraphs


def fading(weight: Floats, left: float, back: bool = False) -> Floats:
    """For each sentence the weight of those before it (`back`: after it), multiplied by `left` for each one between."""
    out, running = [], 0.0
    for value in weight[::-1].tolist() if back else weight.tolist():
        out.append(running)
        running = (running + value) * left
    return np.array(out[::-1] if back else out)


def last_before(weight: Floats) -> Ints:
    """For each sentence the last one before it with any weight; `-FAR` if there is none."""
    last = np.maximum.accumulate(np.where(weight > 0, np.arange(len(weight)), -FAR))
    return np.concatenate([[-FAR], last[:-1]])


def own_counts(signs: Signs, place: StatementPlace) -> Counts:
    """How many signs of each kind a statement contains."""
    kinds = (signs.terms, signs.weak, signs.words, signs.related, signs.context, signs.excluding)
    a, b, c, d, e, f = (inside(spans, place.spans) for spans in kinds)
    return a, b, c, d, e, f


def _others_own(article: Article, topic: str, place: StatementPlace) -> tuple[float, float]:
    """The most terms and the most weak terms or words of another topic that a statement contains, at most 2."""
    terms = words = 0
    for other, signs in article.survey.signs.items():
        if other != topic:
            terms = max(terms, inside(signs.terms, place.spans))
            words = max(words, inside(signs.weak, place.spans) + inside(signs.words, place.spans))
    return min(terms, 2), min(words, 2)


def inside(spans: Sequence[Span], places: Sequence[Span]) -> int:
    """How many spans overlap some places. Both must be in order."""
    if not spans:
        return 0
    count = 0
    for low, high in places:
        at = bisect_right(spans, (low, low))
        at -= at > 0 and spans[at - 1][1] > low
        while at < len(spans) and spans[at][0] < high:
            count += 1
            at += 1
    return count


def degree(own: Counts) -> float:
    """How clearly a statement shows the topic by itself: 1 with a term, ½ with a word of it, ¼ with a related one."""
    return 1.0 if own[0] else 0.5 if own[1] or own[2] else 0.25 if own[3] else 0.0


def weight_of(own: Counts) -> float:
    """The weight of the signs in a statement, at most `MOST`."""
    return min(sum(n * w for n, w in zip(own, WEIGHTS.values(), strict=False)), MOST)
