"""The loop around `Poller.poll`: starts each feed's poll when it is due, and saves the states."""

import asyncio
import contextlib
import heapq
import itertools
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from connectors.errors import DomainWaits
from connectors.feeds import schedule
from connectors.feeds.counters import Counters
from connectors.feeds.decide import address
from connectors.feeds.poll import Poller
from connectors.feeds.schedule import jitter
from connectors.feeds.second_look import follow_topics
from connectors.feeds.state_store import load_states
from connectors.formats.parsers import Parsers
from connectors.kafka import Publisher
from connectors.web.fetcher import Fetcher
from schemas.feed import Feed
from schemas.limits import sound
from schemas.running_file import Difference
from schemas.settings import ConnectorSettings, Settings

log = structlog.get_logger()

#: The clock may go back by this much without effect, because time synchronisation makes small corrections.
CLOCK = timedelta(seconds=60)

#: Seconds per feed over which overdue feeds are spread at the start, so that a thousand do not start at once.
_SPREAD = 0.02
#: Seconds between two writes of states; the counters are written at every fourth of them.
_SAVE, _COUNTED = 0.5, 4


#: Follows the feed list while an agenda runs (connectors/feeds/running_list.py).
Following = Callable[["Agenda"], Coroutine[None, None, None]]


async def poll_forever(
    settings: Settings, feeds: Sequence[Feed], stop: asyncio.Event, following: Following | None = None
) -> Counters:
    """Polls each feed when it is due, until `stop` is set. Writes its counters to connectors.json in `settings.data`.

    `following` runs beside it, and may change the feeds. It must not end.
    Raises BrokerGone if Kafka cannot be reached at the start. Later it logs and waits for the broker.
    """
    if settings.connectors.contact == ConnectorSettings().contact:
        log.warning("contact_unset", setting="connectors.contact", right="an address where publishers can reach you")
    publisher = Publisher(settings.kafka)
    try:
        async with contextlib.AsyncExitStack() as stack:
            parsers = stack.enter_context(Parsers())
            fetcher = await stack.enter_async_context(Fetcher(settings.connectors))
            poller = Poller(
                settings, feeds, fetcher, parsers, publisher, await asyncio.to_thread(load_states, settings.kafka)
            )  # no other reference is kept, because the loaded states would use as much memory as the new ones
            agenda = Agenda(poller, settings.data / "connectors.json")
            tasks = [asyncio.create_task(follow_topics(poller.looks, settings.kafka, poller.clock))]
            if following:
                tasks.append(asyncio.create_task(following(agenda)))
            try:
                await agenda.run(stop)
            finally:
                for task in tasks:
                    task.cancel()
            return poller.counters
    finally:
        await asyncio.to_thread(publisher.close)


