"""Explains in words why a statement is on a topic, and gives the terms behind it."""

from typing import NamedTuple

from pipelines.topics.article import Article, StatementPlace
from pipelines.topics.phrases import Span
from pipelines.topics.taxonomy import Signs
from pipelines.topics.topic_in_article import inside
from schemas.reason import Term

SHOWN = 3
"""At most this many terms are named."""
LEAD = 3
"""Number of sentences in the lead of an article."""


class Grounds(NamedTuple):
    """The `terms` that put a statement on a topic, and the explanation in `words`."""

    terms: tuple[Term, ...]
    words: str


def grounds(article: Article, topic: str, i: int) -> Grounds:
    """Why statement `i` is on a topic: its own terms, or else its other signs, the last sign before, and the story."""
    signs, place = article.survey.signs[topic], article.places[i]
    text = article.page.text

    def shown(span: Span) -> str:
        return f"“{text[span[0] : span[1]]}”"

    own = [span for span in signs.terms if inside([span], place.spans)]
    if own:
        return Grounds(_terms(article, topic, own), " and ".join(dict.fromkeys(map(shown, own[:SHOWN]))))
    words = sorted(
        {span for spans in (signs.weak, signs.words, signs.related) for span in spans if inside([span], place.spans)}
    )[:1]
    known = signs.terms or signs.weak or signs.words
    before = [span for span in known if span[0] < place.spans[0][0]]
    named = before[-1:] or known[:1]
    parts = [f"says {shown(words[0])}"] if words else []
    parts += [f"{_relation(article, place)} {shown(span)} {_where(article, place, span)}" for span in named]
    if story := _story(article, signs):
        parts += [story if parts else f"is {story}"]
    return Grounds(_terms(article, topic, [*words, *(span for span in named if span not in words)]), ", ".join(parts))


def _terms(article: Article, topic: str, spans: list[Span]) -> tuple[Term, ...]:
    return tuple(article.survey.term(topic, span) for span in spans)


def _relation(article: Article, place: StatementPlace) -> str:
    return "answers a question after" if place.first and article.asked[place.first - 1] else "follows"


def _where(article: Article, place: StatementPlace, span: Span) -> str:
    if span[0] < article.page.offset:
        return "in the headline"
    if span[0] >= place.spans[0][0]:
        return "that comes later"
    sentence = article.page.sentence(span[0])
    if sentence == place.first:
        return "in its sentence"
    away = place.paragraphs[0] - article.paragraph[sentence]
    if not away:
        return "in its paragraph"
    return "in the paragraph before" if away == 1 else f"{away} paragraphs before"


def _story(article: Article, signs: Signs) -> str:
    """In words, why the whole article is about the topic; empty if nothing shows that."""
    if signs.by_words:
        return "in a story that is about it by all its words"
    if any(start < article.page.offset for start, _ in signs.terms):
        return "in a story whose headline names it"
    sentences = {article.page.sentence(start) for start, _ in signs.terms}
    if any(article.body <= sentence < article.body + LEAD for sentence in sentences):
        return "in a story that begins with it"
    return f"in a story that names it {len(signs.terms)} times" if len(signs.terms) > 1 else ""
