"""How long the event loop is held between two of its turns."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable


@contextlib.asynccontextmanager
async def turns(clock: Callable[[], float]) -> AsyncIterator[Callable[[], float]]:
    """Yields a function that gives the longest time, in seconds of `clock`, between two turns of the running loop.

    What other tests left in memory is kept out of garbage collection meanwhile: a full collection of it would count as
    time of what is measured.
    """
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            start = clock()
            await asyncio.sleep(0)
            longest = max(longest, clock() - start)

    gc.freeze()
    ticking = asyncio.create_task(tick())
    try:
        yield lambda: longest
    finally:
        ticking.cancel()
        gc.unfreeze()
