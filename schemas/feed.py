"""A feed: what we follow (`Feed`), what we know of it (`feeds.state`), what happened to it (`feeds.events`)."""
from typing import Literal

from pydantic import Field, HttpUrl

from schemas.base import Part, Record, Time

FeedEventKind = Literal["failing", "recovered", "stale", "blocked", "empty", "gap", "moved", "gone"]


class Feed(Part):
    """One source of a feed list. `evidence` is how far it is known to work, `verified` when it last answered."""

    url: HttpUrl
    outlet: str = Field(min_length=1)
    lang: str | None = Field(default=None, pattern="^[a-z]{2}$")
    kind: Literal["news", "wire", "official", "regional", "research"] = "news"
    evidence: str | None = None
    verified: str | None = None


class SeenEntry(Part):
    """An entry that has been published to `articles.raw`: the version sent and when it last stood in the feed."""

    version: str
    at: Time


class FeedState(Record):
    """Topic `feeds.state`, compacted, key: feed URL. `seen` maps entry id to what was sent of it."""

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


class FeedEvent(Record):
    """Topic `feeds.events`, key: feed URL: what an operator should know of a feed."""

    url: str
    outlet: str
    kind: FeedEventKind
    detail: str
    at: Time
