"""Limits of the page's server for one client: connections, time, bytes. Slow clients cannot block others."""

import asyncio
from ipaddress import IPv6Address, ip_address
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from deploy.page.access import Networks, is_trusted
from deploy.page.one_write import OneWrite

#: Maximum of open connections: in all, and from one client. A new one above it replaces the one waiting longest.
MOST, OF_ONE = 200, 50
#: Seconds in which a request must be complete, and its response received. Data that arrives slowly does not extend it.
ASKING, ANSWERING = 10.0, 60.0
#: Maximum bytes of a request's line and headers, of its path, of its query.
HEAD, PATH, QUERY = 16_384, 1000, 4000


class Bounded:
    """Answers 400 to a path or query that is longer than any the page's links and forms produce."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] == "http" and (len(scope["path"]) > PATH or len(scope["query_string"]) > QUERY):
            app = PlainTextResponse("This address is too long.\n", 400)
        await app(scope, receive, send)


class LimitedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 connection, which has hardly any limits of its own, with the limits above.

    A connection is either asking (from its start or its last response until a request is complete) or being answered.
    Data that arrives meanwhile extends neither time limit.
    """

    #: Proxies in front of the page: each carries many readers, so OF_ONE is not for them.
    trusted: Networks = ()
    host = ""
    asking = True
    #: It was let go, and is not counted any more, although its end is noticed later.
    gone = False
    since = 0.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(OneWrite(transport, self.loop))  # type: ignore[arg-type]
        self.host = network(self.client[0] if self.client else "")
        self._begin(asking=True)
        held = [each for each in self.connections if isinstance(each, LimitedProtocol) and not each.gone]
        of_one = [each for each in held if each.host == self.host]
        if len(of_one) > OF_ONE and not is_trusted(self.host, self.trusted):
            longest_waiting(of_one).give_up()
        elif len(held) > MOST:
            longest_waiting(held).give_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.asking and self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body:
            self._begin(asking=False)

    def on_response_complete(self) -> None:
        self.transport.flush()  # type: ignore[attr-defined]
        if not self.transport.is_closing():
            self._begin(asking=self.transport.get_write_buffer_size() == 0)
        super().on_response_complete()

    def give_up(self) -> None:
        self.gone = True
        self._stop_timer()
        self.transport.abort()

    def _begin(self, asking: bool) -> None:
        self._stop_timer()
        self.asking, self.since = asking, self.loop.time()
        self._timer = self.loop.call_later(ASKING if asking else ANSWERING, self.give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def limited(trusted: Networks) -> type[LimitedProtocol]:
    """The protocol for a page behind these proxies."""
    return type("LimitedProtocol", (LimitedProtocol,), {"trusted": trusted})


def longest_waiting(connections: list[LimitedProtocol]) -> LimitedProtocol:
    """The connection that has been asking for the longest time; if none is asking, the one answered for longest."""
    asking = [each for each in connections if each.asking]
    return min(asking or connections, key=lambda each: each.since)


def network(host: str) -> str:
    """The key by which a client is counted: the IPv4 address, or the /64 network of an IPv6 address, as one client
    usually has all of its addresses."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or int(address) >> 64)
    return host
