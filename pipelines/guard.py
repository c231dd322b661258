"""One record at a time is worked on in a process, and a file says which: what ends the process is then known.

A record can cost time or memory without end in native code and in regular expressions, which nothing in the process can
interrupt. So whoever started the process looks at the file, the mark, ends the process when a record takes too much,
and counts how often a process ended in the same record (deploy/engine/worker_watch.py). A record that ended two is
refused here, and so becomes a dead letter. Costs a few microseconds a record.
"""

import functools
import json
import mmap
import os
import threading
from pathlib import Path
from types import TracebackType

#: The variable of the environment that names this process's mark. Without it nobody watches.
MARK = "BORDERWIRE_MARK"
#: Beside the marks: the records in which processes ended, as {key: [how often, why]}.
DEATHS = "deaths.json"
#: Bytes of a mark, and how often a record may end a process before it is refused.
SIZE, TRIES = 1024, 2


class EndedWorkers(Exception):
    """The record ended a worker process each time that it was worked on."""


class Guard:
    """Lets one record at a time be worked on, and notes it in the mark: `sequence step key`, empty in between."""

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
        """A context in which a step works on the record with this key. Raises EndedWorkers when it is entered for a
        record that must not be tried again."""
        return _Work(self, key, step)

    def begin(self, key: str, step: str) -> None:
        self._lock.acquire()
        if self._map is None:
            return
        self._sequence += 1
        noted = f"{self._sequence} {step} {key}\n".encode("utf-8", "replace")[: SIZE - 1]
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
        """The deaths, read again when they changed."""
        try:
            changed = self._deaths.stat().st_mtime_ns
        except OSError:
            return self._refused
        if changed != self._read:
            self._read, self._refused = changed, read_deaths(self._deaths)
        return self._refused


class _Work:
    """The context of one piece of work."""

    __slots__ = ("_guard", "_key", "_step")

    def __init__(self, guard: Guard, key: str, step: str) -> None:
        self._guard, self._key, self._step = guard, key, step

    def __enter__(self) -> None:
        self._guard.begin(self._key, self._step)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._guard.end()


@functools.cache
def guard() -> Guard:
    """The one of this process."""
    mark = os.environ.get(MARK)
    return Guard(Path(mark) if mark else None)


def read_deaths(path: Path) -> dict[str, tuple[int, str]]:
    """Key of a record → how many processes ended in it, and why the last did. A file that is damaged counts as none."""
    try:
        return {key: (int(times), str(why)) for key, (times, why) in json.loads(path.read_text("utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def read_mark(data: bytes) -> tuple[int, str, str] | None:
    """(sequence, step, key of the record) that a mark says is worked on; None when nothing is."""
    try:
        sequence, step, key = data.partition(b"\n")[0].decode("utf-8").split(" ", 2)
        return int(sequence), step, key
    except ValueError:
        return None
