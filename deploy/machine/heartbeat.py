"""Heartbeats: a heartbeat is a value that changes as long as a part does its work.

A process that hangs or was stopped (SIGSTOP) still exists, so its existence proves nothing. `now` is in seconds of any
monotonic clock.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil


class Beat:
    """`sign` returns the value, None while there is none. It may stay the same for `patience` seconds, and for `first`
    seconds after a start. The first value after None is not yet a change: it may be from before the start."""

    def __init__(self, sign: Callable[[], object], patience: float, first: float | None = None) -> None:
        self.sign = sign
        self._patience, self._first = patience, patience if first is None else first
        self._since: float | None = None
        self._last: object = None
        self._allowed = self._first

    def restart(self) -> None:
        """The part is restarted, or what it depends on is missing: wait for the first change again."""
        self._since, self._allowed = None, self._first

    def silent(self, now: float) -> str | None:
        """Why the part counts as dead (how long the value has not changed), or None if it is alive."""
        value = self.sign()
        if self._since is None:
            self._since, self._last = now, value
        elif value != self._last:
            if self._last is not None:
                self._since, self._allowed = now, self._patience
            self._last = value
        silence = now - self._since
        return f"gave no sign of life for {silence:.0f} s" if silence > self._allowed else None


class SameFor:
    """Measures how long a value has not changed."""

    def __init__(self, sign: Callable[[], object]) -> None:
        self._sign = sign
        self._last: object = None
        self._since: float | None = None

    def seconds(self, now: float) -> float:
        """Seconds since the last change. Call it often: a change is only noticed at the next call."""
        value = self._sign()
        if self._since is None or value != self._last:
            self._last, self._since = value, now
        return now - self._since


def silent(beats: Mapping[str, Beat], kafka: str, runs: Mapping[str, bool], now: float) -> dict[str, str]:
    """The parts without a heartbeat, each with the reason. `kafka` is the name of Kafka's heartbeat among `beats`.

    `runs` says for each process whether it runs; one that does not run is not reported. Without Kafka no part can do
    its work: if Kafka does not run, nothing is reported, and if it gives no heartbeat, only Kafka is.
    """
    if not runs.get(kafka, True):
        for beat in beats.values():
            beat.restart()
        return {}
    found = {}
    for name in sorted(beats, key=lambda name: name != kafka):
        if kafka in found or not runs.get(name, True):
            beats[name].restart()
        elif reason := beats[name].silent(now):
            found[name] = reason
    return found


def written(path: Path) -> Callable[[], object]:
    """The heartbeat of a part that writes a file regularly: the file's modification time."""

    def sign() -> object:
        try:
            return path.stat().st_mtime_ns
        except OSError:
            return None

    return sign


def not_stopped(pid: Callable[[], int | None]) -> Callable[[], object]:
    """The heartbeat of a process that has none of its own: it changes while the process is not stopped (SIGSTOP)."""

    def sign() -> object:
        try:
            stopped = psutil.Process(pid()).status() == psutil.STATUS_STOPPED
        except psutil.NoSuchProcess:
            return None
        return None if stopped else time.monotonic()

    return sign
