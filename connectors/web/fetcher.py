"""The HTTP client for feeds, pages and robots.txt. It enforces all limits of `ConnectorSettings`."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType

import httpcore
import httpx

from connectors.entry_limits import ENTRY
from connectors.errors import FetchError
from connectors.web.addresses import GuardedBackend, Resolve, system_resolve
from connectors.web.content_codings import ACCEPTED, decoded
from schemas.settings import ConnectorSettings

FEED_TYPES = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
PAGE_TYPES = "text/html, application/xhtml+xml, text/plain;q=0.8, */*;q=0.1"
_PERMANENT = (301, 308)
_REDIRECTS = (301, 302, 303, 307, 308)
#: Bytes of the body that are read of an error response.
_ERROR_BODY = 65536


@dataclass(frozen=True)
class Response:
    """A response, with any status. `body` is decompressed. Header names are in lower case; of a repeated header, the
    first counts.

    `url` is the final URL. `permanent` is the URL that was reached by permanent redirects only, if any. `protocol` is
    "HTTP/1.1" or "HTTP/2". `cookies` are the Set-Cookie headers of a redirect.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    permanent: str | None = None
    protocol: str = ""
    cookies: tuple[str, ...] = ()


#: URL → a context manager that a request for it waits for and holds, such as the limit of requests per domain.
Turn = Callable[[str], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def at_once(url: str) -> AsyncIterator[None]:
    """A `Turn` that never waits."""
    yield


def user_agent(contact: str) -> str:
    try:
        number = version("borderwire")
    except PackageNotFoundError:
        number = "0"
    return f"Borderwire/{number} (+{contact})"


class Fetcher:
    """Fetches over HTTP/1.1 and HTTP/2. Use one instance per process, as an async context manager.

    `resolve` and `tls` let tests use their own DNS and their own certificate authority.
    """

    def __init__(
        self, settings: ConnectorSettings, resolve: Resolve = system_resolve, tls: ssl.SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._agent = user_agent(settings.contact)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            max_connections=settings.concurrency * 2,
            max_keepalive_connections=20,
            keepalive_expiry=10,
            http2=True,
            network_backend=GuardedBackend(settings.allow_networks, resolve),
        )
        read = settings.read_timeout
        self._timeout = {"connect": settings.connect_timeout, "read": read, "write": read, "pool": None}

    async def __aenter__(self) -> "Fetcher":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        accept: str = FEED_TYPES,
        limit: int | None = None,
        turn: Turn = at_once,
    ) -> Response:
        """GET, following redirects. Each request holds `turn` of its URL; waiting for it does not count as timeout.

        `limit` is in bytes (default: `max_body`). Raises FetchError if no complete response within the limits was
        received, and whatever `turn` raises.
        """
        try:
            sent = {"Accept": accept, **(headers or {})}
            return await self._follow(url, sent, limit or self._settings.max_body, turn)
        except TimeoutError:
            raise FetchError("timeout", f"no whole answer within {self._settings.total_timeout:g} s") from None
        except httpcore.TimeoutException as error:
            raise FetchError("timeout", f"{type(error).__name__}: {error}".rstrip(": ")) from None
        except (httpcore.NetworkError, ssl.SSLError, OSError, EOFError) as error:
            kind = "tls" if _is_tls(error) else "connect"
            raise FetchError(kind, f"{type(error).__name__}: {error}".rstrip(": ")) from None
        except httpcore.ProtocolError as error:
            raise FetchError("protocol", str(error) or type(error).__name__) from None

    async def _follow(self, url: str, headers: Mapping[str, str], limit: int, turn: Turn) -> Response:
        clock, left = asyncio.get_running_loop().time, self._settings.total_timeout
        permanent, only_permanent = None, True
        seen: list[tuple[str, str]] = []
        cookies: httpx.Cookies | None = None  # for this request and its redirects only; they are not stored
        while True:
            target = _checked(url)
            if len(seen) > self._settings.max_redirects:
                raise FetchError("redirects", f"more than {self._settings.max_redirects}, the last to {url[:200]}")
            cookie = _cookie(cookies, target)
            if (str(target), cookie) in seen:
                raise FetchError("redirects", f"in a circle, back to {url[:200]}")
            seen.append((str(target), cookie))
            async with turn(str(target)):
                start = clock()
                async with asyncio.timeout(left):
                    answer = await self._once(target, {**headers, "Cookie": cookie} if cookie else headers, limit)
                left -= clock() - start
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return replace(answer, permanent=permanent)
            try:
                url = str(target.join(location))
            except (httpx.InvalidURL, ValueError) as error:
                raise FetchError("refused-url", f"redirect to {location[:200]!r}: {error}") from None
            cookies = _with(cookies, answer)
            only_permanent = only_permanent and answer.status in _PERMANENT and not answer.cookies
            permanent = url if only_permanent else permanent

    async def _once(self, url: httpx.URL, headers: Mapping[str, str], limit: int) -> Response:
        sent = [("User-Agent", self._agent), ("Accept-Encoding", ACCEPTED), *headers.items()]
        where = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        async with self._pool.stream("GET", where, headers=sent, extensions={"timeout": self._timeout}) as answer:
            got: dict[str, str] = {}
            for name, value in answer.headers:
                got.setdefault(name.decode("latin-1").lower(), value.decode("utf-8", "replace"))
            protocol = answer.extensions.get("http_version", b"").decode("ascii", "replace")
            response = Response(str(url), answer.status, got, protocol=protocol)
            if answer.status in _REDIRECTS:
                set_by = [value for name, value in answer.headers if name.lower() == b"set-cookie"]
                response = replace(response, cookies=tuple(value.decode("latin-1")[:4096] for value in set_by[:20]))
            if answer.status == 304 or answer.status in _REDIRECTS:
                return response
            whole = 200 <= answer.status < 300
            length = got.get("content-length", "")
            if whole and length.isascii() and length.isdigit() and int(length[:20]) > limit:
                raise FetchError("too-large", f"says it is {length[:20]} bytes, the limit is {limit}")
            body = await _read(answer, limit if whole else _ERROR_BODY, whole)
        coding = got.get("content-encoding", "")
        return replace(response, body=decoded(body, coding, limit) if whole else _readable(body, coding))


