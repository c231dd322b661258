"""A job under its keeper in a world without servers: Flink, the client that submits, and the clock are made up."""

import os
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from deploy.engine.checkpoints import MAGIC
from deploy.engine.flink_rest import Checkpoints, FlinkError, FlinkJob
from deploy.engine.job_keeper import JobKeeper

NOTHING = Checkpoints(completed=0, failed=0, restored=0, completed_at=None, size=None, path=None)


class Flink:
    """Job server and REST API: `jobs` are live; `configured` are the checkpoints given to start from."""

    def __init__(self, root: Path) -> None:
        self.root, self.rest, self.url = root, self, "http://127.0.0.1:1"
        self.process = SimpleNamespace(tail=lambda lines: "the engine's last words")
        self.jobs: list[FlinkJob] = []
        self.latest = NOTHING
        self.failed_with: str | None = None
        self.failed = 0
        self.configured: list[Path | None] = []
        self.cancelled: list[str] = []
        self.asked: list[str] = []
        self.all_run = True
        self.refuses_checkpoints = False
        self.silent = False
        self.keeps_cluster = False

    def live_jobs(self) -> list[FlinkJob]:
        if self.silent:
            raise FlinkError("ReadTimeout")
        return self.jobs

    def checkpoints(self, job: str) -> Checkpoints:
        assert not self.jobs[0].initializing
        return self.latest

    def all_tasks_run(self, job: str) -> bool:
        return self.all_run

    def take_checkpoint(self, job: str) -> None:
        self.asked.append(job)
        if self.refuses_checkpoints:
            raise FlinkError("409 not all required tasks are currently running")

    def failure(self, job: str) -> str | None:
        return self.failed_with

    def failures(self, job: str, since: float) -> int:
        return self.failed

    def cluster_listens(self) -> bool:
        return self.keeps_cluster

    def cancel(self, job: str, timeout: float = 30) -> None:
        self.cancelled.append(job)
        self.jobs = []

    def configure(self, restore: Path | None) -> None:
        self.configured.append(restore)


class Client:
    """The submitting process: `returncode` is what it ends with, `words` what it leaves in its log."""

    def __init__(self) -> None:
        self.started, self.returncode, self.words = 0, 0, ""
        self.waits, self.told = False, 0

    def alive(self) -> bool:
        return self.waits

    def start(self) -> None:
        self.started += 1
        self.waits = True

    def tell(self, line: str) -> None:
        self.waits = False
        self.told += 1

    def stop(self, grace: float) -> None:
        pass

    def tail(self, lines: int) -> str:
        return self.words


class World:
    """A keeper with its Flink, client and clock."""

    def __init__(self, root: Path) -> None:
        self.now = 1000.0
        self.flink = Flink(root)
        server: Any = self.flink
        self.deaths = {("refused by an earlier run", 2)}
        self.marks = 0
        self.crowded = False
        self.keeper = JobKeeper(
            server,
            root / "log",
            [],
            "m:f",
            [],
            stall=45,
            first=180,
            clock=lambda: self.now,
            deaths=lambda: self.deaths,
            marks=lambda: self.marks,
            crowded=lambda: self.crowded,
        )
        self.client = Client()
        self.keeper.client = self.client  # type: ignore[assignment]

    def after(self, seconds: float) -> str | None:
        self.now += seconds
        return self.keeper.check(engine_ready=lambda: True)

    def runs(self, job: str = "j1", completed: int = 0, state: str = "RUNNING") -> None:
        self.flink.jobs = [FlinkJob(job, "borderwire", state, self.now)]
        self.flink.latest = Checkpoints(completed, 0, 0, None, None, None)


def checkpoint(root: Path, name: str, age: int) -> Path:
    directory = root / "checkpoints" / name
    directory.mkdir(parents=True)
    metadata = directory / "_metadata"
    metadata.write_bytes(struct.pack(">I", MAGIC))
    os.utime(metadata, (10_000 - age, 10_000 - age))
    return directory
