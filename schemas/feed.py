"""A feed: what we follow (`Feed`), what we know of it (`feeds.state`), what happened to it (`feeds.events`)."""
from typing import Any, Literal

from pydantic import Field, HttpUrl

from schemas.base import Part, Record, Time

FeedEventKind = Literal["failing", "recovered", "stale", "blocked", "empty", "gap", "moved", "gone"]


def usually(default: Any) -> Any:
    """A field that does not travel while it has its usual value: states are many and are written often."""
    return Field(default=default, exclude_if=lambda value: value == default)


class Feed(Part):
    """One source of a feed list. `evidence` is how far it is known to work, `verified` when it last answered."""

    url: HttpUrl
    outlet: str = Field(min_length=1)
    lang: str | None = Field(default=None, pattern="^[a-z]{2}$")
    kind: Literal["news", "wire", "official", "regional", "research"] = "news"
    evidence: str | None = None
    verified: str | None = None


class SeenEntry(Part):
    """An entry that has been published to `articles.raw`: the version sent and when it last stood in the feed.

    `first` is when we first saw it, `date` the latest date the feed gives it, `guid` a hash of its id, `article` its
    article id where the page named another address than the feed, `page` the fingerprint of the page's text, `retry`
    when the page is to be fetched again, `looked` when it was last had, `tries` how often it was fetched again, `sent`
    earlier versions and fingerprints; `raw` is a hash of the entry as it stood in the feed.
    """

    version: str
    at: Time
    first: Time | None = None
    date: Time | None = None
    guid: str | None = None
    raw: str | None = None
    article: str | None = None
    page: str | None = None
    retry: Time | None = None
    looked: Time | None = None
    tries: int = usually(0)
    sent: tuple[str, ...] = usually(())


class FeedState(Record):
    """Topic `feeds.state`, compacted, key: feed URL. `seen` maps entry id to what was sent of it, `left` is the
    same in short for entries that left the feed days ago (connectors/feeds/departed.py). `index`: it is a sitemap
    index, whose sitemaps change although it stays the same.

    `next_poll` and `why_then` are the schedule; `interval` and `rhythm` are seconds: the last interval chosen and the
    usual time between two entries. `body` is a hash of the last body, `unconditional` counts the polls since one
    without validators, `distrusted` says that the validators were caught lying. `moved_to` is where permanent
    redirects lead, seen `moved_seen` times. `newest` is the date of the newest entry, `entries` how many stood in the
    feed last, `trouble` what an operator has been told and is not over. `wish` is the interval the feed asks for in
    seconds, `skip_hours` (UTC) and `skip_days` (Monday is 0) are when it asks not to be polled. `counts` says how many
    polls were fetched and unchanged, how many entries new and revised, and how many pages were asked for, ever;
    `pages_failed` how many of those failed, by kind.
    """

    url: str
    outlet: str
    etag: str | None = None
    last_modified: str | None = None
    polls: int = 0
    next_poll: Time
    why_then: str = ""
    last_success: Time | None = None
    last_new: Time | None = None
    last_error: str | None = None
    failures: int = 0
    failures_by_kind: dict[str, int] = {}
    seen: dict[str, SeenEntry] = {}
    left: str = usually("")
    index: bool = usually(False)
    last_poll: Time | None = None
    failing_since: Time | None = None
    interval: float | None = None
    rhythm: float | None = None
    newest: Time | None = None
    entries: int = usually(0)
    body: str | None = None
    unconditional: int = usually(0)
    distrusted: bool = usually(False)
    moved_to: str | None = None
    moved_seen: int = usually(0)
    trouble: tuple[FeedEventKind, ...] = usually(())
    wish: float | None = None
    skip_hours: tuple[int, ...] = usually(())
    skip_days: tuple[int, ...] = usually(())
    counts: dict[str, int] = usually({})
    pages_failed: dict[str, int] = usually({})


class FeedEvent(Record):
    """Topic `feeds.events`, key: feed URL: what an operator should know of a feed."""

    url: str
    outlet: str
    kind: FeedEventKind
    detail: str
    at: Time
