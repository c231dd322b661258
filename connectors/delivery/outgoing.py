"""Limits which addresses a third-party library may connect to, and for how long.

Python calls an audit hook (PEP 578) before any library resolves a name or connects to an address. An exception raised
in the hook prevents it. Only calls made in the context of an `Outgoing` are checked.
"""

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from connectors.public_addresses import refusal


class Outgoing:
    """While the block runs, connections to private addresses are allowed only for the hosts in `named`. After `seconds`
    all connections that were made in the block are closed, so that nothing in it waits longer."""

    def __init__(self, named: Iterable[str], seconds: float) -> None:
        self._named = set(map(_plain, named))
        self._asked: dict[int, str] = {}
        self._open: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut)
        self._over = False

    def __enter__(self) -> "Outgoing":
        _install()
        self._before = _CURRENT.set(self)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _CURRENT.reset(self._before)
        for each in self._open:
            each.close()

    @property
    def over(self) -> bool:
        """Whether the time limit was reached."""
        return self._over

    def asked(self, host: object) -> None:
        """Called when this thread resolves a name: its next connection is taken to be for that host."""
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        self._asked[threading.get_ident()] = _plain(name)

    def dialled(self, dialling: socket.socket, address: Any) -> None:
        """Called before a connection. Raises PermissionError if the address is not allowed, TimeoutError after the
        time limit."""
        if self._over:
            raise TimeoutError("the time is up")
        if not isinstance(address, tuple) or not address:
            return  # a Unix socket, which only the operator can configure
        host = self._asked.get(threading.get_ident(), "")
        if host not in self._named and (reason := refusal(str(address[0]))):
            raise PermissionError(f"{host or address[0]}: {address[0]} is {reason}, and the route does not name it")
        with contextlib.suppress(OSError):
            # A copy of the file descriptor, because TLS takes over the original.
            self._open.append(socket.socket(fileno=os.dup(dialling.fileno())))

    def _cut(self) -> None:
        self._over = True
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _plain(host: str) -> str:
    """A host name as it is resolved: lower case, ASCII (IDNA), without brackets and without a final dot."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


_CURRENT: ContextVar[Outgoing | None] = ContextVar("outgoing", default=None)
_LOCK = threading.Lock()
_installed = False


def _install() -> None:
    """Adds the hook once, because Python cannot remove an audit hook."""
    global _installed
    with _LOCK:
        if not _installed:
            sys.addaudithook(_hook)
            _installed = True


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    current = _CURRENT.get()
    if current is None:
        return
    if event == "socket.getaddrinfo":
        current.asked(arguments[0])
    elif event in ("socket.connect", "socket.sendto"):
        current.dialled(arguments[0], arguments[1])
