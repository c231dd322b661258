"""A feed: its entry in the feed list (`Feed`), its state (`feeds.state`), its events (`feeds.events`)."""

from typing import Any, Literal

from pydantic import Field, HttpUrl

from schemas.base import Record, RecordPart, Time

FeedEventKind = Literal["failing", "recovered", "stale", "blocked", "empty", "gap", "moved", "gone", "too-costly"]

#: planned: by the interval. failed: after a failure. asked-to-wait: the server or its domain asked us to wait.
NextPollKind = Literal["planned", "failed", "asked-to-wait"]


def usually(default: Any) -> Any:
    """A field that does not travel while it has its usual value: states are many and are written often."""
    return Field(default=default, exclude_if=lambda value: value == default)


class Selectors(RecordPart):
    """CSS selectors of a listing page. Without `items`, the items are detected automatically."""

    items: str | None = Field(default=None, min_length=1, max_length=500)
    """CSS selector of each item; null: the items are the largest group of similar links."""
    link: str | None = Field(default=None, min_length=1, max_length=500)
    """CSS selector of the link within an item; null: its first link."""
    title: str | None = Field(default=None, min_length=1, max_length=500)
    """CSS selector of the title within an item; null: its heading, or else the link's text."""
    date: str | None = Field(default=None, min_length=1, max_length=500)
    """CSS selector of the date within an item; null: the first date in it."""


class Feed(RecordPart):
    """One source of a feed list. `evidence` says how the feed was checked, `verified` when it last responded."""

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
    """An entry that has been published to `articles.raw`: the version that was sent, and when it was last in the feed.

    `first` is when it was first seen, `date` its latest date in the feed, `guid` a hash of its id, `raw` a hash of the
    whole entry as it was in the feed. `article` is its article id if the page gives another URL than the feed. `page`
    is the fingerprint of the page's text, `looked` when the page was last fetched, `tries` how often it was fetched
    again, `retry` when it is to be fetched again. `sent` are earlier versions and fingerprints.
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
    heading: str | None = usually(None)
    """Hash of its heading, where its link may be that of several articles; else null."""
    sent: tuple[str, ...] = usually(())
    """Earlier versions and fingerprints that were sent."""


class FeedState(Record):
    """Topic `feeds.state`, compacted, key: feed URL. `seen` maps entry ids to what was sent. `left` is a short form of
    the same for entries that left the feed (connectors/feeds/departed.py). `index`: the feed is a sitemap index, whose
    sitemaps can change although the index does not.

    `next_poll` and `why_then` are the schedule. `interval` (the last one chosen) and `rhythm` (usual time between two
    entries) are in seconds. `body` is a hash of the last body. `unconditional` counts the polls since the last one
    without validators. `distrusted`: the server sent the same validators with a changed body. `moved_to` is the target
    of permanent redirects, seen `moved_seen` times. `newest` is the date of the newest entry, `entries` the number of
    entries when there last were any. `trouble` lists the problems that were reported and still exist. `kills` counts
    how many times in a row parsing exceeded its limits. `wish` is the interval in seconds that the feed asks for; it
    asks not to be polled in `skip_hours` (UTC) and on `skip_days` (Monday is 0). `counts` are totals: polls fetched and
    unchanged, entries new and revised, pages requested. `pages_failed` counts the failed pages by kind.
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
    """What was sent of each entry of the feed, by entry id."""
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
    """Whether its validators (ETag, Last-Modified) stayed the same although the feed had changed."""
    moved_to: str | None = None
    """Where permanent redirects lead; null when there are none."""
    moved_seen: int = usually(0)
    """How many polls in a row were redirected there."""
    trouble: tuple[FeedEventKind, ...] = usually(())
    """Problems that were reported to the operator and have not ended."""
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
    """Number of pages that could not be fetched, by kind of failure."""


class FeedEvent(Record):
    """Topic `feeds.events`, key: feed URL. Something about a feed that an operator should know."""

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
