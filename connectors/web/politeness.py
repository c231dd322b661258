"""Politeness: few concurrent requests per domain, waits that a domain asked for, robots.txt."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from connectors.errors import ConnectorError, DomainWaits, FetchError, RobotsRefuse
from connectors.sites import domain_of
from connectors.web.fetcher import Fetcher
from schemas.settings import ConnectorSettings

log = structlog.get_logger()

ROBOT = "Borderwire"
#: robots.txt is cached for a day (RFC 9309 §2.4); an unreachable one is requested again after an hour.
_ROBOTS_KEPT = timedelta(hours=24)
_ROBOTS_RETRY = timedelta(hours=1)
_ROBOTS_LIMIT = 512 * 1024
#: How many files, and how many characters of them, are kept.
_MOST_ROBOTS, _MOST_TEXT = 10_000, 20_000_000
#: A wait longer than this is ignored: it must have been set before the clock was set back.
_LONGEST_WAIT = timedelta(hours=2)


@dataclass
class _Domain:
    free: asyncio.Semaphore
    wait_until: datetime | None = None


@dataclass
class Manners:
    """Limits concurrent requests, in total and per domain, and stores until when each domain asked us to wait."""

    settings: ConnectorSettings
    clock: Callable[[], datetime]
    _domains: dict[str, _Domain] = field(default_factory=dict)
    _all: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._all = asyncio.Semaphore(self.settings.concurrency)

    def _domain(self, url: str) -> _Domain:
        name = domain_of(url)
        if name not in self._domains:
            self._domains[name] = _Domain(asyncio.Semaphore(self.settings.per_domain))
        return self._domains[name]

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Waits until a request may start: first for its domain's limit, so that a slow domain does not block others.

        Raises DomainWaits if the domain asked us to wait, also if it did so while this request was queued.
        """
        domain = self._domain(url)
        async with domain.free, self._all:
            if until := _still(domain.wait_until, self.clock()):
                raise DomainWaits(until)
            yield

    def wait(self, url: str, seconds: float, now: datetime) -> None:
        """Stores that the domain of `url` must not be requested for so many seconds. A longer wait stays."""
        domain, until = self._domain(url), now + timedelta(seconds=seconds)
        domain.wait_until = max(until, domain.wait_until or until)

    def waiting(self, url: str, now: datetime) -> datetime | None:
        """Until when the domain of `url` must not be requested; None if it may be."""
        return _still(self._domain(url).wait_until, now)


def _still(until: datetime | None, now: datetime) -> datetime | None:
    return until if until and now < until <= now + _LONGEST_WAIT else None


#: Whether a robots.txt lets a robot request a URL: (text, URL, robot's name). Raises ConnectorError.
Reader = Callable[[str, str, str], Awaitable[bool]]


class Robots:
    """robots.txt of each host (RFC 9309). A missing one (4xx) allows everything, an unreachable one nothing for 1 h.

    `read` applies the rules. A file that it cannot read within its limits counts as unreachable.
    """

    def __init__(self, fetcher: Fetcher, manners: Manners, read: Reader, clock: Callable[[], datetime]) -> None:
        self._fetcher = fetcher
        self._manners = manners
        self._read = read
        self._clock = clock
        self._texts: dict[str, tuple[datetime, str | RobotsRefuse]] = {}
        self._characters = 0
        self._locks: dict[str, asyncio.Lock] = {}

    async def refusal(self, url: str) -> RobotsRefuse | None:
        """Why a page may not be fetched, or None if it may. Raises FetchError if no request to its host is allowed."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        async with self._locks.setdefault(host, asyncio.Lock()):
            until, found = self._texts.get(host, (None, ""))
            if until is None or not self._clock() < until <= self._clock() + _ROBOTS_KEPT:
                until, found = await self._load(host)
                self._keep(host, until, found)
            if isinstance(found, RobotsRefuse):
                return found
            try:
                allowed = not found or await self._read(found, url, ROBOT)
            except ConnectorError as error:
                log.warning("robots_unreadable", host=host, error=str(error)[-500:])
                refusal = RobotsRefuse("robots.txt cannot be read", "robots-unreachable")
                self._keep(host, self._clock() + _ROBOTS_RETRY, refusal)
                return refusal
        return None if allowed else RobotsRefuse("robots.txt asks not to")

    def _keep(self, host: str, until: datetime, found: str | RobotsRefuse) -> None:
        _, old = self._texts.pop(host, (None, ""))
        size = 0 if isinstance(found, RobotsRefuse) else len(found)
        self._characters += size - (0 if isinstance(old, RobotsRefuse) else len(old))
        if len(self._texts) >= _MOST_ROBOTS or self._characters > _MOST_TEXT:
            self._texts.clear()
            self._characters = size
        self._texts[host] = until, found

    async def _load(self, host: str) -> tuple[datetime, str | RobotsRefuse]:
        """Until when the file of a host holds, and its text."""
        unreachable = RobotsRefuse("robots.txt cannot be reached", "robots-unreachable")
        try:
            turn = self._manners.turn
            answer = await self._fetcher.get(f"{host}/robots.txt", accept="text/plain, */*;q=0.1", turn=turn)
        except FetchError as error:
            if error.kind.startswith("refused"):
                raise
            return self._clock() + _ROBOTS_RETRY, unreachable
        if answer.status >= 500 or answer.status == 429:
            return self._clock() + _ROBOTS_RETRY, unreachable
        text = answer.body[:_ROBOTS_LIMIT].decode("utf-8", "replace") if answer.status < 300 else ""
        return self._clock() + _ROBOTS_KEPT, text
