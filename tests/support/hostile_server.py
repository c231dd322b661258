"""A feed server on loopback that misbehaves in named ways, and what is needed to poll it without waiting.

A behaviour is a coroutine under a name; `http://127.0.0.1:PORT/NAME` shows it. `hits` counts requests by name, so that
a behaviour can change from one request to the next.
"""

import asyncio
import atexit
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from connectors.errors import RecordRefused
from connectors.feeds.decide import Decision
from connectors.feeds.poll import Poller
from connectors.feeds.poll_loop import Agenda
from connectors.feeds.state_store import States
from connectors.formats.parsers import Parsers
from connectors.kafka import Message
from connectors.web.fetcher import Fetcher
from schemas.article import RawArticle
from schemas.codec import decode
from schemas.feed import Feed, FeedEvent, FeedState
from schemas.settings import ConnectorSettings, Settings
from tests.support import fake_time

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
#: For all tests of a run; with a second of CPU time for a feed.
PARSERS = Parsers(seconds=1, memory=500_000_000, module="tests.support.flawed_parser")
atexit.register(PARSERS.close)
LOOPBACK = (IPv4Network("127.0.0.0/8"),)


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    hit: int
    base: str
    writer: asyncio.StreamWriter

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    async def answer(self, status: int, body: bytes | str = b"", **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        fields = {"Content-Length": str(len(data)), "Connection": "close"}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        await self.head(status, fields)
        self.writer.write(data)

    async def head(self, status: int, fields: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} X"] + [f"{name}: {value}" for name, value in fields.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        await self.writer.drain()


Behaviour = Callable[[Request], Awaitable[None]]
BEHAVIOURS: dict[str, Behaviour] = {}


class HostileServer:
    """An async context manager; `port` 0 takes a free one."""

    def __init__(self, tls: ssl.SSLContext | None = None, **more: Behaviour) -> None:
        self._tls = tls
        self.hits: Counter[str] = Counter()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self._more = {name.replace("_", "-"): function for name, function in more.items()}
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.base = ""

    async def __aenter__(self) -> "HostileServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.base = f"http{'s' if self._tls else ''}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            start = await reader.readexactly(1)
            if start == b"\x16":  # a TLS handshake, to a server that knows none
                writer.write(b"HTTP/1.1 400 X\r\n\r\n")
                return
            head = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            path = first.split(" ")[1]
            pairs = (line.partition(":") for line in lines if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            name = urlsplit(path).path.strip("/").split("/")[0]
            self.hits[name] += 1
            self.requests.append((path, headers))
            found = self._more.get(name) or BEHAVIOURS.get(name) or missing
            await found(Request(path, headers, self.hits[name], self.base, writer))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the client or the test had enough
        finally:
            writer.close()


def item(number: object, title: str = "", text: str = "", base: str = "https://example.org", date: str = "") -> str:
    title = title or f"Customs officers stop shipment {number}"
    text = text or f"The officers said that shipment {number} held rifle parts on their way across the bridge."
    stamp = f"<pubDate>{date}</pubDate>" if date else ""
    return (
        f"<item><title>{title}</title><link>{base}/story/{number}</link><guid>{base}/story/{number}</guid>"
        f"<description>{text}</description>{stamp}</item>"
    )


def rss(*items: str, head: str = "") -> str:
    inner = f"<title>F</title>{head}{''.join(items)}"
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{inner}</channel></rss>'


def numbered(count: int, start: int = 1, **fields: str) -> str:
    return rss(*(item(number, **fields) for number in range(start, start + count)))


async def missing(request: Request) -> None:
    await request.answer(404, "nothing here", Content_Type="text/plain")


@dataclass
class FakePublisher:
    """Keeps what is published; `fail` makes the next so many calls fail."""

    messages: list[Message] = field(default_factory=list)
    fail: list[Exception] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)

    def publish(self, messages: Sequence[Message]) -> None:
        if self.fail:
            raise self.fail.pop(0)
        for topic, key, value in messages:
            key.encode("utf-8", "replace")
            if topic in self.refuses and len(value or b"") > self.refuses[topic]:
                raise RecordRefused(f"{topic}: too large")
        self.messages += messages

    def articles(self) -> list[RawArticle]:
        return [decode(RawArticle, value) for topic, _, value in self.messages if topic == "articles.raw"]

    def events(self) -> list[FeedEvent]:
        return [decode(FeedEvent, value) for topic, _, value in self.messages if topic == "feeds.events"]

    def states(self) -> States:
        return States({key: value for topic, key, value in self.messages if topic == "feeds.state"})


def settings(**changes: object) -> Settings:
    fields: dict[str, object] = {
        "allow_networks": LOOPBACK,
        "max_body": 200_000,
        "fetch_pages": False,
        "robots": False,
    }
    return Settings(connectors=ConnectorSettings.model_validate(fields | changes))


class Rig:
    """A poller of one server's behaviours, with a clock that is moved by hand and a publisher that only keeps."""

    def __init__(
        self, server: HostileServer, fetcher: Fetcher, names: Sequence[str], used: Settings,
        publisher: FakePublisher | None = None, states: States | None = None, now: datetime = START,
    ) -> None:  # fmt: skip
        self.now = now
        self.server = server
        self.published = publisher or FakePublisher()
        self.urls = [name if "://" in name else f"{server.base}/{name}" for name in names]
        feeds = [Feed.model_validate({"url": url, "outlet": f"Outlet {n}"}) for n, url in enumerate(self.urls)]
        self.fetcher = fetcher
        self.poller = Poller(used, feeds, fetcher, PARSERS, self.published, states, lambda: self.now)
        self.agenda = Agenda(self.poller)

    @property
    def state(self) -> FeedState:
        return self.poller.states[self.urls[0]]

    def wait(self) -> float:
        """Seconds until the first feed's next poll."""
        return (self.state.next_poll - self.now).total_seconds()

    async def poll(self, times: int = 1, url: str | None = None) -> list[Decision]:
        """Polls a feed so many times, each when it is due."""
        decisions = []
        for _ in range(times):
            key = url or self.urls[0]
            self.now = max(self.now, self.poller.states[key].next_poll)
            decisions.append(await self.poller.poll(key))
            await self.poller.delivery.save()
        return decisions

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


def run(scene: Callable[[Rig], Awaitable[None]], *names: str, used: Settings | None = None, **more: Behaviour) -> None:
    """Runs a scene against a fresh server and poller for the behaviours named."""

    async def play() -> None:
        chosen = used or settings()
        async with HostileServer(**more) as server, Fetcher(chosen.connectors) as fetcher:
            await scene(Rig(server, fetcher, names, chosen))

    fake_time.run(play())


def always(body: str | bytes, status: int = 200, **headers: str) -> Behaviour:
    async def answer(request: Request) -> None:
        await request.answer(status, body, **headers)

    return answer


def in_turn(*answers: Behaviour) -> Behaviour:
    """Each request gets the next answer, the last for ever."""

    async def answer(request: Request) -> None:
        await answers[min(request.hit, len(answers)) - 1](request)

    return answer


def conditional(etag: Callable[[int], str], body: Callable[[int], str]) -> Behaviour:
    """An honest server: 304 when the validator it sent last comes back."""

    async def answer(request: Request) -> None:
        mark = f'"{etag(request.hit)}"'
        if request.headers.get("if-none-match") == mark:
            await request.answer(304, ETag=mark)
        else:
            await request.answer(200, body(request.hit), ETag=mark, Content_Type="application/rss+xml")

    return answer


BEHAVIOURS["steady"] = conditional(lambda hit: "a", lambda hit: numbered(5))
BEHAVIOURS["growing"] = conditional(str, lambda hit: numbered(10, hit))
