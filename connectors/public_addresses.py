"""Which IP addresses are public. For everything that connects to an address that a stranger may have chosen."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

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


def refusal(text: str, allowed: Iterable[Network] = ()) -> str | None:
    """Why a connection to an address is not allowed, or None if it is allowed.

    Allowed are global unicast addresses without a special purpose, and addresses in `allowed`. An IPv4-mapped IPv6
    address (RFC 4291 §2.5.5.2) is allowed only if its IPv4 address is in `allowed`: no public host is reached by one.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return "no address"
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    address = mapped or address
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
    if special:
        return "private or reserved"
    return "IPv4-mapped" if mapped else None
