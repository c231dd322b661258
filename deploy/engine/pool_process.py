"""The pool of Python worker processes that run the pipeline: Beam's EXTERNAL environment on a fixed port.

Beam's own `worker_pool_main` does the same, but it listens on every interface, starts whatever `python` is on PATH, and
its workers keep running when it is killed.
"""

import sys
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.machine.data_directory import temp
from deploy.machine.ports import Ports, listening
from deploy.machine.process import LATE_MS, Process
from pipelines.guard import DEATHS, SIZE, TRIES, read_deaths
from pipelines.kafka.subtask_notes import read_notes


class WorkerPool:
    """The supervised pool process. Its workers are its child processes and end with it.

    `spares` workers start with the pool and wait until Flink asks for them; further ones start when it asks.
    """

    name = "workers"

    def __init__(self, data: Path, ports: Ports, spares: int = 0) -> None:
        self.port = ports.get("workers")
        self._marks = data.absolute() / "run" / "workers"
        command = [sys.executable, "-m", "deploy.engine.pool_server", str(self.port), str(self._marks), str(spares)]
        log = data.absolute() / "logs" / "workers.log"
        # Late timeouts are fine for the pool, which mostly waits; its workers run with Linux's default timer slack.
        self.process = Process(self.name, command, log, temp=temp(data, self.name), late_ms=LATE_MS)

    @property
    def address(self) -> str:
        """The pool's host:port, which is the job's `environment_config`."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process.start()

    def ready(self) -> bool:
        return self.process.alive() and listening(self.port)

    def pids(self) -> list[int]:
        """The pids of the current worker processes."""
        if not self.process.alive():
            return []
        children = psutil.Process(self.process.pid).children()
        return [child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE]

    def deaths(self) -> set[tuple[str, int]]:
        """The records that ended workers, each with how often. After `TRIES` times a record is refused."""
        return {(key, min(times, TRIES)) for key, (times, _) in read_deaths(self._marks / DEATHS).items()}

    def marks(self) -> frozenset[bytes]:
        """The contents of all marks. They change with each record that a worker begins, and only then."""
        found = set()
        for mark in self._marks.glob("*.mark"):
            with suppress(OSError):
                found.add(mark.read_bytes()[:SIZE])
        return frozenset(found)

    def subtasks(self) -> list[frozenset[int]]:
        """For each worker that reads from Kafka, the subtasks of the source that it reads for."""
        return read_notes(self._marks)

    def alive(self) -> bool:
        return self.process.alive()

    def stop(self, grace: float = 3) -> None:
        self.process.stop(grace)
