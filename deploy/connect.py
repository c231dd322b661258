"""The connectors as a part of a run, and as commands of their own."""
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from connectors.errors import ConnectorError
from connectors.feedlist import load_feeds
from connectors.http import Fetcher
from connectors.parse import parse_feed
from connectors.poll import poll_forever
from connectors.replay import replay as publish_archives
from connectors.states import load_states
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


def replay(settings: Settings, files: Sequence[Path]) -> int:
    """Publish the articles of JSONL and WARC files as back-fill; exit code 1 when something was left out."""
    try:
        counts = publish_archives(settings, files)
    except ConnectorError as error:
        print(f"borderwire: {error}", file=sys.stderr)
        return 1
    print(f"{counts['published']} articles published, {counts['left out']} left out")
    return 1 if counts["left out"] else 0


def feeds_table(settings: Settings) -> int:
    """Print what is known of each feed: last success, last new entry, next poll and why, trouble."""
    table = Table("feed", "outlet", "polls", "last success", "last new entry", "next poll", "trouble")
    for url, state in sorted(load_states(settings.kafka).items()):
        times = [f"{time:%m-%d %H:%M}" if time else "never" for time in (state.last_success, state.last_new)]
        due = f"{state.next_poll:%m-%d %H:%M}, {state.why_then}"
        trouble = ", ".join(state.trouble) or state.last_error or ""
        table.add_row(url, state.outlet, str(state.polls), *times, due, trouble)
    Console().print(table)
    return 0


def feeds_check(settings: Settings, urls: Sequence[str]) -> int:
    """Fetch each feed once and say what came back; exit code 1 when one is not usable."""
    lines = asyncio.run(check_feeds(settings, urls))
    for _, line in lines:
        print(line)
    return 0 if all(good for good, _ in lines) else 1


async def check_feeds(settings: Settings, urls: Sequence[str]) -> list[tuple[bool, str]]:
    """(usable, what to tell of it) for each feed."""
    found = []
    async with Fetcher(settings.connectors) as fetcher:
        for url in urls:
            try:
                answer = await fetcher.get(url, {})
                if answer.status != 200:
                    found.append((False, f"{url}: answered {answer.status}"))
                    continue
                feed = parse_feed(answer.body, answer.url, answer.headers.get("content-type", ""))
                found.append((True, f"{url}: {feed.kind}, {len(feed.entries)} entries, {feed.bad} unreadable"))
            except ConnectorError as error:
                found.append((False, f"{url}: {error.kind}: {error}"))
    return found


async def poll_until_stopped(settings: Settings, feeds: Sequence[Feed]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await poll_forever(settings, feeds, stop)
