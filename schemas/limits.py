"""Length limits for all data from outside. Longer texts are cut when they enter the pipeline, and a note says so."""

import re

from schemas.article import CleanArticle, FeedEntry, RawArticle
from schemas.ids import digest

#: Most code points of a text, by kind. News needs a tenth of each. The connectors allow no more
#: (connectors/entry_limits.py).
MOST = {
    "title": 1000,
    "outlet": 200,
    "author": 200,
    "url": 4000,
    "type": 200,
    "error": 500,
    "language": 35,
    "source": 1_000_000,
    "text": 300_000,
}
#: Most authors of an article.
AUTHORS = 20
#: Most code points of an id. A longer one is replaced by its hash, because two cut ids could be equal.
ID = 200
#: Most statements of an article that are processed.
STATEMENTS = 400
#: Most code points of a statement, of a name or description of its source, and of a word in a link.
STATEMENT, NAME, WORD = 20_000, 300, 100
#: Most terms of one topic that are kept for an article or a statement.
TERMS = 10

_LONE = re.compile("[\ud800-\udfff]")

Notes = tuple[str, ...]


def sound(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which UTF-8 cannot hold."""
    return text if text.isascii() else _LONE.sub("\ufffd", text)


def short_id(text: str) -> str:
    """The id itself, or the hash of one that is too long."""
    return text if len(text) <= ID else digest("long", sound(text))


class Cutter:
    """Cuts texts to their limits, and collects a note for each cut."""

    def __init__(self) -> None:
        self._notes: list[str] = []

    @property
    def notes(self) -> Notes:
        return tuple(self._notes)

    def cut(self, text: str, kind: str, what: str | None = None) -> str:
        """`text` within the limit for its kind; the note calls it `what`."""
        if len(text) <= MOST[kind]:
            return text
        self._notes.append(f"{what or kind} cut from {len(text)} to {MOST[kind]} characters")
        return text[: MOST[kind]]

    def id(self, text: str, what: str) -> str:
        if len(text) > ID:
            self._notes.append(f"{what} of {len(text)} characters replaced by its hash")
        return short_id(text)

    def authors(self, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(names) > AUTHORS:
            self._notes.append(f"{AUTHORS} of {len(names)} authors kept")
        return tuple(self.cut(name, "author") for name in names[:AUTHORS])


def within_limits(raw: RawArticle) -> tuple[RawArticle, Notes]:
    """The record within the limits, and what was cut; the record itself where nothing was."""
    cutter = Cutter()
    entry, page, cut = raw.entry, raw.page, cutter.cut
    changes: dict[str, object] = {
        "id": cutter.id(raw.id, "id"),
        "version": cutter.id(raw.version, "version"),
        "feed": cut(raw.feed, "url", "feed"),
        "outlet": cut(raw.outlet, "outlet"),
        "lang": cut(raw.lang, "language") if raw.lang else raw.lang,
        "entry": _entry(entry, cutter),
    }
    if page:
        in_page = {
            "url": cut(page.url, "url", "page's URL"),
            "content_type": cut(page.content_type, "type", "content type"),
            "error": cut(page.error, "error") if page.error else page.error,
        }
        changes["page"] = page.model_copy(update=in_page)
    return (raw.model_copy(update=changes), cutter.notes) if cutter.notes else (raw, ())


def _entry(entry: FeedEntry, cutter: Cutter) -> FeedEntry:
    changes = {
        "id": cutter.id(entry.id, "entry's id"),
        "url": cutter.cut(entry.url, "url"),
        "title": cutter.cut(entry.title, "title"),
        "summary": cutter.cut(entry.summary, "source", "summary"),
        "content": cutter.cut(entry.content, "source", "content"),
        "authors": cutter.authors(entry.authors),
    }
    return entry.model_copy(update=changes)


def article_within(article: CleanArticle) -> tuple[CleanArticle, Notes]:
    """What was found in a page or a feed, within the limits, and what was cut."""
    cutter = Cutter()
    changes = {
        "title": cutter.cut(article.title, "title"),
        "text": cutter.cut(article.text, "text"),
        "authors": cutter.authors(article.authors),
        "lang": cutter.cut(article.lang, "language") if article.lang else article.lang,
        "url": cutter.cut(article.url, "url"),
        "outlet": cutter.cut(article.outlet, "outlet"),
    }
    return (article.model_copy(update=changes), cutter.notes) if cutter.notes else (article, ())
