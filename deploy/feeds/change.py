"""The commands `borderwire feeds add` and `remove`. A feed is fetched once before it is added."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from connectors.errors import ConnectorError, NotAFeed
from connectors.feeds.feedlist import listed, load_feeds
from connectors.feeds.opml import read_opml
from connectors.formats.parsers import Parsers
from connectors.web.fetcher import Fetcher
from deploy.feeds.discover import Offer, offers, outlet_of
from deploy.feeds.edit import add, remove
from deploy.output import complain, tell
from schemas.feed import Feed
from schemas.printable import is_web
from schemas.settings import Settings


def add_sources(settings: Settings, sources: Sequence[str], outlet: str | None) -> int:
    """Add feeds to the feed list. A source is the URL of a feed or of a page (its best feed is added), or an OPML file.

    Exit code 1 if a source fails. Raises BadFeedList.
    """
    path = listed(settings.feeds)
    if path.exists():
        load_feeds(path)
    failed = False
    for source in sources:
        try:
            if is_web(source):
                feeds = [asyncio.run(_feed_of(settings, source, outlet))]
            else:
                found, bad = read_opml(Path(source))
                feeds, failed = list(found), failed or bool(bad)
                for line in bad:
                    complain(f"{source}: {line}")
            new = add(path, feeds)
        except (ConnectorError, ValidationError, OSError) as error:
            complain(f"{source}: {error}")
            failed = True
            continue
        for feed in feeds:
            tell(f"{feed.url}: " + ("added" if str(feed.url) in new else "was in the list"))
    return 1 if failed else 0


def remove_sources(settings: Settings, urls: Sequence[str]) -> int:
    """Remove feeds from the feed list. Exit code 1 if one is not in it. Raises BadFeedList."""
    path = listed(settings.feeds)
    load_feeds(path)
    failed = False
    for url in urls:
        try:
            remove(path, url)
            tell(f"{url}: removed")
        except (ConnectorError, ValidationError, OSError) as error:
            complain(str(error))
            failed = True
    return 1 if failed else 0


async def _feed_of(settings: Settings, url: str, outlet: str | None) -> Feed:
    async with contextlib.AsyncExitStack() as stack:
        parsers = stack.enter_context(Parsers())
        fetcher = await stack.enter_async_context(Fetcher(settings.connectors))
        answer = await fetcher.get(url)
        if answer.status != 200:
            raise NotAFeed(f"it answers {answer.status}")
        try:
            parsed = await parsers.feed(answer.body, answer.url, answer.headers.get("content-type", ""))
            best, name = Offer(answer.permanent or url, parsed), parsed.title
        except NotAFeed as error:
            found = [] if error.wall else await offers(fetcher, parsers, answer)
            if not found:
                raise
            best, name = found[0], outlet_of(answer)
    named = outlet or name or "?"
    return Feed.model_validate({"url": best.url, "outlet": named, "type": best.type, "lang": best.feed.lang})
