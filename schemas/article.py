"""An article: as fetched (`articles.raw`), and as analysed (`articles.tagged`)."""

from typing import Literal

from schemas.base import PackedBytes, Record, RecordPart, Time
from schemas.reason import Term
from schemas.statement import Statement

Origin = Literal["live", "first-poll", "backfill"]


class FeedEntry(RecordPart):
    """One entry of a feed, as published. Texts may contain HTML. Times have a time zone; a wrong date is null."""

    id: str
    """The entry's guid or id as published, else its address or title."""
    url: str
    """Address of the article; empty when the entry has none."""
    title: str = ""
    """The title as plain text."""
    summary: str = ""
    """The summary; may hold HTML."""
    content: str = ""
    """The whole text, where the feed carries it; may hold HTML."""
    authors: tuple[str, ...] = ()
    """Names of the authors."""
    published: Time | None = None
    """When it was published; null when it is not given or cannot be read."""
    updated: Time | None = None
    """When it was last changed; null when it is not given or cannot be read."""


class Page(RecordPart):
    """The page behind an entry. If it could not be fetched, `body` is empty and `error` says why.

    `size` is the length in bytes as fetched. `truncated` means that `body` is only the beginning of the page.
    """

    url: str
    """Address after redirects."""
    status: int | None = None
    """HTTP status; null when no answer came."""
    content_type: str = ""
    """The Content-Type header; empty when there was none."""
    body: PackedBytes = b""
    """The bytes of the page; in JSON as base64 of a zlib stream."""
    size: int = 0
    """Length in bytes as fetched."""
    truncated: bool = False
    """Whether `body` holds only the beginning."""
    error: str | None = None
    """Why the page could not be fetched, in words; null when it could. Its wording may change."""
    failure: str | None = None
    """The kind of failure: robots, robots-unreachable, not-a-page, wall, empty, http-403 and so on, or the kind of a
    fetch error such as timeout; null when the page was had, and in records of older versions."""


class RawArticle(Record):
    """Topic `articles.raw`, key: article id.

    `id` identifies the article in all its versions, `version` this text of it. `seen` is when the connector first got
    this version. `origin` is `live`, `first-poll` (it was in the feed at the feed's first poll) or `backfill`
    (replayed).
    """

    id: str
    """Id of the article, the same for all its versions."""
    version: str
    """Digest of this text of the article."""
    feed: str
    """Address of the feed that carried it."""
    outlet: str
    """The outlet, as named in the feed list."""
    lang: str | None = None
    """Language according to the feed list, ISO 639-1; null when the list does not say."""
    official: bool = False
    """Whether the source is an authority that publishes its own statements."""
    entry: FeedEntry
    """The entry as published."""
    page: Page | None = None
    """The page behind it; null when none was asked for."""
    origin: Origin = "live"
    """live: it appeared while the feed was followed. first-poll: it was in the feed at the feed's first poll.
    backfill: it was replayed."""
    seen: Time
    """When the connector first had this version."""


class CleanArticle(RecordPart):
    """An article's text without the page around it. Paragraphs are separated by empty lines. `lang` is ISO 639-1."""

    title: str = ""
    """The headline."""
    text: str = ""
    """The paragraphs, separated by an empty line."""
    authors: tuple[str, ...] = ()
    """Names of the authors."""
    published: Time | None = None
    """When it was published, as the article says; null when it does not say."""
    lang: str | None = None
    """Language, ISO 639-1; null when it cannot be determined."""
    url: str = ""
    """Address of the article."""
    outlet: str = ""
    """The outlet."""


class TaggedArticle(Record):
    """Topic `articles.tagged`, key: article id.

    `text_from` says whether the text comes from the page or the feed. `terms` are the words because of which it is on
    its topics. `notes` say what was cut because it was too long.
    """

    id: str
    """Id of the article, the same for all its versions."""
    version: str
    """Digest of this text of the article."""
    story: str | None = None
    """Id of the story that it is part of; null until it is known."""
    feed: str
    """Address of the feed that carried it."""
    origin: Origin
    """How it came: live, first-poll or backfill."""
    seen: Time
    """When the connector first had this version."""
    official: bool = False
    """Whether the source is an authority that publishes its own statements."""
    text_from: Literal["page", "feed"] = "page"
    """Where the text comes from: the page or the feed."""
    article: CleanArticle
    """The clean text."""
    topics: tuple[str, ...] = ()
    """The topics that the article is on."""
    terms: tuple[Term, ...] = ()
    """The terms that put it on its topics."""
    statements: tuple[Statement, ...] = ()
    """The statements found in it."""
    notes: tuple[str, ...] = ()
    """What was cut because it was too long, in words."""
