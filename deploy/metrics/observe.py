"""Observes a run from outside: its run.json, Kafka, Flink's REST API, its processes and its disk."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from kafka.errors import KafkaError

from deploy.engine.flink_rest import Checkpoints, FlinkError, FlinkRest
from deploy.engine.job_server import LOCAL
from deploy.engine.pool_process import WorkerPool
from deploy.machine.disk import Disk
from deploy.machine.instance import BadNote, read_note
from deploy.metrics.health import PartHealth, Sight
from deploy.metrics.read_progress import Place, ReadProgress
from schemas.settings import Settings


class Looker:
    """Observes a run at each call of `look`. Without a run.json (a cluster): the Kafka and Flink of the settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._progress: ReadProgress | None = None
        self._flink: FlinkRest | None = None
        self._read: tuple[int, ...] = ()
        self._moved = time.monotonic()

    def look(self) -> Sight:
        """The observation now. A part that does not answer raises nothing; the result says so."""
        try:
            note = read_note(self.settings.data)
        except BadNote:
            note = {}
        trouble, places = self._places()
        url = self._flink_url(note)
        data = self.settings.data
        return Sight(
            at=time.time(),
            kafka=trouble,
            places=places,
            engine=url is not None,
            checkpoints=self._checkpoints(url) if url else None,
            parts=tuple(part_healths(note)),
            free=shutil.disk_usage(data).free if data.exists() else None,
            used={name: directory_size(data / name) for name in ("kafka", "flink", "logs") if (data / name).exists()},
            paused=note.get("paused") or self._too_full(),
            still=self._still(places),
        )

    def _too_full(self) -> str | None:
        """Why fetching must pause, measured here: on a full disk, run.json cannot say so."""
        data = self.settings.data
        if not data.exists():
            return None
        disk = Disk(lambda: shutil.disk_usage(data).free, self.settings.min_free_disk)
        disk.look()
        return disk.paused

    def _still(self, places: list[Place]) -> float:
        """For how many seconds there have been unread records while the job read none."""
        read = tuple(place.committed or 0 for place in places)
        if read != self._read or not any(place.lag for place in places):
            self._read, self._moved = read, time.monotonic()
        return time.monotonic() - self._moved

    def _places(self) -> tuple[str | None, list[Place]]:
        try:
            self._progress = self._progress or ReadProgress(self.settings.kafka)
            return None, self._progress.read()
        except (KafkaError, OSError) as error:
            if self._progress:
                with suppress(KafkaError, OSError):
                    self._progress.close()
                self._progress = None
            return f"{type(error).__name__}: {error}"[:200], []

    def _flink_url(self, note: dict[str, Any]) -> str | None:
        master = self.settings.pipeline.flink_master
        return f"http://{master}" if master != LOCAL else note.get("flink")

    def _checkpoints(self, url: str) -> Checkpoints | None:
        if self._flink is None or self._flink.url != url:
            self._flink = FlinkRest(url)
        try:
            jobs = self._flink.live_jobs()
            return self._flink.checkpoints(jobs[0].id) if jobs and not jobs[0].initializing else None
        except FlinkError:
            return None


def part_healths(note: dict[str, Any]) -> list[PartHealth]:
    """The processes in run.json, the supervisor (`run`), and the parts that are expected and do not run."""
    named = {"run": {"pid": note["pid"]}} | note["parts"] if note else {}
    restarts = note.get("restarts", {})
    there = [measure(name, part["pid"], restarts.get(name, 0)) for name, part in named.items()]
    absent = [name for name in note.get("expected", []) if name not in named]
    return there + [PartHealth(name, False, processes=0, restarts=restarts.get(name, 0)) for name in absent]


def measure(name: str, pid: int, restarts: int) -> PartHealth:
    """CPU and memory of a part now. Child processes are counted for the worker pool only."""
    cpu, memory, count = 0.0, 0, 0
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        for process in [top, *(top.children(recursive=True) if name == WorkerPool.name else ())]:
            with suppress(psutil.NoSuchProcess):
                if process.status() != psutil.STATUS_ZOMBIE:
                    times = process.cpu_times()
                    cpu, memory, count = cpu + times.user + times.system, memory + process.memory_info().rss, count + 1
    return PartHealth(name, count > 0, cpu, memory, count, restarts)


def directory_size(directory: Path) -> int:
    """Disk usage of a directory tree in bytes. Files deleted meanwhile are skipped."""
    total = 0
    for folder, _, files in os.walk(directory):
        for file in files:
            with suppress(OSError):
                total += os.stat(os.path.join(folder, file), follow_symlinks=False).st_blocks * 512  # noqa: PTH116, PTH118
    return total
