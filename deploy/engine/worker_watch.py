"""Watches worker processes from outside: the record each works on, the resources used, the record at its death.

A worker writes the record that it works on into its mark, a file (pipelines/guard.py). A worker that exceeds a limit is
killed. A death by a signal counts against the record in the mark, whoever sent the signal. A record with two deaths is
refused from then on. An innocent record takes a few milliseconds; that a worker is killed from outside twice in that
time is very unlikely.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import psutil
import structlog

from pipelines.guard import DEATHS, SIZE, AtWork, read_deaths, read_mark
from schemas.write_whole import write_whole

#: Limits of one step for one record: seconds of CPU time of the thread that works on it, seconds of wall-clock time
#: while the worker is not stopped, and bytes of additional memory of the whole process. The largest possible article
#: takes a third of the CPU time.
SECONDS, CLOCK, MEMORY = 15.0, 40.0, 700 * 2**20
#: Deaths are kept for this many records, the latest ones.
KEPT = 1000

log = structlog.get_logger()


@dataclass(frozen=True)
class Seen:
    """A worker at one moment: its mark, the CPU time of the thread in the mark (seconds), resident memory (bytes), and
    whether it is stopped."""

    mark: AtWork | None
    cpu: float
    memory: int
    stopped: bool


class Patience:
    """Compares what a worker has used for its current record with the limits. No I/O: observations are passed in."""

    def __init__(self) -> None:
        self._first: Seen | None = None
        self._clock = 0.0

    def look(self, seen: Seen, passed: float) -> str | None:
        """The reason to kill the worker, or None. `passed` is the number of seconds since the last call."""
        if self._first is None or seen.mark is None or seen.mark != self._first.mark:
            self._first, self._clock = seen, 0.0
            return None
        # If the watcher itself was paused, count at most 2 s.
        self._clock += 0.0 if seen.stopped else min(passed, 2.0)
        step = seen.mark.step
        if seen.cpu - self._first.cpu > SECONDS:
            return f"{step} took more than {SECONDS:.0f} s of processor time"
        if seen.memory - self._first.memory > MEMORY:
            return f"{step} took more than {MEMORY // 2**20} MB of memory"
        if self._clock > CLOCK:
            return f"{step} took more than {CLOCK:.0f} s"
        return None


class Deaths:
    """Counts deaths of workers by record, in a file that the workers read. `directory` holds it and the marks."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / DEATHS
        self._known = read_deaths(self._path)
        for left in directory.glob("*.mark"):
            self.ended(left, "the worker pool ended")

    def ended(self, mark: Path, why: str) -> None:
        """A worker ended without being told to: count a death for the record in its mark, if there is one."""
        try:
            found = read_mark(mark.read_bytes()[:SIZE])
        except OSError:
            return
        mark.unlink(missing_ok=True)
        if found is None:
            return
        times = self._known.pop(found.key, (0, ""))[0] + 1
        self._known[found.key] = times, why
        self._known = dict(list(self._known.items())[-KEPT:])
        write_whole(self._path, json.dumps(self._known))
        log.error("worker ended in a record", record=found.key, step=found.step, times=times, reason=why)


def see(process: psutil.Process, mark: bytes) -> Seen | None:
    """Observe a worker; None when it works on no record, or has ended.

    Only the thread that works on the record counts: at the same time others read, write and encode other records.
    """
    found = read_mark(mark)
    if found is None:
        return None
    try:
        times = next((one for one in process.threads() if one.id == found.thread), None)
        if times is None:
            return None
        stopped = process.status() == psutil.STATUS_STOPPED
        return Seen(found, times.user_time + times.system_time, process.memory_info().rss, stopped)
    except psutil.NoSuchProcess:
        return None
