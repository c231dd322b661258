"""Requests a feed, within the limits of its domain, and parses the response."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

import structlog

from connectors.errors import ConnectorError, DomainWaits, FetchError, NotAFeed, ParserBroke
from connectors.feeds.counters import Counters
from connectors.feeds.decide import Polled, address, body_hash, validators
from connectors.feeds.schedule import domain_wait
from connectors.feeds.seen_entries import page_due
from connectors.formats.parse import ParsedFeed
from connectors.formats.parsers import Parsers
from connectors.web.fetcher import Fetcher, Response, Turn
from connectors.web.politeness import Manners
from schemas.article import FeedEntry
from schemas.feed import Feed, FeedState

log = structlog.get_logger()

#: Sitemaps of an index that are fetched in one poll: those changed last.
CHILDREN = 3


class Retriever:
    """Fetches feeds. The delay of each request is added to `counters.late`. `slow` is called with a feed's state while
    its parsing is taking long."""

    def __init__(
        self,
        fetcher: Fetcher,
        parsers: Parsers,
        manners: Manners,
        counters: Counters,
        clock: Callable[[], datetime],
        slow: Callable[[FeedState], object],
    ) -> None:
        self.manners, self.counters, self.clock = manners, counters, clock
        self._fetcher, self._parsers, self._slow = fetcher, parsers, slow

    async def retrieve(self, feed: Feed, state: FeedState) -> Polled:
        """The response, and the parsed feed unless the body is unchanged. Errors are returned in `Polled.error`.

        Raises DomainWaits if no request was sent because the feed's domain had asked us to wait.
        """
        headers = validators(state, self.clock())
        url = address(state)
        response = None
        try:
            response = await self._fetcher.get(url, headers, turn=self._turn(state))
            if not 200 <= response.status < 300:
                return Polled(response, conditional=bool(headers))
            body = body_hash(response.body)
            if body == state.body and not state.index and not page_due(state, self.clock()):
                return Polled(response, conditional=bool(headers), body=body)
            return Polled(response, await self._parse(response, feed, state), conditional=bool(headers), body=body)
        except DomainWaits:
            raise
        except ConnectorError as error:
            if isinstance(error, ParserBroke):
                log.error("parser_broke", feed=state.url, trace=str(error))
            return Polled(response, error=error, conditional=bool(headers))

    async def _parse(self, response: Response, feed: Feed, state: FeedState) -> ParsedFeed:
        """The parsed feed. For a sitemap index, the entries of its latest sitemaps; raises only if none of them gives
        any."""
        if feed.type == "listing":
            kind = response.headers.get("content-type", "")
            return await self._parsers.listing(
                response.body, response.url, kind, feed.select, lambda: self._slow(state)
            )
        parsed = await self._one(response, state)
        if parsed.cut:
            log.warning("texts_cut", feed=response.url[:500], fields=dict(parsed.cut))
        if parsed.kind != "sitemap-index":
            return parsed
        entries: list[FeedEntry] = []
        errors: list[ConnectorError] = []
        for url in parsed.children[:CHILDREN]:
            try:
                child = await self._fetcher.get(url, turn=self.manners.turn)
                if wait := domain_wait(child, self.manners.settings, self.clock()):
                    self.manners.wait(child.url, wait, self.clock())
                if not 200 <= child.status < 300:
                    raise FetchError(f"http-{child.status}", f"sitemap {url[:200]} of the index")
                entries += (await self._one(child, state)).entries
            except (FetchError, NotAFeed, ParserBroke) as error:
                errors.append(error)
                log.info("sitemap_failed", feed=response.url, url=url[:500], error=str(error))
        if errors and not entries:
            raise errors[0]
        return ParsedFeed("sitemap-index", tuple(entries), bad=len(errors))

    def _turn(self, state: FeedState) -> Turn:
        """The `Turn` of a feed's request. It counts how late the first request is."""
        return partial(self._counting_turn, [state] if state.polls else [])

    @asynccontextmanager
    async def _counting_turn(self, waits: list[FeedState], url: str) -> AsyncIterator[None]:
        async with self.manners.turn(url):
            while waits:
                late = (self.clock() - waits.pop().next_poll).total_seconds()
                self.counters.late.append(max(0.0, late))
            yield

    async def _one(self, response: Response, state: FeedState) -> ParsedFeed:
        kind = response.headers.get("content-type", "")
        return await self._parsers.feed(response.body, response.url, kind, lambda: self._slow(state))
