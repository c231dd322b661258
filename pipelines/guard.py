"""Finds the records that kill or hang a worker process: a process handles one record at a time and writes down which.

Native code and regular expressions can use unlimited time or memory on a record, and nothing inside the process can
interrupt them. So the process writes the current record to a small file, the mark. The program that started the
process watches this file, ends the process when a record takes too much, and counts how often a process ended in the
same record (deploy/engine/worker_watch.py). A record that ended two processes is refused here and becomes a dead
letter. Cost: a few microseconds a record.
"""

import functools
import json
import mmap
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

#: The environment variable with the path of this process's mark. Without it, no mark is written.
MARK = "BORDERWIRE_MARK"
#: A file in the same directory as the marks: the records in which processes ended, as {key: [how often, why]}.
DEATHS = "deaths.json"
#: Size of a mark in bytes, and how often a record may end a process before it is refused.
SIZE, TRIES = 1024, 2


class AtWork(NamedTuple):
    """What a process works on: a number that grows with each record, the thread (as the kernel numbers it), the step,
    and the record's key."""

    sequence: int
    thread: int
    step: str
    key: str


class EndedWorkers(Exception):
    """The record ended a worker process `TRIES` times, and is refused."""


class Guard:
    """Lets one record at a time be processed, and writes `sequence thread step key` to the mark.

    The mark is empty in between.
    """

    def __init__(self, mark: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._sequence = 0
        self._map: mmap.mmap | None = None
        self._deaths, self._read, self._refused = Path(), 0, dict[str, tuple[int, str]]()
        if mark:
            with mark.open("w+b") as file:
                file.truncate(SIZE)
                self._map = mmap.mmap(file.fileno(), SIZE)
            self._deaths = mark.with_name(DEATHS)

    def work(self, key: str, step: str) -> "_Work":
        """A context manager for the work of one step on the record with this key. Entering it raises EndedWorkers for a
        record that must not be tried again."""
        return _Work(self, key, step)

    def begin(self, key: str, step: str) -> None:
        self._lock.acquire()
        if self._map is None:
            return
        self._sequence += 1
        noted = f"{self._sequence} {threading.get_native_id()} {step} {key}\n".encode("utf-8", "replace")[: SIZE - 1]
        self._map[: len(noted) + 1] = noted + b"\0"
        times, why = self._known().get(key, (0, ""))
        if times >= TRIES:
            self.end()
            raise EndedWorkers(f"ended {times} worker processes: {why}")

    def end(self) -> None:
        if self._map is not None:
            self._map[0] = 0
        self._lock.release()

    def _known(self) -> dict[str, tuple[int, str]]:
        """The content of the `DEATHS` file, read again when the file changed."""
        try:
            changed = self._deaths.stat().st_mtime_ns
        except OSError:
            return self._refused
        if changed != self._read:
            self._read, self._refused = changed, read_deaths(self._deaths)
        return self._refused


class _Work:
    """The context manager that `Guard.work` returns."""

    __slots__ = ("_guard", "_key", "_step")

    def __init__(self, guard: Guard, key: str, step: str) -> None:
        self._guard, self._key, self._step = guard, key, step

    def __enter__(self) -> None:
        self._guard.begin(self._key, self._step)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._guard.end()


_MAKING = threading.Lock()


def guard() -> Guard:
    """The one guard of this process. Several threads may ask for it at the same moment."""
    with _MAKING:  # functools.cache alone would let two threads make one each, and truncate the mark of the other
        return _guard()


@functools.cache
def _guard() -> Guard:
    mark = os.environ.get(MARK)
    return Guard(Path(mark) if mark else None)


def read_deaths(path: Path) -> dict[str, tuple[int, str]]:
    """Record key → (how many processes ended in it, why the last did). Empty when the file is missing or damaged."""
    try:
        return {key: (int(times), str(why)) for key, (times, why) in json.loads(path.read_text("utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def read_mark(data: bytes) -> AtWork | None:
    """The content of a mark; None when no record is being processed."""
    try:
        sequence, thread, step, key = data.partition(b"\n")[0].decode("utf-8").split(" ", 3)
        return AtWork(int(sequence), int(thread), step, key)
    except ValueError:
        return None
