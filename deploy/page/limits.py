"""What one client may take of the page's server: connections, time, bytes. Slow clients starve nobody."""

import asyncio
from ipaddress import IPv6Address, ip_address
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Connections at a time: in all, and of one client. What comes beyond takes the place of the one that waits longest.
MOST, OF_ONE = 200, 50
#: Seconds for a request to be here whole, and for its answer to be taken. A client that drips gets no more.
ASKING, ANSWERING = 10.0, 60.0
#: Bytes of a request's line and headers, of its path, of its query.
HEAD, PATH, QUERY = 16_384, 1000, 4000


class Bounded:
    """Answers 400 to a path or query that no link of ours and no form makes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] == "http" and (len(scope["path"]) > PATH or len(scope["query_string"]) > QUERY):
            app = PlainTextResponse("This address is too long.\n", 400)
        await app(scope, receive, send)


class LimitedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 connection, which has no limits but one in all, with the limits above.

    A connection asks (from its start, or from its last answer on, until a request is here whole) or is answered. The
    time of neither is extended by what comes meanwhile.
    """

    host = ""
    asking = True
    since = 0.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.host = network(self.client[0] if self.client else "")
        self._begin(asking=True)
        held = [each for each in self.connections if isinstance(each, LimitedProtocol)]
        of_one = [each for each in held if each.host == self.host]
        if len(of_one) > OF_ONE:
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
        if not self.transport.is_closing():
            self._begin(asking=self.transport.get_write_buffer_size() == 0)
        super().on_response_complete()

    def give_up(self) -> None:
        self._stop_timer()
        self.transport.abort()

    def _begin(self, asking: bool) -> None:
        self._stop_timer()
        self.asking, self.since = asking, self.loop.time()
        self._timer = self.loop.call_later(ASKING if asking else ANSWERING, self.give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def longest_waiting(connections: list[LimitedProtocol]) -> LimitedProtocol:
    """Of the connections that ask, or where none does of all, the one that has done so for the longest time."""
    asking = [each for each in connections if each.asking]
    return min(asking or connections, key=lambda each: each.since)


def network(host: str) -> str:
    """Whom an address belongs to: an IPv6 client has a /64, and with it as many addresses as it likes."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or int(address) >> 64)
    return host
