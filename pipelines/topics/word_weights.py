"""Log-odds from the words in and around something: a logistic regression over the stems of several parts of a text.

Each part has weights of its own, so the same word can mean one thing in a statement and another one in its article.
Trained by pipelines/learn_words.py.
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

DIGITS = 3

Contexts = tuple[frozenset[str], ...]
"""The stems of each part: a statement and the text around it (`Article.contexts`), or only the article."""


@dataclass(frozen=True)
class WordWeights:
    """Log-odds = `base` + Σ over the parts of (Σ weights of its stems / √(number of its stems)).

    Each stem counts once. `parts`: for each part the weights by stem.
    """

    base: float
    parts: tuple[dict[str, float], ...]

    def score(self, contexts: Contexts) -> float:
        """The log-odds for one text."""
        return self.scores([contexts])[0]

    def scores(self, given: Iterable[Contexts]) -> list[float]:
        """The log-odds of several statements of one article, which have many parts in common."""
        known: dict[tuple[int, frozenset[str]], float] = {}

        def of(number: int, weights: dict[str, float], stems: frozenset[str]) -> float:
            if (number, stems) not in known:
                known[number, stems] = part_score(weights, stems)
            return known[number, stems]

        numbers = range(len(self.parts))
        return [
            self.base + math.fsum(of(*part) for part in zip(numbers, self.parts, its, strict=True)) for its in given
        ]

    def written(self) -> dict[str, object]:
        """The weights as data for a JSON file."""
        parts = [{stem: round(weight, DIGITS) for stem, weight in sorted(its.items())} for its in self.parts]
        return {"base": round(self.base, DIGITS), "parts": parts}

    @classmethod
    def read(cls, data: dict[str, Any]) -> "WordWeights":
        """The weights from the result of `written`. Raises ValueError for another form."""
        if data.keys() != {"base", "parts"}:
            raise ValueError("the weights of words have another form; learn them again")
        return cls(data["base"], tuple(data["parts"]))


def part_score(weights: dict[str, float], stems: frozenset[str]) -> float:
    """What one part adds to the log-odds."""
    return math.fsum(map(weights.get, stems, itertools.repeat(0.0))) / math.sqrt(len(stems) or 1)


def written_by_topic(models: dict[str, WordWeights]) -> dict[str, object]:
    """The weights of several topics as data for a JSON file."""
    return {topic: its.written() for topic, its in models.items()}


def read_by_topic(data: dict[str, Any]) -> dict[str, WordWeights]:
    """The weights from the result of `written_by_topic`."""
    return {topic: WordWeights.read(its) for topic, its in data.items()}
