"""Turns SIGINT, SIGTERM and SIGHUP into events that loops can wait for."""

import signal
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return stop


def on_hangup() -> threading.Event:
    """An event that SIGHUP sets. The one who waits for it clears it."""
    again = threading.Event()
    signal.signal(signal.SIGHUP, lambda _signal, _frame: again.set())
    return again
