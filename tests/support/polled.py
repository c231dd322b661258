"""Polls made for tests: their answers, and the state of a feed after them. No server, no clock."""

from datetime import UTC, datetime, timedelta

from connectors.feeds.decide import Polled, decide
from connectors.formats.parse import ParsedFeed
from connectors.web.fetcher import Response
from schemas.article import FeedEntry
from schemas.feed import FeedState
from schemas.settings import ConnectorSettings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://example.org/feed"
USED = ConnectorSettings()


def state(**fields: object) -> FeedState:
    return FeedState.model_validate({"url": URL, "outlet": "O", "next_poll": NOW, **fields})


def entries(count: int, start: int = 0, gap: float = 3600, newest: datetime = NOW) -> tuple[FeedEntry, ...]:
    """Entries of a feed, the newest first, `gap` seconds apart."""
    return tuple(
        FeedEntry(
            id=f"{URL}/{n}",
            url=f"https://example.org/{n}",
            title=f"Story number {n} of the bridge and its customs house",
            published=newest - timedelta(seconds=gap * i),
        )
        for i, n in enumerate(range(start + count, start, -1))
    )  # fmt: skip


def fetched(feed: ParsedFeed | tuple[FeedEntry, ...], status: int = 200, permanent: str | None = None, **headers: str):
    parsed = feed if isinstance(feed, ParsedFeed) else ParsedFeed("rss", feed)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Polled(Response(URL, status, fields, b"", permanent), parsed, body=str(hash(parsed.entries)))


def failed(status: int, **headers: str) -> Polled:
    return Polled(Response(URL, status, {name.replace("_", "-"): value for name, value in headers.items()}))


def after(*polls: Polled, first: FeedState | None = None, gap: float = 600) -> tuple[FeedState, list]:
    """The state after polls `gap` seconds apart, and every event told."""
    current, events, now = first or state(), [], NOW
    for polled in polls:
        decision = decide(current, polled, USED, now)
        current, now = decision.state, now + timedelta(seconds=gap)
        events += decision.events
    return current, events


def seconds(polled: Polled, before: FeedState | None = None, used: ConnectorSettings = USED) -> float:
    """Seconds to the next poll, without jitter."""
    return decide(before or state(), polled, used, NOW).state.interval or 0
