"""Finished responses, kept as long as what they show does not change: a view is made once, not for each reader.

They are made in threads, so that readers of other views do not wait. Where only new records have arrived, readers get
the last response if its successor is not made at once; where a reader marked something, all wait for the new one.
"""

import asyncio
import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

#: How many responses are kept, and how many are made at once.
MOST, AT_ONCE = 100, 2
#: Seconds that a reader waits for a new response before an older one is sent, and how old that may be.
PATIENCE, STALE = 0.05, 10.0
#: Level of gzip: higher ones gain little here.
LEVEL = 5


class Versions(NamedTuple):
    """What a response was made from: it changes with each new record, and with each mark."""

    data: int
    marks: int


class Made(NamedTuple):
    """What a view gives: the bytes of its response, and when it last changed, where that is known."""

    body: bytes
    changed: datetime | None = None


class ReadyAnswer(NamedTuple):
    """The bytes of a response, plain and packed by gzip, and its entity tag, without W/."""

    body: bytes
    changed: datetime | None
    packed: bytes
    tag: str
    versions: Versions
    made: float


class Answers:
    """Key → response. Used by one event loop; `make` runs in a thread. `stale` is STALE, except in tests."""

    def __init__(self) -> None:
        self.stale = STALE
        self._kept: OrderedDict[Hashable, ReadyAnswer] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[ReadyAnswer]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def get(self, versions: Versions, key: Hashable, make: Callable[[], Made]) -> ReadyAnswer:
        """The response for these versions, or one of up to `stale` seconds ago. Raises what `make` raises."""
        found = self._kept.get(key)
        if found and found.versions == versions:
            self._kept.move_to_end(key)
            return found
        task = self._making.get((key, versions))
        if task is None:
            task = asyncio.create_task(self._make(versions, key, make))
            self._making[key, versions] = task
            task.add_done_callback(lambda _: self._making.pop((key, versions), None))
        if found and found.versions.marks == versions.marks and time.monotonic() - found.made < self.stale:
            done, _ = await asyncio.wait([task], timeout=PATIENCE)
            return task.result() if done else found
        return await asyncio.shield(task)

    async def _make(self, versions: Versions, key: Hashable, make: Callable[[], Made]) -> ReadyAnswer:
        async with self._room:
            answer = await run_in_threadpool(lambda: ready(make(), versions))
        known = self._kept.get(key)
        if known is None or known.versions <= versions:
            self._kept[key] = answer
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return answer


def ready(made: Made, versions: Versions) -> ReadyAnswer:
    body = made.body
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    return ReadyAnswer(body, made.changed, gzip.compress(body, LEVEL, mtime=0), tag, versions, time.monotonic())
