"""Notifies systemd that the service is ready and alive (sd_notify(3)); does nothing when not run by systemd."""

import os
import socket
from contextlib import suppress


def notify(state: str) -> None:
    """Send `state`: "READY=1", "WATCHDOG=1" or "STOPPING=1". Errors are ignored."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.connect("\0" + address[1:] if address.startswith("@") else address)
        client.send(state.encode())