class Agenda:
    """Starts each feed's poll when it is due. A feed never has two polls at once, and is never dropped."""

    def __init__(self, poller: Poller, counters_file: Path | None = None) -> None:
        self._poller = poller
        self._file = counters_file
        now = poller.clock()
        spread = _SPREAD * len(poller.states)
        self._heap: list[tuple[datetime, str]] = []
        for url in poller.states:
            heapq.heappush(self._heap, (self._start_of(url, spread, now), url))
        self._latest = now
        self._broke: set[str] = set()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    @property
    def feeds(self) -> Mapping[str, Feed]:
        return self._poller.feeds

    def take_up(self, found: Difference, feeds: Mapping[str, Feed]) -> None:
        """Polls the feeds of `feeds` from now on. `found` says how they differ from those before.

        The polls of removed and changed feeds that are under way are cancelled.
        """
        gone = {*found.removed, *found.changed}
        for url in gone:
            if task := self._running.pop(url, None):
                task.cancel()
            self._broke.discard(url)
        self._heap = [(when, url) for when, url in self._heap if url not in gone]
        heapq.heapify(self._heap)
        for url in found.removed:
            self._poller.forget(url)
        now, new = self._poller.clock(), (*found.added, *found.changed)
        for url in new:
            self._poller.follow(feeds[url])
            heapq.heappush(self._heap, (self._start_of(url, _SPREAD * len(new), now), url))
        self._changed.set()

    def _start_of(self, url: str, spread: float, now: datetime) -> datetime:
        try:
            return self._first_due(url, spread, now)
        except Exception:  # for example times at the end of the calendar
            log.exception("state_unusable", feed=url, so="the feed begins anew")
            return self._poller.broke(url, again=True)

    def _first_due(self, url: str, spread: float, now: datetime) -> datetime:
        """When a feed is due according to its state. Also restores the wait that its domain asked for."""
        state = self._poller.states[url]
        if (left := schedule.domain_still_waits(state, now)) > 0:
            self._poller.manners.wait(state.asked_by or address(state), left, now)
        overdue = now + timedelta(seconds=spread * jitter(url, state.polls))
        return schedule.due_at(state, self._poller.connect, now) or overdue

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until `stop` is set. Polls under way are then cancelled; states of finished polls are saved."""
        stopped = asyncio.create_task(stop.wait())
        saver = asyncio.create_task(self._save_often())
        try:
            while not stop.is_set():
                self._start_due()
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                waited = (stopped, saver, changed)
                await asyncio.wait(waited, timeout=self._pause(), return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                if saver.done():
                    saver.result()
        finally:
            stopped.cancel()
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            saver.cancel()
            await asyncio.gather(saver, return_exceptions=True)
            await self._last_save()

    def due(self, now: datetime) -> list[str]:
        """Removes and returns the feeds that are due. Feeds of a domain that asked to wait are postponed instead."""
        self._follow_clock(now)
        found = []
        while self._heap and self._heap[0][0] <= now:
            _, url = heapq.heappop(self._heap)
            until = self._poller.manners.waiting(url, now)
            if until is None:
                found.append(url)
            else:
                heapq.heappush(self._heap, (self._poller.put_off(url, until), url))
        return found

    def _follow_clock(self, now: datetime) -> None:
        """If the clock was set back, moves all scheduled polls back by as much, so that the waits stay the same."""
        if back := max(timedelta(0), self._latest - now - CLOCK):
            log.warning("clock_set_back", seconds=round((self._latest - now).total_seconds()))
            self._heap = [(when - (self._latest - now), url) for when, url in self._heap]
        self._latest = now if back else max(self._latest, now)

    def _start_due(self) -> None:
        for url in self.due(self._poller.clock()):
            task = asyncio.create_task(self._poll(url))
            self._running[url] = task
            task.add_done_callback(partial(self._ended, url))

    def _ended(self, url: str, task: asyncio.Task[None]) -> None:
        if self._running.get(url) is task:
            del self._running[url]

    async def _poll(self, url: str) -> None:
        try:
            await self._poller.poll(url)
            again = self._poller.states[url].next_poll
            self._broke.discard(url)
        except DomainWaits as waits:
            again = self._poller.put_off(url, waits.until)
        except asyncio.CancelledError:
            raise
        except Exception:
            # A bug must not stop the feed: the error is logged with its traceback and counted, and polling goes on.
            again = self._poller.clock() + timedelta(seconds=self._poller.connect.interval)
            with contextlib.suppress(Exception):
                log.error("poll_broke", feed=url, trace=sound(traceback.format_exc(limit=-20)))
            with contextlib.suppress(Exception):
                again = self._poller.broke(url, url in self._broke)
            self._broke.add(url)
        heapq.heappush(self._heap, (again, url))
        self._changed.set()

    def _pause(self) -> float:
        if not self._heap:
            return 1.0
        return min(1.0, max(0.0, (self._heap[0][0] - self._poller.clock()).total_seconds()))

    async def _save_often(self) -> None:
        for saved in itertools.count():
            await asyncio.sleep(_SAVE)
            try:
                await self._poller.delivery.save()
            except Exception:
                log.exception("states_not_saved", so="they are written with the next ones")
            if saved % _COUNTED == 0:
                self._write_counters()

    async def _last_save(self) -> None:
        try:
            async with asyncio.timeout(3):
                await self._poller.delivery.save()
        except TimeoutError:
            log.warning("states_not_saved", why="the broker does not answer; entries may be sent again")
        self._write_counters()

    def _write_counters(self) -> None:
        if self._file:
            self._poller.counters.write(self._file)
