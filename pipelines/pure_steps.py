"""The pure steps for one article: extract its text, its topics and its statements. No Beam, no Kafka, no clock."""

import contextlib
import functools
from datetime import date
from pathlib import Path
from typing import Literal

from pipelines.clean.article import clean_page, clean_raw
from pipelines.errors import NoArticle
from pipelines.item import Item
from pipelines.statements import extract
from pipelines.text.language import detect
from pipelines.topics import article_words
from pipelines.topics import check as topics
from pipelines.topics.running import RunningTaxonomy
from schemas.article import CleanArticle, RawArticle, TaggedArticle
from schemas.codec import decode
from schemas.limits import STATEMENTS, TERMS, article_within, within_limits
from schemas.outcome import Outcome, RawRef


@functools.cache
def running_taxonomy(path: Path | None) -> RunningTaxonomy:
    return RunningTaxonomy(path)


def taxonomy(path: Path | None) -> topics.Taxonomy:
    """The taxonomy of a file as it is now; None: the one shipped with the program."""
    return running_taxonomy(path).current()


def warm_up(path: Path | None) -> None:
    """Load taxonomy, models and libraries now, so that the first article does not wait for them."""
    article_words.article_models()
    detect("Guten Tag")  # neither English nor Spanish by its function words, so this loads the model of languages
    sample = "<html><body><article><p>“We agree,” the minister said in the capital.</p></article></body></html>"
    with contextlib.suppress(NoArticle):
        clean_page(sample.encode(), "https://example.org/")
    for lang, text in (("en", "“We agree,” the minister said."), ("es", "«De acuerdo», dijo la ministra.")):
        taxonomy(path).tag(text)
        extract(text, lang=lang)


def clean(ref: RawRef, data: bytes) -> Item | Outcome:
    """Raw record → item with the article's text; outcome `rejected` when neither page nor feed contains an article.

    Raises DecodeError for bytes that are not a raw article.
    """
    raw, notes = within_limits(decode(RawArticle, data))
    try:
        article, text_from = clean_raw(raw)
    except NoArticle as nothing:
        empty = CleanArticle(title=raw.entry.title, url=raw.entry.url, outlet=raw.outlet)
        return item_of(ref, raw, empty, "feed", notes).outcome("rejected", str(nothing))
    article, more = article_within(article)
    return item_of(ref, raw, article, text_from, (*notes, *more))


def item_of(
    ref: RawRef, raw: RawArticle, article: CleanArticle, text_from: Literal["page", "feed"], notes: tuple[str, ...]
) -> Item:
    tagged = TaggedArticle(
        id=raw.id,
        version=raw.version,
        feed=raw.feed,
        origin=raw.origin,
        seen=raw.seen,
        official=raw.official,
        text_from=text_from,
        article=article,
        notes=notes,
    )
    return Item(raw=ref, tagged=tagged)


def tag(item: Item, path: Path | None, alert_topics: frozenset[str]) -> Item | Outcome:
    """The item with its article's topics. Outcome `off-topic` if it has none, `recorded` if none is an alert topic."""
    article = item.tagged.article
    found = taxonomy(path).tag(article.text, article.title, article.lang, when=date_of(item))
    terms = tuple(term for match in found for term in match.terms[:TERMS])
    item = item.with_tagged(topics=tuple(match.topic for match in found), terms=terms)
    if not found:
        return item.outcome("off-topic", "no topic of the taxonomy")
    if not alert_topics.intersection(item.tagged.topics):
        return item.outcome("recorded", "on no topic that alerts")
    return item


def find_statements(item: Item, path: Path | None) -> Item:
    """The item with the statements of its article, each with its own topics.

    At most `STATEMENTS` are kept, those on a topic first; a note then gives both numbers.
    """
    tagged = item.tagged
    article = tagged.article
    found = extract(
        article.text,
        lang=article.lang,
        issuer=article.outlet if tagged.official else None,
        published=article.published.date() if article.published else None,
    )
    about = topics.about(taxonomy(path), article.text, article.title, found, when=date_of(item))
    notes = tagged.notes
    if len(about) > STATEMENTS:
        notes = (*tagged.notes, f"{STATEMENTS} of {len(about)} statements judged, those on a topic first")
        about = sorted(about, key=lambda statement: not statement.topics)[:STATEMENTS]
        about.sort(key=lambda statement: statement.content[0].start)
    return item.with_tagged(statements=tuple(about), notes=notes)


def date_of(item: Item) -> date:
    """The date of an article: when it was published, or when it was seen if it gives no date."""
    return (item.tagged.article.published or item.tagged.seen).date()
