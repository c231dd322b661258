"""Manners: few requests at once for a domain, waits that it asked for, robots.txt."""

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
#: RFC 9309 §2.4: robots.txt is not used for more than a day; an unreachable one is asked for again after an hour.
_ROBOTS_KEPT = timedelta(hours=24)
_ROBOTS_RETRY = timedelta(hours=1)
_ROBOTS_LIMIT = 512 * 1024
_MOST_ROBOTS = 10_000
#: A domain that is to be left alone for longer than this was told so before the clock was set back.
_LONGEST_WAIT = timedelta(hours=2)


@dataclass
class _Domain:
    free: asyncio.Semaphore
    wait_until: datetime | None = None


@dataclass
class Manners:
    """How many requests may be under way, in all and for a domain; which domains are left alone until when."""

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
        """Waits for a request's turn: first its domain's, so that a slow domain keeps nobody else waiting.

        Raises DomainWaits when the domain asked to be left alone, be it while others were before us.
        """
        async with self._domain(url).free, self._all:
            if until := self.waiting(url, self.clock()):
                raise DomainWaits(until)
            yield

    def wait(self, url: str, seconds: float, now: datetime) -> None:
        """The whole domain is left alone for so long."""
        domain, until = self._domain(url), now + timedelta(seconds=seconds)
        domain.wait_until = max(until, domain.wait_until or until)

    def waiting(self, url: str, now: datetime) -> datetime | None:
        """Until when the domain is left alone, if it is."""
        until = self._domain(url).wait_until
        return until if until and now < until <= now + _LONGEST_WAIT else None


class Robots:
    """Robots.txt of each host (RFC 9309): none (4xx) allows everything, an unreachable one nothing for an hour."""

    def __init__(self, fetcher: Fetcher, manners: Manners, clock: Callable[[], datetime]) -> None:
        self._fetcher = fetcher
        self._manners = manners
        self._clock = clock
        self._rules: dict[str, tuple[datetime, Protego | None]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def refusal(self, url: str) -> RobotsRefuse | None:
        """Why a page may not be fetched, or None when it may. Raises FetchError where its host must not be asked."""
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
