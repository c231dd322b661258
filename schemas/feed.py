"""A feed: what we follow (`Feed`), what we know of it (`feeds.state`), what happened to it (`feeds.events`)."""

from typing import Any, Literal

from pydantic import Field, HttpUrl

from schemas.base import Record, RecordPart, Time

FeedEventKind = Literal["failing", "recovered", "stale", "blocked", "empty", "gap", "moved", "gone", "too-costly"]

#: planned: by the interval. failed: after a failure. asked-to-wait: the server or its domain asked for it.
NextPollKind = Literal["planned", "failed", "asked-to-wait"]


def usually(default: Any) -> Any:
    """A field that does not travel while it has its usual value: states are many and are written often."""
    return Field(default=default, exclude_if=lambda value: value == default)


class Selectors(RecordPart):
    """CSS selectors of a listing page. Without `items`, its items are found by themselves."""

    items: str | None = Field(default=None, min_length=1, max_length=500)
    """Finds each item; null: the largest block of alike links."""
    link: str | None = Field(default=None, min_length=1, max_length=500)
    """Finds the item's link in it; null: its first."""
    title: str | None = Field(default=None, min_length=1, max_length=500)
    """Finds the item's title in it; null: its heading, else the link's text."""
    date: str | None = Field(default=None, min_length=1, max_length=500)
    """Finds the item's date in it; null: the first date that stands in it."""


class Feed(RecordPart):
    """One source of a feed list. `evidence` is how far it is known to work, `verified` when it last answered."""

    url: HttpUrl
    """Address of the feed."""
    outlet: str = Field(min_length=1)
    """Name of the outlet, as alerts show it."""
    type: Literal["feed", "listing"] = "feed"
    """`listing`: the address is that of a page that lists articles, for a source without a feed."""
    select: Selectors = Selectors()
    """How the items of a listing are recognised."""
    lang: str | None = Field(default=None, pattern="^[a-z]{2}$")
    """Language, ISO 639-1; null when it is mixed or unknown."""
    kind: Literal["news", "wire", "official", "regional", "research"] = "news"
    """What kind of source it is."""
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    """Country of the outlet, ISO 3166-1 alpha-2; null when it is of none or unknown."""
    evidence: str | None = None
    """How the feed is known to work; null when it is not."""
    verified: str | None = None
    """The day on which it last answered, ISO 8601; null when it never did."""


class SeenEntry(RecordPart):
    """An entry that has been published to `articles.raw`: the version sent and when it last stood in the feed.

    `first` is when we first saw it, `date` the latest date the feed gives it, `guid` a hash of its id, `article` its
    article id where the page named another address than the feed, `page` the fingerprint of the page's text, `retry`
    when the page is to be fetched again, `looked` when it was last had, `tries` how often it was fetched again, `sent`
    earlier versions and fingerprints; `raw` is a hash of the entry as it stood in the feed.
    """

    version: str
    """Digest of the version that was sent."""
    at: Time
    """When the entry last stood in the feed."""
    first: Time | None = None
    """When it was first seen; null in records of older versions."""
    date: Time | None = None
    """The latest date that the feed gives it; null when it gives none."""
    guid: str | None = None
    """Hash of its guid; null when it has none."""
    raw: str | None = None
    """Hash of the entry as it stood in the feed."""
    article: str | None = None
    """Article id, where the page named another address than the feed; else null."""
    page: str | None = None
    """Fingerprint of the page's text; null when no page was had."""
    retry: Time | None = None
    """When the page is to be fetched again; null when it is not."""
    looked: Time | None = None
    """When the page was last had; null when it never was."""
    tries: int = usually(0)
    """How often the page was fetched again."""
    sent: tuple[str, ...] = usually(())
    """Earlier versions and fingerprints that were sent."""


