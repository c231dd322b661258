"""Checks whether a part is alive, for the health checks of containers: their image has no curl."""

import socket
import time
import urllib.request
from pathlib import Path

#: Seconds after which a heartbeat file counts as too old.
FRESH = 90.0


def probe(what: str, timeout: float = 4) -> str | None:
    """None when the check succeeds, else the problem. `what` is an http:// URL or host:port that must answer, or the
    absolute path of a file that must have been written within `FRESH` seconds."""
    try:
        if what.startswith("http://"):
            urllib.request.urlopen(what, timeout=timeout).close()
        elif what.startswith("/"):
            age = time.time() - Path(what).stat().st_mtime
            return f"{what}: written {age:.0f} s ago" if age > FRESH else None
        else:
            host, _, port = what.rpartition(":")
            socket.create_connection((host, int(port)), timeout).close()
    except (OSError, ValueError) as error:
        return f"{what}: {error}"
    return None
