"""An article: as it came (`articles.raw`) and as it was understood (`articles.tagged`)."""
from typing import Literal

from schemas.base import PackedBytes, Part, Record, Time
from schemas.reason import Term
from schemas.statement import Statement

Origin = Literal["live", "first-poll", "backfill"]


class FeedEntry(Part):
    """One entry of a feed, as published. Texts may hold HTML. Times are aware or null; a wrong date is null."""

    id: str
    url: str
    title: str = ""
    summary: str = ""
    content: str = ""
    authors: tuple[str, ...] = ()
    published: Time | None = None
    updated: Time | None = None


class Page(Part):
    """The page behind an entry. `body` is empty and `error` says why when it could not be had.

    `size` is the length in bytes as fetched; `truncated` says that `body` holds only its beginning.
    """

    url: str
    status: int | None = None
    content_type: str = ""
    body: PackedBytes = b""
    size: int = 0
    truncated: bool = False
    error: str | None = None


class RawArticle(Record):
    """Topic `articles.raw`, key: article id.

    `id` names the article over its versions, `version` this text of it. `seen` is when the connector first had this
    version. `origin` is `live`, `first-poll` (it stood in the feed when we first looked) or `backfill` (replayed).
    """

    id: str
    version: str
    feed: str
    outlet: str
    lang: str | None = None
    official: bool = False
    entry: FeedEntry
    page: Page | None = None
    origin: Origin = "live"
    seen: Time


class CleanArticle(Part):
    """An article's text without the page around it: paragraphs parted by an empty line. `lang` is ISO 639-1."""

    title: str = ""
    text: str = ""
    authors: tuple[str, ...] = ()
    published: Time | None = None
    lang: str | None = None
    url: str = ""
    outlet: str = ""


class TaggedArticle(Record):
    """Topic `articles.tagged`, key: article id.

    `text_from` says whether the page or the feed gave the text; `terms` put it on its topics.
    """

    id: str
    version: str
    story: str | None = None
    feed: str
    origin: Origin
    seen: Time
    official: bool = False
    text_from: Literal["page", "feed"] = "page"
    article: CleanArticle
    topics: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    statements: tuple[Statement, ...] = ()
