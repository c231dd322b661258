"""The trained model of aboutness.py: a logistic regression over features, one of which is the score of the words.

The words in and around a statement have weights by topic (word_weights.py). A second regression was trained without
that score: it has a share in each judgement, and judges topics without such weights alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.topics.article import CONTEXTS, Floats
from pipelines.topics.feature_names import NAMES
from pipelines.topics.logistic import LogisticModel, probability
from pipelines.topics.word_weights import Contexts, WordWeights, read_by_topic, written_by_topic

SHORT = 40
"""In an article of so many stems, the regression with the score of the words has half the say, in longer ones more. Few
words of a short article are known, and their score says little."""


@dataclass(frozen=True)
class AboutModel:
    """`features` weighs the columns of `features.rows` with the score of the words in the last one; `alone` weighs them
    without it; `words` has the weights of words by topic."""

    features: LogisticModel
    alone: LogisticModel
    words: dict[str, WordWeights]

    def chance(self, topic: str, rows: Floats, contexts: Sequence[Contexts]) -> Floats:
        """The probability of each statement to be on a topic, from its features and the stems in and around it."""
        alone = self.alone.log_odds(rows)
        if topic not in self.words:
            return probability(alone)
        both = self.features.log_odds(with_scores(rows, self.words[topic].scores(contexts)))
        size = np.array([len(its[-1]) for its in contexts])
        return probability(alone + (both - alone) * size / (size + SHORT))

    def written(self) -> dict[str, object]:
        """The model as data for a JSON file."""
        return {
            "features": self.features.written(NAMES),
            "alone": self.alone.written(NAMES),
            "words": written_by_topic(self.words),
        }

    @classmethod
    def read(cls, data: dict[str, Any]) -> "AboutModel":
        """The model from the result of `written`. Raises ValueError if it was trained with other features or parts."""
        if data.keys() != {"features", "alone", "words"}:
            raise ValueError("the model has other parts; learn it again")
        features, alone = (LogisticModel.read(data[part], NAMES) for part in ("features", "alone"))
        words = read_by_topic(data["words"])
        if any(len(weights.parts) != CONTEXTS for weights in words.values()):
            raise ValueError("the weights of words are for other parts of the text; learn the model again")
        return cls(features, alone, words)


def with_scores(rows: Floats, scores: Sequence[float] | Floats) -> Floats:
    """A copy of the rows with the scores of the words in their last column."""
    table: Floats = np.array(rows)
    table[:, -1] = scores
    return table
