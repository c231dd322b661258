"""An event loop whose clock jumps: where everything waits for a moment to come, the moment comes at once.

Sockets and threads work as ever; only time that would be slept away is skipped. So a server may send a byte a second,
and the client give up after a minute, in a few milliseconds.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
#: How long a quiet network is believed to have something under way all the same, in seconds.
GRACE = 0.002


class FakeTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.skipped = 0.0
        self.threads = 0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return super().time() + self.skipped

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> "asyncio.Future[Any]":
        future = super().run_in_executor(executor, func, *args)
        self.threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: object) -> None:
        self.threads -= 1


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: FakeTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0 or self._loop.threads:
            return super().select(timeout)
        if ready := super().select(min(timeout, GRACE)):
            return ready
        self._loop.skipped += timeout
        return []


def run(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` with skipped time."""
    with asyncio.Runner(loop_factory=FakeTimeLoop) as runner:
        return runner.run(main)
