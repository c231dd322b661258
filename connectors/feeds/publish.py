"""Publishes new and changed entries of a feed to `articles.raw`, each with the page that it links to."""

import asyncio
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from connectors.feeds.counters import Counters
from connectors.feeds.fit_record import fit_article
from connectors.feeds.kafka_writer import Delivery
from connectors.feeds.pages import Looked, Pages
from connectors.feeds.seen_entries import Change, sent, version_of
from connectors.identity import id_of
from schemas.article import RawArticle
from schemas.feed import Feed, SeenEntry
from schemas.limits import sound
from schemas.settings import Settings

log = structlog.get_logger()

#: Entries of one feed that are processed concurrently.
AT_ONCE = 20


class Articles:
    """Fetches pages and publishes articles. Counts both in `counters`, and pages also by feed."""

    def __init__(
        self,
        settings: Settings,
        pages: Pages,
        delivery: Delivery,
        counters: Counters,
        clock: Callable[[], datetime],
    ) -> None:
        self.settings, self.delivery, self.counters, self.clock = settings, delivery, counters, clock
        self._pages = pages
        self._pages_of: dict[str, Counter[str]] = {}

    async def publish(self, feed: Feed, changes: Sequence[Change]) -> dict[str, SeenEntry]:
        """Publishes each change as soon as its page is fetched. Returns the new `SeenEntry` of each, by key."""
        waiting, found = iter(changes), dict[str, SeenEntry]()

        async def work() -> None:
            for change in waiting:
                found[change.key] = await self._guarded(feed, change)

        if len(changes) < 2:
            await work()
            return found
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(changes))):
                group.create_task(work())
        return found

    def pages_of(self, url: str) -> Counter[str]:
        """The number of pages fetched for a feed since the last call, by kind of failure; "" means success."""
        return self._pages_of.pop(url, Counter())

    async def _guarded(self, feed: Feed, change: Change) -> SeenEntry:
        """Publishes one entry. On any exception, the entry is logged as lost and remembered as if it had been sent."""
        try:
            return await self._publish_one(feed, change)
        except Exception:
            self.counters.records_lost += 1
            trace = sound(traceback.format_exc(limit=-20))
            log.error("entry_lost", feed=str(feed.url), entry=sound(change.entry.id)[:200], trace=trace)
            return sent(change, self.clock(), change.key, None, True)

    async def _publish_one(self, feed: Feed, change: Change) -> SeenEntry:
        looked = await self._page(feed, change)
        before = change.known
        canonical = looked.canonical if looked and before is None else None
        article = (before.article if before else None) or (id_of(canonical) if canonical else change.key)
        page = looked.fingerprint if looked else None
        now = self.clock()
        if change.why != "look" or (looked is not None and before is not None and _other_page(looked, before)):
            record = RawArticle(
                id=article,
                version=version_of(change, page),
                feed=str(feed.url),
                outlet=feed.outlet,
                lang=feed.lang,
                official=feed.kind == "official",
                entry=change.entry,
                page=looked.page if looked else None,
                origin=change.origin,
                seen=now,
            )
            value = fit_article(record, self.settings.kafka.max_record_bytes)
            await self.delivery.send([("articles.raw", article, value)])
            self.counters.published += 1
            self.counters.new += change.why == "new"
            self.counters.revised += change.why != "new"
        return sent(change, now, article, page, looked is None or looked.settled)

    async def _page(self, feed: Feed, change: Change) -> Looked | None:
        if not (self.settings.connectors.fetch_pages and change.entry.url):
            return None
        looked = await self._pages.look(change.entry.url)
        self.counters.pages += 1
        self._pages_of.setdefault(str(feed.url), Counter())[looked.page.failure or ""] += 1
        if looked.page.failure:
            self.counters.pages_failed[looked.page.failure] += 1
            log.info("page_failed", url=change.entry.url[:500], error=looked.page.error, retried=not looked.settled)
        return looked


def _other_page(looked: Looked, before: SeenEntry) -> bool:
    """Whether a repeated fetch shows a text that was not sent before, or a page that could not be fetched before."""
    if looked.page.error:
        return False
    if looked.fingerprint is None:
        return before.retry is not None
    return looked.fingerprint != before.page and looked.fingerprint not in before.sent
