"""Feeds → `articles.raw`: poll, fetch, parse, decide, publish, remember. One process, one event loop.

Delivery: at least once. A feed's state is written after its entries are acknowledged; killed in between, the entries
are sent again with the same ids and versions.
"""
import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from connectors.agenda import Agenda
from connectors.changes import Change, page_due, sent, version_of
from connectors.counters import Counters
from connectors.decide import Decision, Polled, address, body_hash, decide, first_state, validators
from connectors.delivery import Delivery, Writes
from connectors.errors import ConnectorError, DomainWaits, FetchError, NotAFeed
from connectors.http import Fetcher, Response
from connectors.identity import id_of
from connectors.kafka import Publisher
from connectors.pages import Looked, Pages, error_kind
from connectors.parse import ParsedFeed, parse_feed
from connectors.politeness import Manners, Robots
from connectors.record import fit
from connectors.schedule import jitter
from connectors.second_look import SecondLooks, follow_topics
from connectors.states import States, load_states
from schemas.article import FeedEntry, RawArticle
from schemas.codec import encode
from schemas.feed import Feed, FeedState, SeenEntry
from schemas.settings import ConnectorSettings, Settings

log = structlog.get_logger()

#: Sitemaps of an index that are looked at in one poll: the latest changed.
CHILDREN = 3
#: Feeds put off because their domain asked to wait come back spread over so many seconds.
PUT_OFF = 60
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


async def poll_forever(settings: Settings, feeds: Sequence[Feed], stop: asyncio.Event) -> Counters:
    """Polls the feeds as they fall due until `stop` is set. Writes its numbers to connectors.json in `settings.data`.

    Raises BrokerGone when Kafka cannot be reached at the start; later it waits for the broker and says so.
    """
    if settings.connectors.contact == ConnectorSettings().contact:
        log.warning("contact_unset", setting="connectors.contact", right="an address where publishers can reach you")
    publisher = Publisher(settings.kafka)
    try:
        async with Fetcher(settings.connectors) as fetcher:
            poller = Poller(
                settings, feeds, fetcher, publisher, await asyncio.to_thread(load_states, settings.kafka)
            )  # kept by nobody else: old states take as much memory as new ones
            following = asyncio.create_task(follow_topics(poller.looks, settings.kafka, poller.clock))
            try:
                await Agenda(poller, settings.data / "connectors.json").run(stop)
            finally:
                following.cancel()
            return poller.counters
    finally:
        await asyncio.to_thread(publisher.close)


