"""Does a server answer? For the health checks of containers, whose image has no curl."""
import socket
import urllib.request


def probe(address: str, timeout: float = 4) -> str | None:
    """None when `address`, an http:// URL or host:port, answers; else what is wrong."""
    try:
        if address.startswith("http://"):
            urllib.request.urlopen(address, timeout=timeout).close()
        else:
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), timeout).close()
    except (OSError, ValueError) as error:
        return f"{address}: {error}"
    return None
