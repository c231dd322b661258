"""What a statement is about: judged from its own words, from what stands around it, and from its whole article.

The taxonomy's terms are the strongest signs; a learned model weighs them with all others (features.py), once by
itself and once knowing what it made of the statements around. It knows no topic by name, so that a topic which a user
adds is judged likewise.
"""
import functools
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from pipelines.topics.features import Article, Floats, context, inside, rows
from pipelines.topics.taxonomy import Taxonomy
from pipelines.topics.trees import Trees, load
from schemas.reason import Term
from schemas.statement import Statement

MODEL = Path(__file__).parents[1] / "data" / "aboutness.npz"
ON = 0.5
"""Chance from which a statement is on a topic."""
SURE = 0.6
"""Chance that one statement of an article must reach for any to be on a topic."""


@functools.cache
def models() -> dict[str, Trees]:
    """The two looks, read from the package's data once a process."""
    with MODEL.open("rb") as file:
        return load(file)


def about(taxonomy: Taxonomy, article_text: str, title: str, statements: Sequence[Statement],
          when: date | None = None) -> list[Statement]:
    """The statements with `topics` and `terms` filled, in their order. `when`: the article's date, see `Taxonomy.tag`."""
    survey = taxonomy.survey(article_text, title, when=when)
    topics: list[list[str]] = [[] for _ in statements]
    terms: list[list[Term]] = [[] for _ in statements]
    if survey.signs and statements:
        article = Article(survey, statements)
        for topic in survey.signs:
            for i, chance in zip(article.order, chances(article, topic), strict=True):
                if chance >= ON:
                    topics[i].append(topic)
                    terms[i] += _terms(article, topic, i)
    return [s.model_copy(update={"topics": tuple(its), "terms": tuple(said)})
            for s, its, said in zip(statements, topics, terms, strict=True)]


def chances(article: Article, topic: str) -> Floats:
    """The chance of each statement to be on a topic, in the order of `article.order`; 0 where no statement is sure."""
    table = rows(article, topic)
    first = models()["first"].chance(table)
    second = models()["second"].chance(np.hstack([table, context(article, first)]))
    return second if second.max() >= SURE else np.zeros_like(second)


def _terms(article: Article, topic: str, i: int) -> list[Term]:
    """The terms in a statement; else the word that refers, and the term nearest before it."""
    signs, place = article.survey.signs[topic], article.places[i]
    own = [span for span in signs.terms if inside([span], place.spans)]
    if own:
        return [article.survey.term(topic, span) for span in own]
    weak = sorted(span for spans in (signs.weak, signs.words, signs.related) for span in spans
                  if inside([span], place.spans))
    before = [span for span in signs.terms if span[0] < place.spans[0][0]]
    named = before[-1:] or signs.terms[:1] or signs.weak[:1] or signs.words[:1]
    return [article.survey.term(topic, span) for span in dict.fromkeys((*weak[:1], *named))]