class Poller:
    """Polls single feeds. `states` are those of earlier runs; `states` of feeds that are no longer listed are left."""

    def __init__(
        self,
        settings: Settings,
        feeds: Iterable[Feed],
        fetcher: Fetcher,
        publisher: Writes,
        states: States | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.settings = settings
        self.connect = settings.connectors
        self.clock = clock
        self.counters = Counters()
        self.feeds = {str(feed.url): feed for feed in feeds}
        known = states or States()
        self.states = States({url: known.records[url] for url in self.feeds if url in known})
        for url, feed in self.feeds.items():
            if url not in self.states:
                self.states[url] = first_state(feed, clock())
        self.manners = Manners(self.connect, clock)
        self.delivery = Delivery(publisher)
        self.looks = SecondLooks()
        self._fetcher = fetcher
        self._pages_of: dict[str, Counter[str]] = {}
        robots = Robots(fetcher, self.manners, clock) if self.connect.robots else None
        self._pages = Pages(fetcher, self.manners, robots, clock)

    async def poll(self, url: str) -> Decision:
        """One poll of one feed, from request to acknowledged records. The state is noted, not yet saved.

        Raises DomainWaits when nothing was asked because the feed's domain wants to be left alone.
        """
        feed, state = self.feeds[url], self.states[url]
        polled = await self._fetch(state)
        decision = decide(state, polled, self.connect, self.clock())
        if decision.domain_wait:
            self.manners.wait(address(state), decision.domain_wait, self.clock())
        seen = await self._publish(feed, [*decision.changes, *self._second_looks(decision)])
        state = decision.state.model_copy(update={"seen": {**decision.state.seen, **seen}})
        state = counted(state, decision, self._pages_of.pop(url, Counter()))
        await self._tell(decision)
        self.states[url] = state
        self.delivery.note(url, self.states.records[url])
        self._report(feed, state, decision)
        return decision

    def put_off(self, url: str, until: datetime) -> datetime:
        """When a feed is polled whose domain asked to wait until then: a bit later, each feed at its own moment."""
        state = self.states[url]
        again = until + timedelta(seconds=PUT_OFF * jitter(url, state.polls))
        self.states[url] = state.model_copy(update={"next_poll": again, "why_then": "its domain asked to wait"})
        self.delivery.note(url, self.states.records[url])
        log.info("put_off", feed=url, until=again.isoformat(timespec="seconds"), why="its domain asked to wait")
        return again

    async def _fetch(self, state: FeedState) -> Polled:
        """The request, and the feed in the answer unless its body is the one we know."""
        headers = validators(state, self.clock())
        url = address(state)
        response = None
        try:
            async with self.manners.turn(url):
                if state.polls:
                    self.counters.late.append(max(0.0, (self.clock() - state.next_poll).total_seconds()))
                response = await self._fetcher.get(url, headers)
            if not 200 <= response.status < 300:
                return Polled(response, conditional=bool(headers))
            body = body_hash(response.body)
            if body == state.body and not state.index and not page_due(state, self.clock()):
                return Polled(response, conditional=bool(headers), body=body)
            return Polled(response, await self._parse(response), conditional=bool(headers), body=body)
        except DomainWaits:
            raise
        except (FetchError, NotAFeed) as error:
            return Polled(response, error=error, conditional=bool(headers))

    def _second_looks(self, decision: Decision) -> list[Change]:
        """Of a feed that answered: pages of on-topic articles that may have been edited."""
        if not self.connect.fetch_pages or decision.result not in ("fetched", "unchanged"):
            return []
        under_way = {change.key for change in decision.changes}
        return [look for look in self.looks.due(decision.state, self.clock()) if look.key not in under_way]

    async def _parse(self, response: Response) -> ParsedFeed:
        """The feed in an answer; of a sitemap index, the entries of its latest sitemaps, as far as one can be had."""
        parsed = parse_feed(response.body, response.url, response.headers.get("content-type", ""))
        if parsed.kind != "sitemap-index":
            return parsed
        entries: list[FeedEntry] = []
        errors: list[ConnectorError] = []
        for url in parsed.children[:CHILDREN]:
            try:
                async with self.manners.turn(url):
                    child = await self._fetcher.get(url)
                if not 200 <= child.status < 300:
                    raise FetchError(f"http-{child.status}", f"sitemap {url[:200]} of the index")
                entries += parse_feed(child.body, child.url, child.headers.get("content-type", "")).entries
            except (FetchError, NotAFeed) as error:
                errors.append(error)
                log.info("sitemap_failed", feed=response.url, url=url[:500], error=str(error))
        if errors and not entries:
            raise errors[0]
        return ParsedFeed("sitemap-index", tuple(entries), bad=len(errors))

    async def _publish(self, feed: Feed, changes: Sequence[Change]) -> dict[str, SeenEntry]:
        """Each change with its page, as soon as that is there. Returns what is to be remembered of each."""
        async with asyncio.TaskGroup() as group:
            tasks = {change.key: group.create_task(self._publish_one(feed, change)) for change in changes}
        return {key: task.result() for key, task in tasks.items()}

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
            await self.delivery.send([("articles.raw", article, fit(record, self.settings.kafka.max_record_bytes))])
            self.counters.published += 1
            self.counters.new += change.why == "new"
            self.counters.revised += change.why != "new"
        return sent(change, now, article, page, looked is None or looked.settled)

    async def _page(self, feed: Feed, change: Change) -> Looked | None:
        if not (self.connect.fetch_pages and change.entry.url):
            return None
        looked = await self._pages.look(change.entry.url)
        self.counters.pages += 1
        self._pages_of.setdefault(str(feed.url), Counter())[error_kind(looked.page.error or "")] += 1
        if looked.page.error:
            self.counters.pages_failed[error_kind(looked.page.error)] += 1
            log.info("page_failed", url=change.entry.url[:500], error=looked.page.error, retried=not looked.settled)
        return looked

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
    """The state with what this poll adds to its counts; `pages` by the kind of their failure, "" for none."""
    counts = Counter(state.counts)
    counts.update(change.why for change in decision.changes if change.why in ("new", "revised"))
    if decision.result in ("fetched", "unchanged"):
        counts[decision.result] += 1
    if pages:
        counts["pages"] += pages.total()
    failed = Counter(state.pages_failed) + Counter({kind: number for kind, number in pages.items() if kind})
    return state.model_copy(update={"counts": dict(counts), "pages_failed": dict(failed)})


def _other_page(looked: Looked, before: SeenEntry) -> bool:
    """Does a second look show another text than the first, or a page that could not be had before?"""
    if looked.page.error:
        return False
    if looked.fingerprint is None:
        return before.retry is not None
    return looked.fingerprint != before.page and looked.fingerprint not in before.sent
