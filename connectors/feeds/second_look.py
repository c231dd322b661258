"""Fetches the pages of on-topic articles again for `EDITS` after they appeared, because feeds do not show most edits.

The pipeline writes to `articles.tagged` which articles are on topic. A page is fetched again when the article is twice
as old as at the last fetch and at least an hour has passed, together with a poll of the feed. `SeenEntry.looked` in the
feed's state is the time of the last fetch, so a restart repeats none.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog
from kafka.errors import KafkaError

from connectors.errors import why
from connectors.feeds.seen_entries import EDITS, Change, may_look
from schemas.article import FeedEntry, TaggedArticle
from schemas.codec import DecodeError, decode
from schemas.feed import FeedState, SeenEntry
from schemas.kafka.clients import NoTopic
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import KafkaSettings

log = structlog.get_logger()

FIRST = timedelta(hours=1)
#: How often the topic is read, in seconds.
_PAUSE = 15.0


class SecondLooks:
    """On-topic articles that were seen within the last `EDITS`, by feed and article id."""

    def __init__(self) -> None:
        self._articles: dict[str, dict[str, TaggedArticle]] = {}

    def note(self, tagged: TaggedArticle) -> None:
        """Stores an article that is on topic, has a URL and is not from a back-fill; ignores others."""
        if tagged.topics and tagged.origin != "backfill" and tagged.article.url:
            self._articles.setdefault(tagged.feed, {})[tagged.id] = tagged.model_copy(update={"statements": ()})

    def due(self, state: FeedState, now: datetime) -> list[Change]:
        """The pages to fetch again with this poll of a feed. Drops articles that are older than `EDITS`."""
        articles = self._articles.get(state.url, {})
        for article in [article for article, tagged in articles.items() if now - tagged.seen > EDITS]:
            del articles[article]
        keys = {seen.article or key: key for key, seen in state.seen.items()} if articles else {}
        found = ((keys[article], tagged) for article, tagged in articles.items() if article in keys)
        return [_look(key, tagged, state.seen[key]) for key, tagged in found if is_due(state.seen[key], now)]


def is_due(seen: SeenEntry, now: datetime) -> bool:
    """Whether the article is twice as old as at the last fetch of its page, and that was at least an hour ago."""
    if seen.looked is None or seen.page is None or not may_look(seen, now):
        return False
    return now - seen.looked >= max(FIRST, seen.looked - (seen.first or seen.looked))


def _look(key: str, tagged: TaggedArticle, seen: SeenEntry) -> Change:
    article = tagged.article
    entry = FeedEntry(
        id=article.url, url=article.url, title=article.title, authors=article.authors, published=article.published
    )
    return Change(key, entry, seen.version, "live", "look", seen)


async def follow_topics(looks: SecondLooks, settings: KafkaSettings, clock: Callable[[], datetime]) -> None:
    """Stores on-topic articles from `articles.tagged` until cancelled. While Kafka is unreachable, logs and waits."""
    while True:
        try:
            tail = await asyncio.to_thread(TopicTail, settings, ["articles.tagged"], since=clock() - EDITS)
            while True:
                for tagged in _decoded(await asyncio.to_thread(_arrived, tail)):
                    looks.note(tagged)
                await asyncio.sleep(_PAUSE)
        except (KafkaError, OSError, NoTopic) as error:
            log.warning("second_looks_wait", error=why(error))
            await asyncio.sleep(4 * _PAUSE)


def _arrived(tail: TopicTail) -> list[bytes]:
    """What arrived since the last call. Waits a second for it. Raises KafkaError, and OSError."""
    try:
        return [value for _, _, value in tail.poll(1000) if value is not None]
    except (KafkaError, OSError):
        tail.close()
        raise


def _decoded(values: list[bytes]) -> Iterator[TaggedArticle]:
    for value in values:
        try:
            yield decode(TaggedArticle, value)
        except DecodeError as error:
            log.error("tagged_unreadable", error=str(error))