def _with(cookies: httpx.Cookies | None, answer: Response) -> httpx.Cookies | None:
    """The cookies, and those of a redirect that its host is allowed to set (RFC 6265 §5.3). Most requests have none."""
    if answer.cookies:
        cookies = httpx.Cookies() if cookies is None else cookies
        headers = [("Set-Cookie", value) for value in answer.cookies]
        cookies.extract_cookies(httpx.Response(200, headers=headers, request=httpx.Request("GET", answer.url)))
    return cookies


def _cookie(cookies: httpx.Cookies | None, target: httpx.URL) -> str:
    """The Cookie header for a URL; "" if there are no cookies for it."""
    if not cookies:
        return ""
    request = httpx.Request("GET", target)
    cookies.set_cookie_header(request)
    return str(request.headers.get("cookie", ""))


async def _read(answer: httpcore.Response, limit: int, whole: bool) -> bytes:
    parts, size = [], 0
    async for part in answer.aiter_stream():
        size += len(part)
        if size > limit:
            if whole:
                raise FetchError("too-large", f"more than {limit} bytes")
            break
        parts.append(part)
    return b"".join(parts)


def _readable(body: bytes, coding: str) -> bytes:
    try:
        return decoded(body, coding, _ERROR_BODY)
    except FetchError:
        return b""


@lru_cache(2048)
def _checked(url: str) -> httpx.URL:
    """The URL without fragment, user name and password. Raises FetchError unless it is http or https with a host."""
    if len(url) > ENTRY["url"]:
        raise FetchError("refused-url", f"{url[:200]!r}…: longer than {ENTRY['url']} characters")
    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise FetchError("refused-url", f"{url[:200]!r}: {error}") from None
    if target.scheme not in ("http", "https") or not target.host:
        raise FetchError("refused-url", f"{url[:200]!r} is not http or https")
    return target.copy_with(fragment=None, userinfo=b"") if target.fragment or target.userinfo else target


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
