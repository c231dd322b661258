"""Which processes listen on which addresses and ports, read from /proc/PID/fd and /proc/PID/net/tcp."""

import ipaddress
import os
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: The code of the state LISTEN in the kernel's tables.
LISTEN = "0A"
#: The tables of TCP sockets over IPv4 and over IPv6.
TABLES = ("tcp", "tcp6")
#: How often to read the tables: one read can miss a row while other connections open and close.
LOOKS = 5


@dataclass(frozen=True)
class Socket:
    """A TCP socket as the kernel lists it. `uid` is the user who created it; `inode` is 0 if no process holds it."""

    local: tuple[Address, int]
    remote: tuple[Address, int]
    state: str
    uid: int
    inode: int


@dataclass(frozen=True)
class Listener:
    """A process that waits for connections at an address and port."""

    pid: int
    address: Address
    port: int


def sockets(pid: int | str = "self") -> Iterator[Socket]:
    """Every TCP socket in the network namespace of a process. Raises OSError when there is no such process."""
    for table in TABLES:
        with suppress(FileNotFoundError):  # a kernel without IPv6
            yield from map(parse_row, Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:])


def parse_row(row: str) -> Socket:
    """A line such as "3: 0100007F:9C40 0100007F:1F90 01 0:0 00:0 0 1000 0 41234 …" (see proc(5))."""
    _, local, remote, state, _, _, _, uid, _, inode, *_ = row.split()
    return Socket(_endpoint(local), _endpoint(remote), state, int(uid), int(inode))


def listeners(pids: Iterable[int]) -> list[Listener]:
    """Where these processes listen. Processes that ended are skipped. Raises PermissionError for other users' ones."""
    return [found for pid in pids for found in _listeners(pid)]


def _listeners(pid: int) -> list[Listener]:
    with suppress(FileNotFoundError, ProcessLookupError):
        held = _inodes(pid)
        seen = (found for _ in range(LOOKS) for found in sockets(pid))
        ends = {found.local for found in seen if found.state == LISTEN and found.inode in held}
        return [Listener(pid, address, port) for address, port in sorted(ends, key=lambda end: (end[1], str(end[0])))]
    return []


def _inodes(pid: int) -> set[int]:
    """The inodes of the sockets that a process holds."""
    found = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):
            target = os.readlink(entry.path)  # noqa: PTH115
            if target.startswith("socket:["):
                found.add(int(target[8:-1]))
    return found


def _endpoint(text: str) -> tuple[Address, int]:
    """Converts "0100007F:1F90" to (127.0.0.1, 8080). The address is in 32-bit words in the machine's byte order.

    ::ffff:1.2.3.4 becomes 1.2.3.4.
    """
    digits, _, port = text.partition(":")
    packed = b"".join(struct.pack("=I", int(digits[at : at + 8], 16)) for at in range(0, len(digits), 8))
    address: Address = ipaddress.ip_address(packed)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address, int(port, 16)


def addresses_of(host: str) -> set[Address]:
    """The IP addresses of a host name, or of an address given as text."""
    return {ipaddress.ip_address(found[4][0]) for found in socket.getaddrinfo(host, None)}


def own_user(peer: str, port: int) -> bool:
    """Whether a connection to `port` of 127.0.0.1 comes from a process of this user, or of root.

    `peer` is the client's end as gRPC names it, such as "ipv4:127.0.0.1:40312". A socket that its process has closed
    does not count, because the kernel may then list root as its user.
    """
    kind, _, where = peer.partition(":")
    address, _, number = where.rpartition(":")
    if kind != "ipv4" or not number.isdecimal():
        return False
    wanted = (ipaddress.ip_address(address), int(number)), (ipaddress.ip_address("127.0.0.1"), port)
    for _ in range(LOOKS):
        for found in sockets():
            if (found.local, found.remote) == wanted and found.inode:
                return found.uid in (os.geteuid(), 0)
    return False
