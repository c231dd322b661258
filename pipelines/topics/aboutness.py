"""Decides which topics a statement is about, from its own words, the text around it, and the whole article.

A statement that contains a term of a topic is on it. For all others a trained model decides, and the doubt whether they
are statements at all counts too. Its features do not depend on any topic by name (features.py), so it also works for
topics that a user adds. Only for the topics it was trained on it also has weights of words (about_model.py).
"""

import functools
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from pipelines.topics.about_model import AboutModel
from pipelines.topics.article import Article, Floats
from pipelines.topics.features import rows
from pipelines.topics.grounds import Grounds, grounds
from pipelines.topics.taxonomy import Taxonomy
from schemas.limits import TERMS
from schemas.reason import Term
from schemas.statement import Statement

MODEL = Path(__file__).parents[1] / "data" / "aboutness.json"
ON = 0.55
"""A statement is on a topic from this probability on: that it is a statement, times that it is on the topic."""
FEW = 2
"""So many words that are not quoted are on a topic only if they name it."""


@functools.cache
def model() -> AboutModel:
    """The model shipped with the package, read once per process."""
    return read(MODEL)


def read(path: Path) -> AboutModel:
    """The model in a file written by learn_aboutness.py. Raises ValueError when it was trained with other features."""
    return AboutModel.read(json.loads(path.read_text(encoding="utf-8")))


def about(
    taxonomy: Taxonomy, article_text: str, title: str, statements: Sequence[Statement], when: date | None = None
) -> list[Statement]:
    """The statements in the same order, with `topics`, `terms` and `grounds` set. `when`: as for `Taxonomy.tag`."""
    survey = taxonomy.survey(article_text, title, when=when)
    found: list[dict[str, Grounds]] = [{} for _ in statements]
    if survey.signs and statements:
        article = Article(survey, statements)
        for topic in survey.signs:
            for i, chance in zip(article.order, chances(article, topic), strict=True):
                if chance == 1.0 or chance * _is_statement(statements[i]) >= ON:
                    found[i][topic] = grounds(article, topic, i)
    return [_with(statement, its) for statement, its in zip(statements, found, strict=True)]


def _is_statement(statement: Statement) -> float:
    """The probability that a statement is one; 1 where its form leaves no doubt, as in a quotation of its own."""
    return 1.0 if statement.confidence is None else statement.confidence


def _with(statement: Statement, found: dict[str, Grounds]) -> Statement:
    if not found and not statement.topics and not statement.terms and not statement.grounds:
        return statement
    terms: tuple[Term, ...] = tuple(term for its in found.values() for term in its.terms[:TERMS])
    words = {topic: its.words for topic, its in found.items()}
    return statement.model_copy(update={"topics": tuple(found), "terms": terms, "grounds": words})


def chances(article: Article, topic: str) -> Floats:
    """The probability of each statement to be on a topic, in the order of `article.order`.

    In an article that only its words put on the topic, the square root of the article's probability is a factor.
    """
    table = rows(article, topic)
    short = np.array([too_short(article, i) for i in article.order], dtype=bool)
    whole = (article.survey.signs[topic].by_words or 1.0) ** 0.5
    found = whole * model().chance(topic, table, article.all_contexts)
    return np.where(table[:, 0] > 0, 1.0, np.where(short, 0.0, found))


def too_short(article: Article, number: int) -> bool:
    """Whether a statement is a word or two that are not quoted, such as "without [saying much]": then it says nothing,
    unless it names the topic."""
    place = article.places[number]
    return not place.direct and sum(len(article.page.folded[start:end].split()) for start, end in place.spans) <= FEW
