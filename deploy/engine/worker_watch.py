"""Looks after worker processes from outside: which record each works on, what it takes, and in which it ended.

A worker notes the record that it works on in its mark (pipelines/guard.py). One that takes too much is killed. A death
by a signal counts against the record in the mark, whoever sent it; a record with two is refused from then on. That a
worker is killed from outside in the few milliseconds that an innocent record takes, twice, is next to impossible.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import psutil
import structlog

from deploy.machine.write_whole import write_whole
from pipelines.guard import DEATHS, SIZE, read_deaths, read_mark

#: What one step may take for one record: seconds of processor time, seconds on the clock while the worker is not
#: stopped, and bytes of memory. The largest article there can be takes a third of the first.
SECONDS, CLOCK, MEMORY = 15.0, 40.0, 700 * 2**20
#: The records of which deaths are remembered: the latest.
KEPT = 1000

log = structlog.get_logger()


@dataclass(frozen=True)
class Seen:
    """A worker at a moment: its mark, the processor time (seconds) and memory (bytes) that it has, whether it is
    stopped."""

    mark: tuple[int, str, str] | None
    cpu: float
    memory: int
    stopped: bool


class Patience:
    """What a worker took since it began with the record at hand. Pure: it is given what was seen."""

    def __init__(self) -> None:
        self._first: Seen | None = None
        self._clock = 0.0

    def look(self, seen: Seen, passed: float) -> str | None:
        """Why the worker must end, if it must. `passed` are the seconds since the last look."""
        if self._first is None or seen.mark is None or seen.mark != self._first.mark:
            self._first, self._clock = seen, 0.0
            return None
        # A pause of the watcher itself is not the worker's: it counts as one look.
        self._clock += 0.0 if seen.stopped else min(passed, 2.0)
        _, step, _ = seen.mark
        if seen.cpu - self._first.cpu > SECONDS:
            return f"{step} took more than {SECONDS:.0f} s of processor time"
        if seen.memory - self._first.memory > MEMORY:
            return f"{step} took more than {MEMORY // 2**20} MB of memory"
        if self._clock > CLOCK:
            return f"{step} took more than {CLOCK:.0f} s"
        return None


class Deaths:
    """How often workers ended in which record, in a file that the workers read. `directory` holds it and the marks."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / DEATHS
        self._known = read_deaths(self._path)
        for left in directory.glob("*.mark"):
            self.ended(left, "the worker pool ended")

    def ended(self, mark: Path, why: str) -> None:
        """A worker ended without being asked to: what it worked on, if anything, has one more death."""
        try:
            found = read_mark(mark.read_bytes()[:SIZE])
        except OSError:
            return
        mark.unlink(missing_ok=True)
        if found is None:
            return
        _, step, key = found
        times = self._known.pop(key, (0, ""))[0] + 1
        self._known[key] = times, why
        self._known = dict(list(self._known.items())[-KEPT:])
        write_whole(self._path, json.dumps(self._known))
        log.error("worker ended in a record", record=key, step=step, times=times, reason=why)


def see(process: psutil.Process, mark: bytes) -> Seen | None:
    """What there is to see of a worker; None when it works on nothing, or is gone."""
    found = read_mark(mark)
    if found is None:
        return None
    try:
        times = process.cpu_times()
        stopped = process.status() == psutil.STATUS_STOPPED
        return Seen(found, times.user + times.system, process.memory_info().rss, stopped)
    except psutil.NoSuchProcess:
        return None
