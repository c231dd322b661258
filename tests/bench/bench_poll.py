"""`make bench-poll`: feeds a second, beside a thread pool of plain `feedparser.parse(url)` on the same feeds.

Feeds are served by a process of their own on loopback. Ours does all that it does in a run but Kafka: requests with
checked addresses, parsing, what is new, records and states as bytes. Each feed has a host of its own, so no connection
is used twice, and remembers `REMEMBERED` entries that have left it. Figures are of this machine and this run; the
ratios are what to look at.
"""
import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser

from connectors.decide import first_state
from connectors.http import Fetcher
from connectors.kafka import Message
from connectors.poll import Poller
from schemas.feed import Feed, FeedState, SeenEntry
from schemas.ids import digest
from schemas.settings import ConnectorSettings, Settings

REMEMBERED = 900
THREADS = 16


class Nowhere:
    """Takes what would go to Kafka and counts it."""

    def __init__(self) -> None:
        self.records = 0

    def publish(self, messages: Sequence[Message]) -> None:
        self.records += len(messages)


@contextmanager
def site() -> Iterator[int]:
    command = [sys.executable, str(Path(__file__).with_name("feed_site.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def feeds(port: int, kind: str, count: int) -> list[Feed]:
    return [Feed(url=f"http://f{n}.site{n}.example:{port}/{kind}/{n}", outlet=f"Outlet {n}") for n in range(count)]


def remembering(feed: Feed, now: datetime) -> FeedState:
    """A feed's state as it is after weeks: everything that left the feed is still known."""
    url = str(feed.url)
    seen = {
        digest(url, str(n)): SeenEntry(
            version=digest("v", url, str(n), size=8), at=now - timedelta(days=9), first=now - timedelta(days=10),
            date=now - timedelta(days=10), guid=digest("g", url, str(n), size=6),
        )
        for n in range(REMEMBERED)
    }  # fmt: skip
    return first_state(feed, now).model_copy(update={"seen": seen, "last_success": now - timedelta(days=9)})


def used(interval: float = 600.0) -> Settings:
    fields = {"fetch_pages": False, "robots": False, "allow_networks": ["127.0.0.0/8"], "interval": interval,
              "adaptive": False, "connect_timeout": 60, "read_timeout": 60, "total_timeout": 300}  # fmt: skip
    return Settings(connectors=ConnectorSettings.model_validate(fields))


class Ours:
    def __init__(self, listed: list[Feed], interval: float = 600.0) -> None:
        now = datetime.now(UTC)
        self.settings = used(interval)
        self.listed = listed
        self.states = {str(feed.url): remembering(feed, now) for feed in listed}

    async def run(self, scene: Callable[[Poller], "asyncio.Future[None]"]) -> None:
        async with Fetcher(self.settings.connectors, resolve=here) as fetcher:
            await scene(Poller(self.settings, self.listed, fetcher, Nowhere(), self.states))


async def poll_all(poller: Poller) -> None:
    await asyncio.gather(*(poller.poll(url) for url in poller.feeds))
    await poller.delivery.save()


def measured(work: Callable[[], object], feeds: int) -> tuple[float, float]:
    """(feeds a second, feeds a CPU second)."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return feeds / (time.perf_counter() - wall), feeds / (time.process_time() - cpu)


def ask_again(known: tuple[str, str]) -> object:
    url, etag = known
    return feedparser.parse(url, etag=etag)


def speed(port: int, kind: str, count: int, rounds: int) -> dict[str, tuple[float, float]]:
    listed = feeds(port, kind, count)
    got: dict[str, tuple[float, float]] = {}

    async def ours(poller: Poller) -> None:
        await poll_all(poller)
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(rounds):
            await poll_all(poller)
        polls = count * rounds
        got["ours"] = polls / (time.perf_counter() - wall), polls / (time.process_time() - cpu)
        results = poller.counters
        assert not results.failed, results.failed
        assert results.unchanged == (polls if kind == "same" else 0)

    asyncio.run(Ours(listed).run(ours))
    urls = [f"http://127.0.0.1:{port}/{kind}/{n}" for n in range(count)]
    with ThreadPoolExecutor(THREADS) as pool:
        tags = dict(pool.map(lambda url: (url, feedparser.parse(url).get("etag")), urls))
        got["plain"] = measured(lambda: list(pool.map(feedparser.parse, urls)), count)
        got["with its etag"] = measured(lambda: list(pool.map(ask_again, tags.items())), count)
    return got


def print_speed(port: int, count: int, rounds: int) -> None:
    for kind, name in (("same", "unchanged (304)"), ("grow", "changed (1 new of 30)")):
        got = speed(port, kind, count, rounds)
        print(f"{name}: {count} feeds")
        ours = got["ours"]
        for who, (wall, cpu) in got.items():
            ratio = "" if who == "ours" else f"   ours is {ours[1] / cpu:.1f} times that"
            print(f"  {who:16} {wall:8.0f} feeds/s {cpu:8.0f} feeds per CPU second{ratio}")


if __name__ == "__main__":
    with site() as port:
        print_speed(port, 200, 3)
