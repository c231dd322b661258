"""TCP ports of 127.0.0.1 that stay the same from run to run, stored in a file of the data directory."""

import json
import random
import socket
from collections.abc import Collection
from pathlib import Path

import structlog

from schemas.write_whole import write_whole

#: Below Linux's range for outgoing connections: one of those could take a port while its owner restarts.
RANGE = range(20000, 32000)

log = structlog.get_logger()


class Ports:
    """Name → port, stored in `path`. If that file cannot be read, this is logged and new ports are picked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, int] = {}
        try:
            self.known = {str(name): int(port) for name, port in json.loads(path.read_text(encoding="utf-8")).items()}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            log.warning("ports are picked anew", why=f"{path} cannot be read: {type(error).__name__}: {error}")

    def get(self, name: str) -> int:
        """The port for `name`: that of the last run if it is free, else a new free one, which is stored.

        Raises OSError when no free port is found.
        """
        port = self.known.get(name)
        if port is None or not free(port):
            self.known[name] = port = free_port(self.known.values())
            write_whole(self.path, json.dumps(self.known, indent=1) + "\n")
        return port


def free_port(taken: Collection[int] = ()) -> int:
    """A port of RANGE on which nothing listens, none of `taken`. Raises OSError."""
    for port in random.sample(RANGE, 200):
        if port not in taken and free(port):
            return port
    raise OSError(f"no free port on 127.0.0.1 between {RANGE.start} and {RANGE.stop}")


def free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now (with SO_REUSEADDR, as Java and gRPC set it)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listening(port: int, timeout: float = 0.5) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout).close()
    except OSError:
        return False
    return True
