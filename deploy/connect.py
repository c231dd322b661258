"""The connectors as a part of a run, and as commands of their own."""
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from connectors import poll as polling
from connectors.errors import ConnectorError
from connectors.feedlist import load_feeds
from deploy.process import Process
from schemas.feed import Feed
from schemas.settings import Settings


class Connectors:
    """The process that polls the feeds; `settings` is the path of a settings file."""

    name = "connectors"

    def __init__(self, data: Path, settings: Path) -> None:
        command = [sys.executable, "-m", "deploy.cli", "poll", "--config", str(settings)]
        self.process = Process(self.name, command, data.absolute() / "logs" / "connectors.log")

    def start(self) -> None:
        self.process.start()

    def ready(self) -> bool:
        return self.process.alive()


def poll(settings: Settings) -> int:
    """Poll the feeds until SIGINT or SIGTERM."""
    if settings.feeds is None:
        print("borderwire: no feed list: name one with --feeds, such as deploy/feeds.yaml", file=sys.stderr)
        return 2
    try:
        asyncio.run(poll_until_stopped(settings, load_feeds(settings.feeds)))
    except ConnectorError as error:
        print(f"borderwire: {error}", file=sys.stderr)
        return 1
    return 0


async def poll_until_stopped(settings: Settings, feeds: Sequence[Feed]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await polling.poll_forever(settings, feeds, stop)
