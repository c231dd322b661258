"""Protection against SSRF: which IP addresses may be connected to. Checked after the host name was resolved."""

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
#: (host name, port) → its current addresses. Raises OSError.
Resolve = Callable[[str, int], Awaitable[list[str]]]

#: A separate thread pool, so that slow name servers do not delay other threads, such as those that write to Kafka.
_RESOLVERS = ThreadPoolExecutor(32, "resolver")
#: IANA IPv4 Special-Purpose Address Registry (RFC 6890), as of 2026-11-29, with the relays of 6to4 (RFC 7526),
#: multicast and what is reserved.
SPECIAL_4 = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)))  # fmt: skip
#: The IPv6 range that IANA allocates from (RFC 4291 §2.4); and within it the IANA IPv6 Special-Purpose Address Registry
#: as of the same day: protocols with Teredo and benchmarks, documentation, 6to4, AS112, and the former 6bone.
UNICAST_6 = IPv6Network("2000::/3")
SPECIAL_6 = tuple(map(IPv6Network, (
    "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20",
)))  # fmt: skip


async def system_resolve(host: str, port: int) -> list[str]:
    """Resolves with the operating system's resolver, in its order (RFC 6724), each address once."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, ask)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def refusal(text: str, allowed: Iterable[Network]) -> str | None:
    """Why a connection to an address is not allowed, or None if it is allowed.

    Allowed are global unicast addresses without a special purpose, and addresses in `allowed`. An IPv4-mapped IPv6
    address (RFC 4291 §2.5.5.2) is checked as the IPv4 address.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return "no address"
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in allowed):
        return None
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast or address.is_unspecified:
        return "not unicast"
    if isinstance(address, IPv4Address):
        special = any(address in network for network in SPECIAL_4)
    else:
        special = address not in UNICAST_6 or any(address in network for network in SPECIAL_6)
    return "private or reserved" if special else None


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
