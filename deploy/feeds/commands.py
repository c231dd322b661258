"""The connectors' commands: poll feeds, publish archives."""

import asyncio
import gc
import signal
from collections.abc import Sequence
from pathlib import Path

from connectors.feeds.archives import replay as publish_archives
from connectors.feeds.feedlist import listed, load_feeds
from connectors.feeds.poll_loop import poll_forever
from connectors.feeds.running_list import follow_list
from connectors.kafka_topics import require_answer
from schemas.running_file import FollowedFile
from schemas.settings import Settings


def poll(settings: Settings) -> int:
    """Poll the feeds until SIGINT or SIGTERM. Raises BadFeedList and BrokerGone."""
    rare_collections()
    asyncio.run(poll_until_stopped(settings, listed(settings.feeds)))
    return 0


def rare_collections() -> None:
    """Let Python's cycle collector pass over what was imported, and run after 10,000 new objects only. The collector
    took a tenth of the processor time of polls."""
    gc.freeze()
    gc.set_threshold(10_000)


def replay_files(settings: Settings, files: Sequence[Path]) -> int:
    """Publish the articles of JSONL and WARC files as back-fill. Exit code 1 when something was left out.

    Raises BadArchive, BrokerGone, RecordRefused and OSError.
    """
    counts = publish_archives(settings, files)
    print(f"{counts['published']} articles published, {counts['left out']} left out")
    return 1 if counts["left out"] else 0


async def poll_until_stopped(settings: Settings, path: Path) -> None:
    """Poll the feeds of a list, and follow changes of its file. SIGHUP reads it at once."""
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number, event in ((signal.SIGINT, stop), (signal.SIGTERM, stop), (signal.SIGHUP, again)):
        loop.add_signal_handler(number, event.set)
    file = FollowedFile(path)  # made before the list is read, so that no change is missed
    feeds = load_feeds(path)
    await asyncio.to_thread(require_answer, settings.kafka, settings.kafka.answer_timeout)
    await poll_forever(settings, feeds, stop, lambda agenda: follow_list(file, agenda, again))
