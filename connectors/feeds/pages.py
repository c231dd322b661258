"""The page behind an entry: fetched politely, told from walls and empty shells, known by its own address."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from connectors.errors import FetchError
from connectors.feeds import schedule
from connectors.formats.article_page import Judged
from connectors.formats.parsers import Parsers
from connectors.identity import canonical_url
from connectors.sites import domain_of
from connectors.web.fetcher import PAGE_TYPES, Fetcher, Response
from connectors.web.politeness import Manners, Robots
from schemas.article import Page

#: Kinds of failure that another try will not mend.
FINAL = frozenset(("robots", "not-a-page", "refused-address", "refused-url", "http-410", "too-large", "too-costly"))


@dataclass(frozen=True)
class Looked:
    """A page as it goes on the wire; `canonical` is the address it gives itself, `fingerprint` stands for its text.

    `settled` is false when it is worth another try.
    """

    page: Page
    canonical: str | None = None
    fingerprint: str | None = None
    settled: bool = True


class Pages:
    """Fetches pages, one turn after the other for each domain."""

    def __init__(
        self,
        fetcher: Fetcher,
        parsers: Parsers,
        manners: Manners,
        robots: Robots | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._fetcher = fetcher
        self._parsers = parsers
        self._manners = manners
        self._robots = robots
        self._clock = clock

    async def look(self, url: str) -> Looked:
        """The page at a URL. Never raises for what a server does: `page.error` says why there is no body."""
        try:
            answer = await self._fetcher.get(url, accept=PAGE_TYPES, turn=self._turn)
        except FetchError as error:
            return failed_page(url, error.kind, str(error))
        if wait := schedule.domain_wait(answer, self._manners.settings, self._clock()):
            self._manners.wait(answer.url, wait, self._clock())
        kind = answer.headers.get("content-type", "")
        judged = await self._parsers.page(answer.body, answer.url, answer.status, kind)
        return _named_by_redirect(looked_at(answer, judged), url, answer.url)

    @asynccontextmanager
    async def _turn(self, url: str) -> AsyncIterator[None]:
        """A request's turn at the host of its URL, if that host's robots.txt allows it. Raises RobotsRefuse."""
        if self._robots and (reason := await self._robots.refusal(url)):
            raise reason
        async with self._manners.turn(url):
            yield


def _named_by_redirect(looked: Looked, asked: str, found: str) -> Looked:
    """A shortener's or aggregator's link led to another site: the article is known by its address there."""
    elsewhere = domain_of(asked) != domain_of(found) and urlsplit(found).path.strip("/")
    if looked.page.error or looked.canonical or not elsewhere:
        return looked
    return replace(looked, canonical=canonical_url(found))


def looked_at(answer: Response, judged: Judged) -> Looked:
    """What was judged, with the page as it goes on the wire."""
    if judged.error:
        return failed_page(answer.url, judged.failure or "error", judged.error, answer)
    kind, body = answer.headers.get("content-type", ""), answer.body
    page = Page(url=answer.url, status=answer.status, content_type=kind[:200], body=body, size=len(body))
    return Looked(page, judged.canonical, judged.fingerprint)


def failed_page(url: str, failure: str, error: str, answer: Response | None = None) -> Looked:
    """A page that could not be had: `failure` is the kind that is counted and decided by, `error` says it in words."""
    size, status = (len(answer.body), answer.status) if answer else (0, None)
    page = Page(url=url, status=status, size=size, error=error[:300], failure=failure)
    return Looked(page, settled=failure in FINAL)
