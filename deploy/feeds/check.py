"""`borderwire feeds check`: polls a feed once, explains the result, and publishes nothing."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from connectors.errors import ConnectorError, NotAFeed
from connectors.feeds.decide import Decision, Polled, decide, first_state
from connectors.feeds.feedlist import listed, load_feeds
from connectors.feeds.pages import Pages
from connectors.formats.parse import ParsedFeed
from connectors.formats.parsers import Parsers
from connectors.web.fetcher import Fetcher, Response
from connectors.web.politeness import Manners, Robots
from deploy.feeds.discover import offers, outlet_of
from deploy.feeds.edit import change, dated
from deploy.feeds.table import span
from deploy.output import tell
from schemas.feed import Feed
from schemas.settings import Settings

#: How many items of a listing are shown.
SHOWN = 10
#: The cause of each kind of failure, and what an operator can do.
ADVICE = {
    "dns": "the name is wrong, or the resolver of this machine does not know it",
    "connect": "nothing listens there, or a firewall is between",
    "timeout": "too slow for connectors.read_timeout and total_timeout",
    "tls": "its certificate is not valid for this name and this machine's authorities",
    "too-large": "larger than connectors.max_body",
    "refused-address": "private addresses are refused; your own go into connectors.allow_networks",
    "refused-url": "only http and https are asked",
    "redirects": "it sends us in circles, perhaps until a cookie is accepted",
    "not-a-feed": "look at it with a browser: the address may be that of a page",
    "cut-short": "a poll takes the entries before the cut; tell the publisher, or try again later",
    "http-401": "it wants a password: feeds behind one are not read",
    "http-403": "it refuses programs: ask the publisher to let this one in, by its User-Agent",
    "http-404": "the address is wrong or was given up",
    "http-410": "the publisher took it away: it would be asked once a day",
    "http-429": "it wants fewer requests: more time between them, connectors.interval",
}


def check_feeds(settings: Settings, urls: Sequence[str], whole: bool = False) -> int:
    """Fetch each feed once and print the result. `whole`: check the feed list instead of `urls`.

    Exit code 1 when a feed is not usable. Raises BadFeedList.
    """
    if not whole:
        return 0 if asyncio.run(check_all(settings, urls)) else 1
    return 0 if asyncio.run(check_list(settings, listed(settings.feeds))) else 1


async def check_all(settings: Settings, urls: Sequence[str]) -> bool:
    good = True
    async with contextlib.AsyncExitStack() as stack:
        parsers = stack.enter_context(Parsers())
        fetcher = await stack.enter_async_context(Fetcher(settings.connectors))
        for url in urls:
            try:
                lines = await explain_poll(settings, fetcher, parsers, url)
            except ConnectorError as error:
                advice = ADVICE.get(error.kind)
                lines = [f"not usable: {error}", *([advice] if advice else [])]
                good = False
            tell("\n  ".join([url, *lines]))
    return good


async def explain_poll(settings: Settings, fetcher: Fetcher, parsers: Parsers, url: str) -> list[str]:
    """Lines about a feed: its answer, its content, and when it would be polled again. Raises ConnectorError."""
    started = time.monotonic()
    answer = await fetcher.get(url)
    took = time.monotonic() - started
    lines = [f"answered {answer.status} in {took:.1f} s over {answer.protocol}, {len(answer.body)} bytes unpacked"]
    if answer.permanent:
        lines.append(f"moved for good to {answer.permanent}: list that address")
    if answer.status != 200:
        raise Unusable(f"http-{answer.status}")
    try:
        feed = await parsers.feed(answer.body, answer.url, answer.headers.get("content-type", ""))
    except NotAFeed as error:
        if "HTML" not in str(error) or error.wall:
            raise
        return [*lines, *await _offers(fetcher, parsers, answer)]
    require_end(feed)
    now = datetime.now(UTC)
    of_url = Feed.model_validate({"url": url, "outlet": "?"})
    decision = decide(first_state(of_url, now), Polled(answer, feed), settings.connectors, now)
    lines += [_holds(feed, decision, now), _validators(answer)]
    state = decision.state
    lines.append(f"would be polled again in {span((state.next_poll - now).total_seconds())}: {state.why_then}")
    if settings.connectors.fetch_pages and feed.entries and feed.entries[0].url:
        lines.append(await _page(settings, fetcher, parsers, feed.entries[0].url))
    return lines


async def _offers(fetcher: Fetcher, parsers: Parsers, page: Response) -> list[str]:
    """The feeds that a page offers, each with its line for the feed list. Raises NotAFeed when it has none."""
    found = await offers(fetcher, parsers, page)
    if not found:
        raise NotAFeed("an HTML page that names no feed and lists no articles")
    outlet = outlet_of(page)
    lines = []
    for offer in found:
        what = "a listing, its items found by itself" if offer.type == "listing" else offer.feed.kind
        lines.append(f"{offer.url}: {what}, {len(offer.feed.entries)} entries; to follow it, put into the feed list:")
        lines.append(offer.line(outlet))
        for entry in offer.feed.entries[:SHOWN] if offer.type == "listing" else ():
            day = f"{entry.published:%Y-%m-%d} " if entry.published else ""
            lines.append(f"  {day}{entry.title} {entry.url}")
    return lines


async def check_list(settings: Settings, path: Path) -> bool:
    """Fetch every feed of a list once. Write today's date for those that answered; print the others with the reason.

    Returns whether all answered.
    """
    feeds = load_feeds(path)
    bad: list[tuple[Feed, str]] = []
    good: list[Feed] = []
    async with contextlib.AsyncExitStack() as stack:
        parsers = stack.enter_context(Parsers())
        fetcher = await stack.enter_async_context(Fetcher(settings.connectors))
        bar = stack.enter_context(Progress(console=Console(stderr=True)))
        task = bar.add_task("feeds", total=len(feeds))
        turns = asyncio.Semaphore(10)

        async def one(feed: Feed) -> None:
            async with turns:
                try:
                    await _works(fetcher, parsers, feed)
                    good.append(feed)
                except ConnectorError as error:
                    bad.append((feed, str(error)))
                bar.advance(task)

        await asyncio.gather(*(one(feed) for feed in feeds))
    day, text = f"{datetime.now(UTC):%Y-%m-%d}", path.read_text(encoding="utf-8")
    for feed in good:
        text = dated(text, str(feed.url), day)
    if good:
        change(path, text, [str(feed.url) for feed in feeds])
    for feed, why in sorted(bad, key=lambda found: found[1]):
        tell(f"{feed.outlet}: {feed.url}: {why}")
    tell(f"{len(good)} of {len(feeds)} feeds answer and are dated {day} in {path}; {len(bad)} do not")
    return not bad


async def _works(fetcher: Fetcher, parsers: Parsers, feed: Feed) -> None:
    answer = await fetcher.get(str(feed.url))
    if answer.status != 200:
        raise Unusable(f"http-{answer.status}")
    kind = answer.headers.get("content-type", "")
    if feed.type == "listing":
        parsed = await parsers.listing(answer.body, answer.url, kind, feed.select)
    else:
        parsed = await parsers.feed(answer.body, answer.url, kind)
    require_end(parsed)
    if not (parsed.entries or parsed.children):
        raise NotAFeed(parsed.nothing or "it holds nothing")


def require_end(feed: ParsedFeed) -> None:
    """Raises CutShort for XML that ends in the middle. A poll takes the entries before the cut."""
    if not feed.ends:
        raise CutShort(f"the XML ends in the middle, after {len(feed.entries)} entries")


class CutShort(ConnectorError):
    """A feed whose end is missing."""

    kind = "cut-short"


class Unusable(ConnectorError):
    """An answer with another status than 200; its kind is that status."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def _holds(feed: ParsedFeed, decision: Decision, now: datetime) -> str:
    if feed.kind == "sitemap-index":
        return f"sitemap-index of {len(feed.children)} sitemaps"
    text = f"{feed.kind}, {len(feed.entries)} entries, {feed.bad} unreadable, language {feed.lang or 'not said'}"
    newest, rhythm = decision.state.newest, decision.state.rhythm
    if newest:
        text += f"; the newest {span((now - newest).total_seconds())} old"
    return text + (f", one in {span(rhythm)}" if rhythm else "")


def _validators(answer: Response) -> str:
    found = [name for name in ("ETag", "Last-Modified") if answer.headers.get(name.lower())]
    return f"can be asked for changes only: {', '.join(found)}" if found else "no validators: each poll costs all of it"


async def _page(settings: Settings, fetcher: Fetcher, parsers: Parsers, url: str) -> str:
    manners = Manners(settings.connectors, lambda: datetime.now(UTC))
    robots = Robots(fetcher, manners, parsers.robots, manners.clock) if settings.connectors.robots else None
    page = (await Pages(fetcher, parsers, manners, robots, manners.clock).look(url)).page
    return f"page {url}: " + (page.error or f"{page.size} bytes")
