"""The trained model of aboutness.py: a logistic regression over features, one of which is a score of the words.

The words have weights by topic, as in a naive Bayes classifier (Manning, Raghavan, Schütze: Introduction to Information
Retrieval, 13.2): the logarithm of how much more frequent a word is in statements on the topic than in the other
statements of the same articles. A topic without trained weights has a score of 0 and is judged by the other features.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipelines.topics.article import Floats
from pipelines.topics.feature_names import NAMES, WORDS
from pipelines.topics.logistic import DIGITS, LogisticModel

DOCUMENTS = 3
"""Only words that occur in the statements of so many documents get a weight. Names of persons hardly ever do."""
SMOOTH = 1.0
"""Is added to each count."""
MOST = 1.0
"""Weights are cut at this size. Otherwise a word like "cost" alone would decide on a short statement."""

Contexts = tuple[frozenset[str], ...]
"""The stems of a statement and of the text around it: `Article.contexts`."""
WordWeights = dict[str, float]
"""Weight by word; words are cut to stems (word_stems.py)."""


def word_score(weights: WordWeights, stems: Iterable[str]) -> float:
    """How much the words of a statement speak for a topic: above 0 for it, below 0 against it."""
    known = [weights[stem] for stem in stems if stem in weights]
    return math.fsum(known) / math.sqrt(len(known) + 1)


@dataclass
class WordCounts:
    """How many statements `on` a topic and `off` it contain a stem, in how many `documents`; "" counts all of them."""

    on: Counter[str] = field(default_factory=Counter)
    off: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)

    def add(self, stems: frozenset[str], is_on: bool) -> None:
        """Count one statement. `documents` is not changed."""
        (self.on if is_on else self.off).update([*stems, ""])

    def __sub__(self, other: "WordCounts") -> "WordCounts":
        return WordCounts(self.on - other.on, self.off - other.off, self.documents - other.documents)

    def weights(self) -> WordWeights:
        """The weights of all stems that occur in enough documents, in alphabetical order."""
        on, off = self.on[""] + 2 * SMOOTH, self.off[""] + 2 * SMOOTH
        return {
            stem: round(min(max(self._logarithm(stem, on, off), -MOST), MOST), DIGITS)
            for stem in sorted(self.documents)
            if stem and self.documents[stem] >= DOCUMENTS
        }

    def _logarithm(self, stem: str, on: float, off: float) -> float:
        """The logarithm of how much more frequent a stem is in statements on the topic than in the others."""
        return math.log((self.on[stem] + SMOOTH) / on) - math.log((self.off[stem] + SMOOTH) / off)


def sum_counts(counts: Iterable[WordCounts]) -> WordCounts:
    """The counts of all documents together."""
    whole = WordCounts()
    for its in counts:
        whole.on.update(its.on)
        whole.off.update(its.off)
        whole.documents.update(its.documents)
    return whole


@dataclass(frozen=True)
class AboutModel:
    """`features` weighs the columns of `features.rows`; `words` has the weights of words by topic."""

    features: LogisticModel
    words: dict[str, WordWeights]

    def chance(self, topic: str, rows: Floats, contexts: Sequence[Contexts]) -> Floats:
        """The probability of each statement to be on a topic, from its features and the stems in and around it."""
        return self.features.chance(scored(rows, self.words.get(topic, {}), contexts))

    def written(self) -> dict[str, object]:
        """The model as data for a JSON file."""
        return self.features.written(NAMES) | {"words": self.words}

    @classmethod
    def read(cls, data: dict[str, object]) -> "AboutModel":
        """The model from the result of `written`. Raises ValueError when it was trained with other features."""
        words = data.get("words")
        if not isinstance(words, dict):
            raise ValueError("the model has no weights of words; learn it again")
        return cls(LogisticModel.read(data, NAMES), words)


def scored(rows: Floats, weights: WordWeights, contexts: Sequence[Contexts]) -> Floats:
    """A copy of the rows with the scores of the words in their columns."""
    table: Floats = np.array(rows)
    if weights:
        known: dict[frozenset[str], float] = {}
        for row, its in enumerate(contexts):
            for column, stems in enumerate(its, len(NAMES) - len(WORDS)):
                if stems not in known:
                    known[stems] = word_score(weights, stems)
                table[row, column] = known[stems]
    return table
