"""Does a part live? For the health checks of containers, whose image has no curl."""

import socket
import time
import urllib.request
from pathlib import Path

#: A file that a part writes over and over is its sign of life for so many seconds.
FRESH = 90.0


def probe(what: str, timeout: float = 4) -> str | None:
    """None when all is well, else what is wrong. `what` is an http:// URL or host:port that must answer, or the path of
    a file that must have been written within `FRESH` seconds."""
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
