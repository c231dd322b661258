"""`make bench-page`: how long readers wait for the index of the page, with a full store, and what it takes in memory.

The server runs in a process of its own that may use one core only; all readers are in this one. Each of READERS readers
has a connection of its own and asks for the index again and again: first with a pause of PAUSE seconds after each
answer, then without any. While they read, an alert arrives every ARRIVES seconds, so that the index is made anew. It was
asked for once before. The time is from sending the request until the last byte of the answer. Figures are of this
machine and this run: without a pause they grow with what other programs leave of the core, so the CPU time of a request
and the share of the core are printed too. Exit code 1 when p95 with pauses is above LIMIT.
"""

import asyncio
import itertools
import multiprocessing
import os
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from statistics import quantiles
from threading import Thread

import httpx
import psutil
import uvicorn

from deploy.config import with_alert_topics
from deploy.machine.ports import free, free_port
from deploy.page.app import PageApp
from deploy.page.limits import HEAD, LimitedProtocol
from deploy.page.serve import GIVE_WAY, titles_of
from deploy.page.store import ALERTS, PageStore
from schemas.alert import Alert
from schemas.codec import encode
from schemas.settings import Settings
from schemas.statement import Sighting
from tests.support.alerts import alert, dated

READERS, SECONDS, PAUSE, ARRIVES = 200, 20.0, 1.0, 3.0
LIMIT = 0.150
TOPICS = ("merida", "arms-trafficking", "security-framework")
MB = 1024 * 1024


def made(number: int, at: datetime) -> Alert:
    """Alert `number`: four to a story, of two hundred speakers and fifty outlets, with texts as long as real ones."""
    words = " ".join(f"word{(number * 7 + n) % 5000}" for n in range(25))
    one = alert(
        number,
        topic=TOPICS[number % 3],
        lang=("en", "es")[number % 2],
        speaker=f"Speaker {number % 200}",
        outlet=f"Outlet {number % 50}",
        text=f"{number} {words}",
        story=f"story{number // 4}",
    )
    sighting = Sighting(article=f"a{number}", version="v", outlet=one.article.outlet, url="https://example.org/", at=at)
    long = {"before": f"{words[:150]}. ", "after": f". {words[:150]}", "sightings": (sighting,)}
    statements = tuple(s.model_copy(update=long) for s in one.statements)
    return dated(one.model_copy(update={"statements": statements}), at)


def serve(port: int, pipe: Connection) -> None:
    """The server's process: fills a store, then serves it on one core while alerts arrive."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    process = psutil.Process()
    before = process.memory_info().rss
    store, now = PageStore(TOPICS), datetime.now(UTC)
    for number in range(ALERTS):
        one = made(number, now - timedelta(minutes=ALERTS - number))
        store.put(f"alerts.{one.topic}", encode(one))
    store.sort()
    filled = process.memory_info().rss

    def arrive() -> None:
        for number in itertools.count(ALERTS):
            one = made(number, datetime.now(UTC))
            store.put(f"alerts.{one.topic}", encode(one))
            store.sort()
            store.refreshed = datetime.now(UTC)
            time.sleep(ARRIVES)

    Thread(target=arrive, daemon=True).start()
    app = PageApp(store, lambda *_: None, ("127.0.0.1",), titles_of(with_alert_topics(Settings()))).app
    sys.setswitchinterval(GIVE_WAY)
    pipe.send((len(store.rows), before, filled))
    uvicorn.run(
        app, host="127.0.0.1", port=port, http=LimitedProtocol, log_config=None, lifespan="off", backlog=2048,
        h11_max_incomplete_event_size=HEAD, proxy_headers=False,
    )  # fmt: skip


class Reader(asyncio.Protocol):
    """One connection that asks for the index again and again; adds the seconds of each answer to `spent`."""

    def __init__(self, port: int, pause: float, until: float, spent: list[float]) -> None:
        self.pause, self.until, self.spent = pause, until, spent
        self.request = f"GET /?ui=en HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        self.loop = asyncio.get_running_loop()
        self.over = self.loop.create_future()
        self.left, self.size, self.head = 0, 0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.loop.call_later(random.random() * self.pause, self.ask)

    def ask(self) -> None:
        self.begun = time.monotonic()
        self.transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not self.left:
            self.head += data
            head, end, data = self.head.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 200"):
                raise ValueError(head[:100])
            self.head, self.size = b"", int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            self.left = self.size
        self.left -= len(data)
        if not self.left:
            now = time.monotonic()
            self.spent.append(now - self.begun)
            if now > self.until:
                self.transport.close()
            elif self.pause:
                self.loop.call_later(self.pause, self.ask)
            else:
                self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(error or ConnectionError("closed")) if self.left else self.over.set_result(
                self.size
            )


async def read(port: int, pause: float, until: float, spent: list[float], source: str) -> int:
    """One reader until a point in time; returns the bytes of its last answer."""
    loop = asyncio.get_running_loop()
    _, reader = await loop.create_connection(
        lambda: Reader(port, pause, until, spent), "127.0.0.1", port, local_addr=(source, 0)
    )
    return int(await reader.over)


async def read_all(port: int, pause: float) -> tuple[list[float], int]:
    """All readers for SECONDS. Each client address may have only so many connections, so they have several."""
    spent: list[float] = []
    until = time.monotonic() + SECONDS
    sizes = await asyncio.gather(*(read(port, pause, until, spent, f"127.0.0.{2 + n % 10}") for n in range(READERS)))
    return spent, max(sizes)


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> int:
    port = free_port()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(port, theirs), daemon=True)
    server.start()
    alerts, before, filled = ours.recv()
    while free(port):
        time.sleep(0.1)
    os.sched_setaffinity(0, os.sched_getaffinity(0) - {min(os.sched_getaffinity(0))} or os.sched_getaffinity(0))
    print(
        f"{alerts} alerts in the store, {(filled - before) / MB:.0f} MB for them, {(filled - before) / alerts:.0f} bytes each"
    )
    httpx.get(f"http://127.0.0.1:{port}/?ui=en")
    slow = 0.0
    process = psutil.Process(server.pid)
    for pause in (PAUSE, 0.0):
        begun, used = time.monotonic(), cpu_seconds(process)
        spent, size = asyncio.run(read_all(port, pause))
        share, each = (
            (cpu_seconds(process) - used) / (time.monotonic() - begun),
            (cpu_seconds(process) - used) / len(spent),
        )
        cuts = quantiles(spent, n=100)
        slow = slow or cuts[94]
        print(
            f"{READERS} readers, {f'{pause:.0f} s between two requests' if pause else 'no pause'}: "
            f"{len(spent) / SECONDS:.0f} requests a second of {size / 1000:.0f} kB (gzip), median {1000 * cuts[49]:.0f} ms, "
            f"p95 {1000 * cuts[94]:.0f} ms, p99 {1000 * cuts[98]:.0f} ms, longest {1000 * max(spent):.0f} ms; "
            f"{1000 * each:.2f} ms of CPU time a request, {100 * share:.0f} % of a core"
        )
    print(f"the server's memory at the end: {process.memory_info().rss / MB:.0f} MB, on one core")
    server.terminate()
    return 0 if slow <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