class FeedState(Record):
    """Topic `feeds.state`, compacted, key: feed URL. `seen` maps entry id to what was sent of it, `left` is the
    same in short for entries that left the feed days ago (connectors/feeds/departed.py). `index`: it is a sitemap
    index, whose sitemaps change although it stays the same.

    `next_poll` and `why_then` are the schedule; `interval` and `rhythm` are seconds: the last interval chosen and the
    usual time between two entries. `body` is a hash of the last body, `unconditional` counts the polls since one
    without validators, `distrusted` says that the validators were caught lying. `moved_to` is where permanent
    redirects lead, seen `moved_seen` times. `newest` is the date of the newest entry, `entries` how many stood in the
    feed last, `trouble` what an operator has been told and is not over. `kills` counts how often in a row its parsing
    used up its time or memory. `wish` is the interval the feed asks for in
    seconds, `skip_hours` (UTC) and `skip_days` (Monday is 0) are when it asks not to be polled. `counts` says how many
    polls were fetched and unchanged, how many entries new and revised, and how many pages were asked for, ever;
    `pages_failed` how many of those failed, by kind.
    """

    url: str
    """Address in the feed list."""
    outlet: str
    """Name of the outlet."""
    etag: str | None = None
    """ETag of the last answer; null when it had none."""
    last_modified: str | None = None
    """Last-Modified of the last answer; null when it had none."""
    polls: int = 0
    """Number of polls so far."""
    next_poll: Time
    """When it is polled next."""
    why_then: str = ""
    """Why then, in words."""
    then: NextPollKind | None = None
    """What kind of reason that is; null in records of older versions."""
    last_success: Time | None = None
    """When it last answered well; null when it never did."""
    last_new: Time | None = None
    """When it last had a new entry; null when it never had."""
    last_error: str | None = None
    """What went wrong at the last poll; null when nothing did."""
    failures: int = 0
    """Number of failures in a row."""
    failures_by_kind: dict[str, int] = {}
    """Number of failures ever, by kind."""
    seen: dict[str, SeenEntry] = {}
    """What was sent of each entry that stands in the feed, by entry id."""
    left: str = usually("")
    """The same in short, for entries that left the feed (connectors/feeds/departed.py)."""
    index: bool = usually(False)
    """Whether it is a sitemap index, whose sitemaps change although it stays the same."""
    last_poll: Time | None = None
    """When it was last polled; null when it never was."""
    failing_since: Time | None = None
    """Since when it fails; null when it does not."""
    interval: float | None = None
    """Seconds: the last interval chosen; null before the first poll."""
    rhythm: float | None = None
    """Seconds: the usual time between two entries; null when unknown."""
    newest: Time | None = None
    """Date of the newest entry; null when none has a date."""
    entries: int = usually(0)
    """Number of entries at the last poll."""
    body: str | None = None
    """Hash of the last body; null before the first."""
    unconditional: int = usually(0)
    """Number of polls since one without validators."""
    distrusted: bool = usually(False)
    """Whether its validators said "unchanged" of what had changed."""
    moved_to: str | None = None
    """Where permanent redirects lead; null when there are none."""
    moved_seen: int = usually(0)
    """How many times in a row they led there."""
    trouble: tuple[FeedEventKind, ...] = usually(())
    """What an operator was told and is not over."""
    kills: int = usually(0)
    """How often in a row parsing it used up its time or memory, or ended the parser."""
    asked_by: str | None = None
    """Address that asked to wait, where it is another than the feed's; null else."""
    wish: float | None = None
    """Seconds: the interval that the feed asks for; null when it asks for none."""
    skip_hours: tuple[int, ...] = usually(())
    """Hours (UTC) in which it asks not to be polled."""
    skip_days: tuple[int, ...] = usually(())
    """Days (Monday is 0) on which it asks not to be polled."""
    counts: dict[str, int] = usually({})
    """Numbers ever: polls fetched and unchanged, entries new and revised, pages asked for."""
    pages_failed: dict[str, int] = usually({})
    """Number of pages that could not be had, by kind of failure."""


class FeedEvent(Record):
    """Topic `feeds.events`, key: feed URL: what an operator should know of a feed."""

    url: str
    """Address in the feed list."""
    outlet: str
    """Name of the outlet."""
    kind: FeedEventKind
    """What happened."""
    detail: str
    """What happened, in words."""
    at: Time
    """When it was noticed."""
