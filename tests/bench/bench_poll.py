"""`make bench-poll`: feeds a second, beside a thread pool of plain `feedparser.parse(url)` on the same feeds.

Feeds are served by a process of their own on loopback. Ours does all that it does in a run but Kafka: requests with
checked addresses, parsing, what is new, records and states as bytes. Each feed has a host of its own, so no connection
is used twice, and remembers `REMEMBERED` entries that have left it. Figures are of this machine and this run; the
ratios are what to look at.
"""

import argparse
import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import feedparser
import psutil
import structlog

from connectors.feeds.counters import Counters
from connectors.feeds.decide import first_state
from connectors.feeds.departed import with_rows
from connectors.feeds.poll import Poller
from connectors.feeds.poll_loop import Agenda
from connectors.feeds.state_store import States
from connectors.formats.parsers import MODULE, Parsers
from connectors.kafka import Message
from connectors.web.fetcher import Fetcher
from deploy.feeds.commands import rare_collections
from schemas.feed import Feed, SeenEntry
from schemas.ids import digest
from schemas.settings import ConnectorSettings, Settings
from tests.bench import feed_site

T = TypeVar("T")
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
    command = [sys.executable, "-m", "tests.bench.feed_site"]
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


def after_weeks(listed: list[Feed], now: datetime) -> States:
    """States of feeds that were followed for weeks: everything that left a feed is still known."""
    ago = now - timedelta(days=9)
    gone = {
        digest(str(n)): SeenEntry(
            version=digest("v", str(n), size=8), at=ago, date=ago, guid=digest("g", str(n), size=6)
        )
        for n in range(REMEMBERED)
    }
    states, left = States(), with_rows("", gone, now)
    for feed in listed:
        states[str(feed.url)] = first_state(feed, now).model_copy(update={"left": left, "last_success": ago})
    return states


def used(interval: float = 600.0) -> Settings:
    fields = {"fetch_pages": False, "robots": False, "allow_networks": ["127.0.0.0/8"], "interval": interval,
              "adaptive": False, "connect_timeout": 60, "read_timeout": 60, "total_timeout": 300}  # fmt: skip
    return Settings(connectors=ConnectorSettings.model_validate(fields))


async def with_poller(listed: list[Feed], scene: Callable[[Poller], Awaitable[T]], interval: float = 600.0) -> T:
    """Plays a scene with a poller whose feeds have been followed for weeks."""
    settings = used(interval)
    with Parsers() as parsers:
        async with Fetcher(settings.connectors, resolve=here) as fetcher:
            states = after_weeks(listed, datetime.now(UTC))
            return await scene(Poller(settings, listed, fetcher, parsers, Nowhere(), states))


def ours() -> list[psutil.Process]:
    """This process and those in which it parses."""
    me = psutil.Process()
    return [me, *(child for child in me.children() if MODULE in child.cmdline())]


def cpu_time() -> float:
    """CPU seconds that these have used."""
    return sum(times.user + times.system for times in (process.cpu_times() for process in ours()))


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


def speed(port: int, kind: str, count: int, rounds: int) -> None:
    """Polls a second of ours, of plain feedparser, and of feedparser that is given the ETag it got before."""

    async def ours(poller: Poller) -> tuple[float, float]:
        await poll_all(poller)
        wall, cpu = time.perf_counter(), cpu_time()
        for _ in range(rounds):
            await poll_all(poller)
        counted = poller.counters
        assert not counted.failed, counted.failed
        assert counted.unchanged == (count * rounds if kind == "same" else 0)
        return count * rounds / (time.perf_counter() - wall), count * rounds / (cpu_time() - cpu)

    urls = [f"http://127.0.0.1:{port}/{kind}/{n}" for n in range(count)]
    got = {"ours": asyncio.run(with_poller(feeds(port, kind, count), ours))}
    with ThreadPoolExecutor(THREADS) as pool:
        tags = dict(pool.map(lambda url: (url, feedparser.parse(url).get("etag")), urls))
        got["feedparser.parse(url)"] = measured(lambda: list(pool.map(feedparser.parse, urls)), count)
        got["… with its ETag"] = measured(lambda: list(pool.map(ask_again, tags.items())), count)
    for who, (wall, cpu) in got.items():
        ratio = "" if who == "ours" else f"   ours does {got['ours'][1] / cpu:.1f} times that"
        print(f"  {who:22} {wall:7.0f} feeds/s {cpu:7.0f} feeds per CPU second{ratio}", flush=True)


def scale(port: int, count: int, rhythm: float) -> None:
    """Follows so many feeds, half of them changed at each poll, for one rhythm; run in a process of its own."""
    listed = [feed for kind in ("same", "grow") for feed in feeds(port, kind, count // 2)]

    async def scene(poller: Poller) -> None:
        for start in range(0, count, 50):
            await asyncio.gather(*(poller.poll(url) for url in list(poller.feeds)[start : start + 50]))
        await poller.delivery.save()
        now = datetime.now(UTC)
        for number, url in enumerate(poller.feeds):
            due = now + timedelta(seconds=5 + rhythm * number / count)
            poller.states[url] = poller.states[url].model_copy(update={"next_poll": due})
        vars(poller.counters).update(vars(Counters()))
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(rhythm + 5, stop.set)
        cpu = cpu_time()
        await Agenda(poller).run(stop)
        busy = (cpu_time() - cpu) / rhythm
        late, memory = poller.counters.lateness(), sum(process.memory_info().rss for process in ours()) / 1e6
        polls = f"{poller.counters.polls} polls, {poller.counters.failed.total()} failed"
        lateness = f"late p50 {late['p50']:.3f} s, p95 {late['p95']:.3f} s"
        print(f"  {count} feeds every {rhythm:.0f} s: {polls}; {lateness}; {busy:.0%} of a core; {memory:.0f} MB")

    asyncio.run(with_poller(listed, scene, rhythm))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=200, help="feeds compared with feedparser")
    parser.add_argument("--rhythm", type=float, default=60, help="seconds between two polls where memory is measured")
    parser.add_argument("--scale", type=int, nargs=2, metavar=("PORT", "FEEDS"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rare_collections()
    if chosen.scale:
        scale(*chosen.scale, chosen.rhythm)
        return
    with site() as port:
        for kind, name in (("same", "unchanged"), ("grow", "changed, 1 new of 30 entries")):
            print(f"{name}, {chosen.feeds} feeds of {feed_site.ENTRIES} entries:")
            speed(port, kind, chosen.feeds, 3)
        print(f"each feed remembers {REMEMBERED} entries that left it; half are changed at each poll:")
        for count in (1000, 5000):
            command = [sys.executable, "-m", "tests.bench.bench_poll", "--scale", str(port), str(count)]
            command += ["--rhythm", str(chosen.rhythm)]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
