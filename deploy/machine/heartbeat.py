"""A sign of life: a value that changes as long as a part does its work. Times are of any steady clock.

A process that hangs or was stopped (SIGSTOP) still is there: only what it does tells.
"""
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil


class Beat:
    """`sign` gives the value. It may stay the same for `patience` seconds, and for `first` after a start."""

    def __init__(self, sign: Callable[[], object], patience: float, first: float | None = None) -> None:
        self._sign = sign
        self._patience, self._first = patience, patience if first is None else first
        self._since: float | None = None
        self._last: object = None
        self._allowed = self._first

    def restart(self) -> None:
        """The part starts anew, or what it depends on is not there: wait for the first sign again."""
        self._since, self._allowed = None, self._first

    def silent(self, now: float) -> str | None:
        """Why the part counts as dead: how long it gave no sign, if that is too long."""
        value = self._sign()
        if self._since is None:
            self._since, self._last = now, value
        elif value != self._last:
            self._since, self._last, self._allowed = now, value, self._patience
        silence = now - self._since
        return f"gave no sign of life for {silence:.0f} s" if silence > self._allowed else None


class Beats:
    """The signs of life of a run by name, that of Kafka among them under the name `kafka`."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._beats: dict[str, Beat] = {}

    def watch(self, name: str, beat: Beat) -> None:
        self._beats[name] = beat

    def restart(self, name: str) -> None:
        if name in self._beats:
            self._beats[name].restart()

    def silent(self, now: float, runs: Mapping[str, bool]) -> dict[str, str]:
        """Who gives no sign of life, and for how long. `runs` says of processes whether they run: what does not run
        gives none. Without Kafka nobody can: then only Kafka is to blame."""
        if not runs.get(self._kafka, True):
            for beat in self._beats.values():
                beat.restart()
            return {}
        found = {}
        for name in sorted(self._beats, key=lambda name: name != self._kafka):
            if self._kafka in found or not runs.get(name, True):
                self._beats[name].restart()
            elif reason := self._beats[name].silent(now):
                found[name] = reason
        return found


def written(path: Path) -> Callable[[], object]:
    """The sign of a part that writes a file over and over."""

    def sign() -> object:
        try:
            return path.stat().st_mtime_ns
        except OSError:
            return None

    return sign


def not_stopped(pid: Callable[[], int | None]) -> Callable[[], object]:
    """The sign of a process that tells nothing of itself: that it was not stopped (SIGSTOP)."""

    def sign() -> object:
        try:
            stopped = psutil.Process(pid()).status() == psutil.STATUS_STOPPED
        except psutil.NoSuchProcess:
            return None
        return None if stopped else time.monotonic()

    return sign
