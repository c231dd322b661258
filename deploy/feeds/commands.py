"""The connectors' commands: poll feeds, publish archives."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from connectors.errors import ConnectorError
from connectors.feeds.archives import replay as publish_archives
from connectors.feeds.feedlist import load_feeds
from connectors.feeds.poll_loop import poll_forever
from deploy.output import complain
from schemas.feed import Feed
from schemas.settings import Settings


def poll(settings: Settings) -> int:
    """Poll the feeds until SIGINT or SIGTERM. Exit code 1 after an error, 2 without a feed list."""
    if settings.feeds is None:
        complain("no feed list: name one with --feeds, such as deploy/feeds.yaml")
        return 2
    try:
        asyncio.run(poll_until_stopped(settings, load_feeds(settings.feeds)))
    except ConnectorError as error:
        complain(str(error))
        return 1
    return 0


def replay_files(settings: Settings, files: Sequence[Path]) -> int:
    """Publish the articles of JSONL and WARC files as back-fill. Exit code 1 when something was left out."""
    try:
        counts = publish_archives(settings, files)
    except ConnectorError as error:
        complain(str(error))
        return 1
    print(f"{counts['published']} articles published, {counts['left out']} left out")
    return 1 if counts["left out"] else 0


async def poll_until_stopped(settings: Settings, feeds: Sequence[Feed]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await poll_forever(settings, feeds, stop)
