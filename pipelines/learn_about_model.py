"""From tables of statements to the model of aboutness: weights of words by topic, and weights of features.

`learn_aboutness.py` makes the tables.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.learn_words import fit_words, stem_table
from pipelines.topics.about_model import AboutModel, with_scores
from pipelines.topics.article import Floats
from pipelines.topics.feature_names import DIRECTIONS
from pipelines.topics.logistic import LogisticModel, fit
from pipelines.topics.word_weights import Contexts, WordWeights

TOPICS = ("merida", "security-framework", "arms-trafficking")
"""The topics that the documents are labelled with."""
PENALTY = 40.0
"""L2 penalty of the weights of features, chosen by cross-validation."""
WORD_PENALTY = 2.0
"""L2 penalty of the weights of words, chosen by cross-validation."""
DIVISIONS = 5
"""For the scores of words in training, the documents are divided into so many divisions: the words of each one are
scored with weights from the others, as those of new documents are."""
RARE = 8
"""Stems in fewer documents get no weight."""
SMALL = 0.05
"""Smaller weights of words are left out."""


@dataclass
class Table:
    """Rows of one article and topic, in the order of its statements, with the stems in and around each.

    Rows of `weight` 0 are not used. `measured`: the rows of whole documents that are statements of the gold, on which
    figures are counted. `fold`: that of the document, None for the project's own texts, on which nothing is measured.
    """

    document: str
    topic: str
    rows: Floats
    contexts: list[Contexts]
    yes: Floats
    weight: Floats
    measured: NDArray[np.bool_]
    fold: int | None


def learn_model(given: Sequence[Table]) -> AboutModel:
    """The model trained on all tables."""
    by_topic = {topic: [table for table in given if table.topic == topic] for topic in TOPICS}
    words = {topic: learn_word_weights(its) for topic, its in by_topic.items() if its}
    ordered = [table for its in by_topic.values() for table in its]
    scores = np.concatenate([its for _, its in words.values()])
    return AboutModel(
        learn_features(ordered, scores),
        learn_features(ordered, np.zeros_like(scores)),
        {topic: weights for topic, (weights, _) in words.items()},
    )


def learn_word_weights(given: Sequence[Table]) -> tuple[WordWeights, Floats]:
    """The weights of words for the topic of the tables, and for each row its score by weights from other documents."""
    documents = [table.document for table in given for _ in table.contexts]
    stems = stem_table([contexts for table in given for contexts in table.contexts], documents, RARE)
    yes, weight = (np.concatenate([getattr(table, name) for table in given]) for name in ("yes", "weight"))
    divisions = np.array([division(document, DIVISIONS) for document in documents])
    scores = np.zeros(len(divisions))
    for number in range(DIVISIONS):
        others = np.flatnonzero((weight > 0) & (divisions != number))
        found = stems.scores(fit_words(stems, others, yes, weight, WORD_PENALTY))
        scores[divisions == number] = found[divisions == number]
    return stems.model(fit_words(stems, np.flatnonzero(weight > 0), yes, weight, WORD_PENALTY), SMALL), scores


def learn_features(given: Sequence[Table], scores: Floats) -> LogisticModel:
    """The weights of the features, from all statements without a term of the topic: those need no model.

    `scores`: those of the words, for all rows of the tables.
    """
    every, yes, weight = (np.concatenate([getattr(t, name) for t in given]) for name in ("rows", "yes", "weight"))
    used = (weight > 0) & (every[:, 0] == 0)
    sign = np.array(list(DIRECTIONS.values()), float)
    return fit(with_scores(every, scores)[used], yes[used] > 0, weight[used], PENALTY, sign)


def division(document: str, number: int) -> int:
    """In which of `number` divisions a document is, by its id."""
    return zlib.crc32(document.encode()) % number
