"""What a statement is about: judged from its own words, from what stands around it, and from its whole article.

A statement that holds a term of a topic is on it. All others are judged by a learned model over figures that know no
topic by name (features.py), so that a topic which a user adds is judged likewise.
"""

import functools
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from pipelines.topics.features import NAMES, Article, Floats, rows
from pipelines.topics.grounds import Grounds, grounds
from pipelines.topics.logistic import LogisticModel
from pipelines.topics.taxonomy import Taxonomy
from schemas.limits import TERMS
from schemas.reason import Term
from schemas.statement import Statement

MODEL = Path(__file__).parents[1] / "data" / "aboutness.json"
ON = 0.45
"""Chance from which a statement is on a topic."""


@functools.cache
def model() -> LogisticModel:
    """The model, read from the package's data once a process."""
    return read(MODEL)


def read(path: Path) -> LogisticModel:
    """The model in a file that learn_aboutness.py wrote. Raises ValueError when it is of other figures."""
    return LogisticModel.read(json.loads(path.read_text(encoding="utf-8")), NAMES)


def about(
    taxonomy: Taxonomy, article_text: str, title: str, statements: Sequence[Statement], when: date | None = None
) -> list[Statement]:
    """The statements with `topics`, `terms` and `grounds` filled, in their order. `when`: as for `Taxonomy.tag`."""
    survey = taxonomy.survey(article_text, title, when=when)
    found: list[dict[str, Grounds]] = [{} for _ in statements]
    if survey.signs and statements:
        article = Article(survey, statements)
        for topic in survey.signs:
            for i, chance in zip(article.order, chances(article, topic), strict=True):
                if chance >= ON:
                    found[i][topic] = grounds(article, topic, i)
    return [_with(statement, its) for statement, its in zip(statements, found, strict=True)]


def _with(statement: Statement, found: dict[str, Grounds]) -> Statement:
    terms: tuple[Term, ...] = tuple(term for its in found.values() for term in its.terms[:TERMS])
    words = {topic: its.words for topic, its in found.items()}
    return statement.model_copy(update={"topics": tuple(found), "terms": terms, "grounds": words})


def chances(article: Article, topic: str) -> Floats:
    """The chance of each statement to be on a topic, in the order of `article.order`."""
    table = rows(article, topic)
    return np.where(table[:, 0] > 0, 1.0, model().chance(table))
