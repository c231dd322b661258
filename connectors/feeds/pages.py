"""Fetches the page behind an entry: within the limits per domain, checked for walls, with its canonical URL."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from connectors.errors import FetchError
from connectors.feeds import schedule
from connectors.formats.article_page import Judged
from connectors.formats.parsers import Parsers
from connectors.sites import domain_of
from connectors.urls import canonical_url
from connectors.web.fetcher import PAGE_TYPES, Fetcher, Response
from connectors.web.politeness import Manners, Robots
from schemas.article import Page

#: Kinds of failure that are permanent, so that the page is not tried again.
FINAL = frozenset(("robots", "not-a-page", "refused-address", "refused-url", "http-410", "too-large", "too-costly"))


@dataclass(frozen=True)
class Looked:
    """A fetched page. `canonical` is the URL in its `link rel=canonical`, `fingerprint` a hash of its text.

    `settled` is false if the page should be tried again.
    """

    page: Page
    canonical: str | None = None
    fingerprint: str | None = None
    settled: bool = True


class Pages:
    """Fetches pages, within the limits of `Manners` for each domain."""

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
        """The page at a URL. Never raises because of a server; `page.error` then says why there is no body."""
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
        """Waits for the request's turn at its domain. Raises RobotsRefuse if the host's robots.txt forbids it."""
        if self._robots and (reason := await self._robots.refusal(url)):
            raise reason
        async with self._manners.turn(url):
            yield


def _named_by_redirect(looked: Looked, asked: str, found: str) -> Looked:
    """If a link (of a shortener or aggregator) was redirected to another site, the final URL becomes `canonical`."""
    elsewhere = domain_of(asked) != domain_of(found) and urlsplit(found).path.strip("/")
    if looked.page.error or looked.canonical or not elsewhere:
        return looked
    return replace(looked, canonical=canonical_url(found))


def looked_at(answer: Response, judged: Judged) -> Looked:
    """Combines the response and the result of `judge_page`."""
    if judged.error:
        return failed_page(answer.url, judged.failure or "error", judged.error, answer)
    kind, body = answer.headers.get("content-type", ""), answer.body
    page = Page(url=answer.url, status=answer.status, content_type=kind[:200], body=body, size=len(body))
    return Looked(page, judged.canonical, judged.fingerprint)


def failed_page(url: str, failure: str, error: str, answer: Response | None = None) -> Looked:
    """A page that could not be fetched. `failure` is the kind, for counting and retries; `error` describes it."""
    size, status = (len(answer.body), answer.status) if answer else (0, None)
    page = Page(url=url, status=status, size=size, error=error[:300], failure=failure)
    return Looked(page, settled=failure in FINAL)
