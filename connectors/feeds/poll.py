"""Polls feeds and publishes to `articles.raw`: fetch, parse, decide, publish, save state. One process, one event loop.

Delivery: at least once. A feed's state is written after its entries were acknowledged. After a crash in between, the
entries are sent again with the same ids and versions.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog

from connectors.errors import ParserBroke, TooCostly
from connectors.feeds.counters import Counters
from connectors.feeds.decide import Decision, Polled, address, decide, first_state
from connectors.feeds.fit_record import fit_state
from connectors.feeds.kafka_writer import Delivery, Writes
from connectors.feeds.pages import Pages
from connectors.feeds.publish import Articles
from connectors.feeds.retrieve import Retriever
from connectors.feeds.schedule import jitter
from connectors.feeds.second_look import SecondLooks
from connectors.feeds.seen_entries import Change
from connectors.feeds.state_store import States
from connectors.formats.parsers import Parsers
from connectors.kafka_topics import ROOM
from connectors.web.fetcher import Fetcher
from connectors.web.politeness import Manners, Robots
from schemas.codec import encode
from schemas.feed import Feed, FeedState
from schemas.settings import Settings

log = structlog.get_logger()

#: After a domain's wait is over, the polls of its feeds are spread over this many seconds.
PUT_OFF = 60
#: With more entries than this, comparing and encoding run in a thread.
MANY = 300
T = TypeVar("T")
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


async def aside(size: int, work: Callable[..., T], *arguments: object) -> T:
    """Runs `work`, in a thread if `size` (the number of entries) is above `MANY`, so that the event loop stays free."""
    return await asyncio.to_thread(work, *arguments) if size > MANY else work(*arguments)


class Poller:
    """Polls single feeds. `states` come from earlier runs; those of feeds that are no longer listed are removed from
    their table."""

    def __init__(
        self,
        settings: Settings,
        feeds: Iterable[Feed],
        fetcher: Fetcher,
        parsers: Parsers,
        publisher: Writes,
        states: States | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.settings = settings
        self.connect = settings.connectors
        self.clock = clock
        self.counters = Counters()
        self.feeds = {str(feed.url): feed for feed in feeds}
        known = states if states is not None else States()
        self.counters.states_unreadable = known.unreadable
        self.states = States({url: known.records[url] for url in self.feeds if url in known})
        for url, feed in self.feeds.items():
            if url not in self.states:
                self.states[url] = first_state(feed, clock())
        self.manners = Manners(self.connect, clock)
        self.delivery = Delivery(publisher, self._lost)
        self._forget_unlisted(known)
        self.looks = SecondLooks()
        robots = Robots(fetcher, self.manners, parsers.robots, clock) if self.connect.robots else None
        pages = Pages(fetcher, parsers, self.manners, robots, clock)
        self._retriever = Retriever(fetcher, parsers, self.manners, self.counters, clock, self._suspect)
        self._articles = Articles(settings, pages, self.delivery, self.counters, clock)

    def _forget_unlisted(self, known: States) -> None:
        """Removes from the table the states of feeds that left the list while no connector ran."""
        unlisted = {*known, *known.unusable} - self.feeds.keys()
        for url in unlisted:
            self.delivery.forget(url)
        if unlisted:
            log.info("states_removed", count=len(unlisted), first=sorted(unlisted)[:3], why="not in the feed list")

    def follow(self, feed: Feed) -> None:
        """Adds a feed, or takes up its changed entry in the feed list. Its next poll then reads all of it."""
        url = str(feed.url)
        self.feeds[url] = feed
        if url not in self.states:
            self.states[url] = first_state(feed, self.clock())
            return
        anew = {"outlet": feed.outlet, "etag": None, "last_modified": None, "body": None, "next_poll": self.clock()}
        self.states[url] = self.states[url].model_copy(update=anew)
        self.delivery.note(url, self.states.records[url])

    def forget(self, url: str) -> None:
        """Removes a feed and its state. End its poll first."""
        del self.feeds[url], self.states[url]
        self.delivery.forget(url)

    async def poll(self, url: str) -> Decision:
        """One poll of one feed, from the request to acknowledged records. The new state is queued, not yet saved.

        Raises DomainWaits if no request was sent because the feed's domain had asked us to wait.
        """
        feed, state = self.feeds[url], self.states[url]
        polled = await self._retriever.retrieve(feed, state)
        size = len(polled.parsed.entries) if polled.parsed else 0
        decision = await aside(size, decide, state, polled, self.connect, self.clock())
        if decision.domain_wait:
            who = polled.response.url if polled.response else address(state)
            self.manners.wait(who, decision.domain_wait, self.clock())
        seen = await self._articles.publish(feed, [*decision.changes, *self._second_looks(decision)])
        state = decision.state.model_copy(update={"seen": {**decision.state.seen, **seen}})
        state = counted(state, decision, self._articles.pages_of(url))
        await self._tell(decision)
        limit = ROOM * self.settings.kafka.max_record_bytes
        record = await aside(len(state.seen), fit_state, state, limit, self.clock())
        self.states.records[url] = record
        self.delivery.note(url, record)
        self._report(feed, state, decision)
        return decision

    def _suspect(self, state: FeedState) -> None:
        """Saves a failed state for a feed whose parsing is taking long. If this process ends before the poll does, the
        next process then polls other feeds first. The state after the poll replaces it."""
        if state.url not in self.feeds:
            return
        error = TooCostly("this process ended while it was parsed")
        failed = decide(state, Polled(error=error), self.connect, self.clock()).state
        self.delivery.note(state.url, encode(failed.model_copy(update={"trouble": state.trouble})))

    def _lost(self) -> None:
        self.counters.records_lost += 1

    def broke(self, url: str, again: bool) -> datetime:
        """After an unexpected exception in a poll: returns when the feed is polled next. `again` is for the second
        exception in a row: the state is reset, because it may be the cause."""
        self.counters.count_poll(ParserBroke.kind)
        when = self.clock() + timedelta(seconds=self.connect.interval)
        state = first_state(self.feeds[url], self.clock()) if again else self.states[url]
        then = {"next_poll": when, "why_then": "a mistake of ours", "then": "failed"}
        self.states[url] = state.model_copy(update=then)
        self.delivery.note(url, self.states.records[url])
        return when

    def put_off(self, url: str, until: datetime) -> datetime:
        """Postpones a feed whose domain asked to wait. Returns a time soon after `until`, different for each feed."""
        state = self.states[url]
        again = until + timedelta(seconds=PUT_OFF * jitter(url, state.polls))
        why = "its domain asked to wait"
        then = {"next_poll": again, "why_then": why, "then": "asked-to-wait"}
        self.states[url] = state.model_copy(update=then)
        self.delivery.note(url, self.states.records[url])
        log.info("put_off", feed=url, until=again.isoformat(timespec="seconds"), why=why)
        return again

    def _second_looks(self, decision: Decision) -> list[Change]:
        """Pages of on-topic articles that may have been edited; none if the poll failed."""
        if not self.connect.fetch_pages or decision.result not in ("fetched", "unchanged"):
            return []
        under_way = {change.key for change in decision.changes}
        return [look for look in self.looks.due(decision.state, self.clock()) if look.key not in under_way]

    async def _tell(self, decision: Decision) -> None:
        for event in decision.events:
            self.counters.events[event.kind] += 1
            log.warning("feed_event", feed=event.url, outlet=event.outlet, kind=event.kind, detail=event.detail)
        await self.delivery.send([("feeds.events", event.url, encode(event)) for event in decision.events])

    def _report(self, feed: Feed, state: FeedState, decision: Decision) -> None:
        self.counters.count_poll(decision.result)
        self.counters.known += decision.known
        failed = decision.result not in ("fetched", "unchanged")
        (log.warning if failed else log.info)(
            "polled",
            feed=state.url,
            outlet=feed.outlet,
            result=decision.result,
            error=state.last_error if failed else None,
            new=sum(change.why == "new" for change in decision.changes),
            revised=sum(change.why == "revised" for change in decision.changes),
            next_poll=state.next_poll.isoformat(timespec="seconds"),
            why=state.why_then,
        )


def counted(state: FeedState, decision: Decision, pages: Counter[str]) -> FeedState:
    """The state with its counters updated for this poll. `pages` counts pages by kind of failure; "" means success."""
    counts = Counter(state.counts)
    counts.update(change.why for change in decision.changes if change.why in ("new", "revised"))
    if decision.result in ("fetched", "unchanged"):
        counts[decision.result] += 1
    if pages:
        counts["pages"] += pages.total()
    failed = Counter(state.pages_failed) + Counter({kind: number for kind, number in pages.items() if kind})
    return state.model_copy(update={"counts": dict(counts), "pages_failed": dict(failed)})
