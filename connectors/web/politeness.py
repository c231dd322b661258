"""Politeness: few concurrent requests per domain, waits that a domain asked for, robots.txt."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego

from connectors.errors import DomainWaits, FetchError, RobotsRefuse
from connectors.sites import domain_of
from connectors.web.fetcher import Fetcher
from schemas.settings import ConnectorSettings

ROBOT = "Borderwire"
#: robots.txt is cached for a day (RFC 9309 §2.4); an unreachable one is requested again after an hour.
_ROBOTS_KEPT = timedelta(hours=24)
_ROBOTS_RETRY = timedelta(hours=1)
_ROBOTS_LIMIT = 512 * 1024
_MOST_ROBOTS = 10_000
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
        async with self._domain(url).free, self._all:
            if until := self.waiting(url, self.clock()):
                raise DomainWaits(until)
            yield

    def wait(self, url: str, seconds: float, now: datetime) -> None:
        """Stores that the domain of `url` must not be requested for so many seconds. A longer wait stays."""
        domain, until = self._domain(url), now + timedelta(seconds=seconds)
        domain.wait_until = max(until, domain.wait_until or until)

    def waiting(self, url: str, now: datetime) -> datetime | None:
        """Until when the domain of `url` must not be requested; None if it may be."""
        until = self._domain(url).wait_until
        return until if until and now < until <= now + _LONGEST_WAIT else None


class Robots:
    """robots.txt of each host (RFC 9309). A missing one (4xx) allows everything, an unreachable one nothing for 1 h."""

    def __init__(self, fetcher: Fetcher, manners: Manners, clock: Callable[[], datetime]) -> None:
        self._fetcher = fetcher
        self._manners = manners
        self._clock = clock
        self._rules: dict[str, tuple[datetime, Protego | None]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def refusal(self, url: str) -> RobotsRefuse | None:
        """Why a page may not be fetched, or None if it may. Raises FetchError if no request to its host is allowed."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        async with self._locks.setdefault(host, asyncio.Lock()):
            until, rules = self._rules.get(host, (None, None))
            if until is None or not self._clock() < until <= self._clock() + _ROBOTS_KEPT:
                until, rules = await self._load(host)
                if len(self._rules) >= _MOST_ROBOTS:
                    self._rules.clear()
                self._rules[host] = (until, rules)
        if rules is None:
            return RobotsRefuse("robots.txt cannot be reached", "robots-unreachable")
        return None if rules.can_fetch(url, ROBOT) else RobotsRefuse("robots.txt asks not to")

    async def _load(self, host: str) -> tuple[datetime, Protego | None]:
        try:
            turn = self._manners.turn
            answer = await self._fetcher.get(f"{host}/robots.txt", accept="text/plain, */*;q=0.1", turn=turn)
        except FetchError as error:
            if error.kind.startswith("refused"):
                raise
            return self._clock() + _ROBOTS_RETRY, None
        if answer.status >= 500 or answer.status == 429:
            return self._clock() + _ROBOTS_RETRY, None
        text = answer.body[:_ROBOTS_LIMIT].decode("utf-8", "replace") if answer.status < 300 else ""
        return self._clock() + _ROBOTS_KEPT, Protego.parse(text)
