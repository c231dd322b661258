"""Protection against SSRF: connects only to IP addresses that are allowed. Checked after the name was resolved."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpcore

from connectors.errors import FetchError
from connectors.public_addresses import Network, refusal
from connectors.web.stream import dial

#: (host name, port) → its current addresses. Raises OSError.
Resolve = Callable[[str, int], Awaitable[list[str]]]

#: A separate thread pool, so that slow name servers do not delay other threads, such as those that write to Kafka.
_RESOLVERS = ThreadPoolExecutor(32, "resolver")


async def system_resolve(host: str, port: int) -> list[str]:
    """Resolves with the operating system's resolver, in its order (RFC 6724), each address once."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, ask)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks every address, and connects only to an address that passed the check.

    This prevents DNS rebinding, where a name resolves to a different address after the check. Raises FetchError of kind
    dns or refused-address.
    """

    def __init__(self, allowed: Iterable[Network], resolve: Resolve = system_resolve) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolve(host.strip("[]"), port)
        except TimeoutError:
            raise FetchError("dns", f"{host}: no answer within {timeout:g} s") from None
        except (OSError, UnicodeError) as error:
            raise FetchError("dns", f"{host}: {error}") from None
        good = [address for address in found if refusal(address, self._allowed) is None]
        if not good:
            reasons = ", ".join(f"{address} is {refusal(address, self._allowed)}" for address in found) or "no address"
            raise FetchError("refused-address", f"{host}: {reasons}")
        for last, address in enumerate(good, 1 - len(good)):
            try:
                return await dial(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if last == 0:
                    raise
        raise FetchError("connect", host)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise FetchError("refused-address", f"a socket of this machine: {path}")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
