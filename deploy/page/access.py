"""Who a request comes from: what a trusted proxy in front of the page says of it. No I/O."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import Request

from schemas.printable import one_line

Networks = Sequence[IPv4Network | IPv6Network]
#: The longest name of a reader, in characters.
LONGEST_NAME = 100


def is_trusted(host: str, trusted: Networks) -> bool:
    """Whether an address is one of a proxy whose headers are believed."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in trusted)


def from_proxy(request: Request, trusted: Networks) -> bool:
    return request.client is not None and is_trusted(request.client.host, trusted)


def reader_of(request: Request, trusted: Networks) -> str | None:
    """The reader's name, as X-Forwarded-User of a trusted proxy has it; None without a proxy or a name."""
    if not from_proxy(request, trusted):
        return None
    sent = request.headers.get("x-forwarded-user", "").encode("latin-1", "replace").decode("utf-8", "replace")
    return one_line(sent)[:LONGEST_NAME] or None


def origin_of(request: Request, trusted: Networks) -> str:
    """The page's address as the browser has it (`https://page.example`): a trusted proxy says which scheme it uses."""
    said = request.headers.get("x-forwarded-proto", "") if from_proxy(request, trusted) else ""
    scheme = said if said in ("http", "https") else request.url.scheme
    return f"{scheme}://{request.headers['host']}"
