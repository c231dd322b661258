"""Which addresses a feed may make us dial. Checked on the address itself, after the name was resolved."""
import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpcore

from connectors.errors import FetchError
from connectors.web.stream import dial

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: Host name, port → the addresses it has now. Raises OSError.
Resolve = Callable[[str, int], Awaitable[list[str]]]

#: Threads of their own: names that nobody answers for keep no other names, and no records for Kafka, waiting.
_RESOLVERS = ThreadPoolExecutor(32, "resolver")
_NAT64 = IPv6Network("64:ff9b::/96")


async def system_resolve(host: str, port: int) -> list[str]:
    """The operating system's answer, in its order (RFC 6724), each address once."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, ask)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def refusal(text: str, allowed: Iterable[Network]) -> str | None:
    """Why an address must not be dialled, or None when it may be.

    Only globally reachable unicast addresses may be (IANA's special-purpose registries, RFC 6890), and those in
    `allowed`. An IPv6 address that carries an IPv4 address (mapped, 6to4, Teredo, NAT64) is judged by that too.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return "no address"
    inner = _carried(address)
    if any(address in network for network in allowed) or (inner and any(inner in network for network in allowed)):
        return None
    for each in (inner, address) if inner else (address,):
        if each.is_loopback:
            return "loopback"
        if each.is_link_local:
            return "link-local"
        if each.is_multicast or each.is_unspecified:
            return "not unicast"
        if not each.is_global and (each == inner or inner is None):
            return "private or reserved"
    return None


def _carried(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks every address it got, and dials only an address that it checked.

    So a name that resolves to something else a moment later is of no use to an attacker. Raises FetchError with kind
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
