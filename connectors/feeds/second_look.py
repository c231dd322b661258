"""Pages of on-topic articles are looked at again while they may still be edited: most edits never reach the feed.

Which articles are on topic, the pipeline says in `articles.tagged`. Looks come an hour after the first, then after two,
four, eight hours and so on, with the feed's polls; `SeenEntry.looked` in the feed's state tells when the last was, so a
restart repeats none.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog

from connectors.errors import BrokerGone
from connectors.feeds.changes import EDITS, Change, may_look
from connectors.kafka import Tail
from schemas.article import FeedEntry, TaggedArticle
from schemas.codec import DecodeError, decode
from schemas.feed import FeedState, SeenEntry
from schemas.settings import KafkaSettings

log = structlog.get_logger()

FIRST = timedelta(hours=1)
#: How often the topic is read, in seconds.
_PAUSE = 15.0


class SecondLooks:
    """On-topic articles of the last `EDITS`, by feed and article id."""

    def __init__(self) -> None:
        self._articles: dict[str, dict[str, TaggedArticle]] = {}

    def note(self, tagged: TaggedArticle) -> None:
        """Remembers an article that is on topic and was live; the rest is passed over."""
        if tagged.topics and tagged.origin != "backfill" and tagged.article.url:
            self._articles.setdefault(tagged.feed, {})[tagged.id] = tagged.model_copy(update={"statements": ()})

    def due(self, state: FeedState, now: datetime) -> list[Change]:
        """The pages to be looked at with this poll of a feed. Forgets articles that are too old to be edited."""
        articles = self._articles.get(state.url, {})
        for article in [article for article, tagged in articles.items() if now - tagged.seen > EDITS]:
            del articles[article]
        keys = {seen.article or key: key for key, seen in state.seen.items()} if articles else {}
        found = ((keys[article], tagged) for article, tagged in articles.items() if article in keys)
        return [_look(key, tagged, state.seen[key]) for key, tagged in found if is_due(state.seen[key], now)]


def is_due(seen: SeenEntry, now: datetime) -> bool:
    """Has the article grown twice as old as it was at the last look, and at least an hour older?"""
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
    """Notes what the pipeline finds on topic, until cancelled. While Kafka is gone it waits and says so."""
    while True:
        try:
            tail = await asyncio.to_thread(Tail, settings, "articles.tagged", clock() - EDITS)
            while True:
                for tagged in _decoded(await asyncio.to_thread(tail.read)):
                    looks.note(tagged)
                await asyncio.sleep(_PAUSE)
        except BrokerGone as error:
            log.warning("second_looks_wait", error=str(error))
            await asyncio.sleep(4 * _PAUSE)


def _decoded(values: list[bytes]) -> Iterator[TaggedArticle]:
    for value in values:
        try:
            yield decode(TaggedArticle, value)
        except DecodeError as error:
            log.error("tagged_unreadable", error=str(error))
