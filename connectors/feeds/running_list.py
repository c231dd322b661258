"""Takes up changes of the feed list while feeds are polled: when its file was changed, or at once on request."""

import asyncio
import contextlib
from pathlib import Path

import structlog

from connectors.errors import BadFeedList
from connectors.feeds.feedlist import load_feeds
from connectors.feeds.poll_loop import Agenda
from schemas.running_file import FollowedFile, difference

log = structlog.get_logger()

#: Seconds between two checks of the file.
LOOK = 1.0


async def follow_list(file: FollowedFile, agenda: Agenda, again: asyncio.Event) -> None:
    """Checks the file until cancelled. Setting `again` makes it read the file at once, even if it has not changed."""
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(again.wait(), LOOK)
        if file.changed() or again.is_set():
            again.clear()
            await take_up_list(file.path, agenda)


async def take_up_list(path: Path, agenda: Agenda) -> None:
    """Reads the list and passes the differences to the agenda. A list that cannot be used changes nothing."""
    try:
        feeds = {str(feed.url): feed for feed in await asyncio.to_thread(load_feeds, path)}
    except BadFeedList as error:
        log.error("feed_list_refused", reason=str(error), so="the feeds stay as they are")
        return
    if found := difference(agenda.feeds, feeds):
        agenda.take_up(found, feeds)
        log.info("feed_list_taken_up", **found.told(), feeds=len(feeds))
    else:
        log.info("feed_list_unchanged", feeds=len(feeds))
