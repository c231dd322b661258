"""The connectors' commands: poll feeds, publish archives."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from connectors.errors import ConnectorError
from connectors.feeds.archives import replay as publish_archives
from connectors.feeds.feedlist import load_feeds
from connectors.feeds.poll_loop import poll_forever
from connectors.feeds.running_list import follow_list
from deploy.output import complain
from schemas.running_file import FollowedFile
from schemas.settings import Settings


def poll(settings: Settings) -> int:
    """Poll the feeds until SIGINT or SIGTERM. Exit code 1 after an error, 2 without a feed list."""
    if settings.feeds is None:
        complain("no feed list: name one with --feeds, such as deploy/feeds.yaml")
        return 2
    try:
        asyncio.run(poll_until_stopped(settings, settings.feeds))
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


async def poll_until_stopped(settings: Settings, path: Path) -> None:
    """Poll the feeds of a list, and follow changes of its file. SIGHUP reads it at once."""
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number, event in ((signal.SIGINT, stop), (signal.SIGTERM, stop), (signal.SIGHUP, again)):
        loop.add_signal_handler(number, event.set)
    file = FollowedFile(path)  # made before the list is read, so that no change is missed
    await poll_forever(settings, load_feeds(path), stop, lambda agenda: follow_list(file, agenda, again))
