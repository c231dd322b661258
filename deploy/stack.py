"""Everything that one machine runs beside the program itself: broker, job server, worker pool, and the job."""
import fcntl
import json
import os
import time
from collections.abc import Callable, Sequence
from typing import IO

import structlog

from deploy.broker import Broker
from deploy.flink import JobServer
from deploy.jars import fetch
from deploy.java import find_java
from deploy.jobkeeper import JobKeeper
from deploy.pipeline_options import beam_args
from deploy.ports import Ports
from deploy.process import Part, Process, identity, kill_leftover, wait_ready
from deploy.restarts import Restarts
from deploy.workers import WorkerPool
from schemas.settings import Settings

log = structlog.get_logger()


class AlreadyRunning(RuntimeError):
    """Another instance works on the same data directory."""


class Stack:
    """Starts the parts, keeps them running and stops them; `<data>/run.json` tells where they are.

    Use it from one thread that lives as long as the stack: the kernel kills the parts when that thread ends. Call
    `check` about once a second. No broker is started when the settings name one.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self.data = settings.data.absolute()
        self.broker: Broker | None = None
        self.ports: Ports
        self.server: JobServer
        self.pool: WorkerPool
        self.keeper: JobKeeper | None = None
        self._lock: IO[str] | None = None
        self._parts: list[Part] = []
        self._restarts: dict[str, Restarts] = {}
        self._due: dict[str, float] = {}
        self._noted: object = None

    @property
    def bootstrap_servers(self) -> str:
        """The Kafka in use: the configured one or the stack's own."""
        return self.settings.kafka.bootstrap_servers or (self.broker.bootstrap_servers if self.broker else "")

    def start(self) -> None:
        """Fetch the jars if need be, start every part and return when all are ready.

        Raises AlreadyRunning, DownloadError, ProcessError (a part did not start) or OSError; what was started by then
        is stopped again.
        """
        self._take_lock()
        try:
            self._kill_leftovers()
            self._make_parts()
            for part in self._parts:
                part.start()
            for part in self._parts:
                wait_ready(part)
            self._note()
        except BaseException:
            self.stop()
            raise

    def add(self, part: Part) -> None:
        """Start one more part and keep it running like the others; it is stopped before the broker."""
        part.start()
        self._parts.append(part)
        self._restarts[part.name] = Restarts(part.name)

    def submit(self, target: str, args: Sequence[str], stall: float = 45, first: float = 180) -> JobKeeper:
        """Have the job `target` ("module:function", see deploy/submit.py) kept running from the next `check` on.

        `stall` and `first` are the seconds without a completed checkpoint after which the engine is started anew.
        """
        options = beam_args(self.settings, self.server.endpoint, self.pool.address, self.server.checkpoints_uri)
        log_file = self.data / "logs" / "submit.log"
        self.keeper = JobKeeper(self.server, log_file, options, target, args, stall, first, self.clock)
        return self.keeper

    def check(self) -> None:
        """Start again what ended, as soon as its back-off allows, and look after the job.

        Raises KeepsFailing when a part or the job ended too often, with the reason; Incompatible when the job cannot
        take up the state of the last one.
        """
        for part in self._parts:
            part.process.trim_log()
            if part.process.alive():
                continue
            if part.name not in self._due:
                self._ended(part, part.process.ending())
            if self.clock() >= self._due[part.name]:
                del self._due[part.name]
                part.start()
                log.info("part started again", part=part.name, pid=part.process.pid)
        if self.keeper and (reason := self.keeper.check(self.server.ready() and self.pool.ready())):
            log.error("engine is started anew", reason=reason)
            self.server.process.kill()
            self._ended(self.server, reason)
        self._note()

    def stop(self) -> None:
        """Stop everything within 10 s: the broker last, when nothing writes any more."""
        clients = [part.process for part in self._parts if part is not self.broker]
        if self.keeper:
            clients.append(self.keeper.client)
        for process in clients:
            process.terminate()
        deadline = time.monotonic() + 4
        for process in clients:
            process.stop(max(0.0, deadline - time.monotonic()))
        if self.broker:
            self.broker.stop(5)
        self._parts = []
        if self._lock:
            (self.data / "run.json").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def _ended(self, part: Part, reason: str) -> None:
        self._due[part.name] = self._restarts[part.name].ended(self.clock(), reason)
        log.warning("part ended", part=part.name, reason=reason)
        if part is self.server:
            # Workers of the old engine must not go on, not even one that was paused and wakes later.
            self.pool.process.kill()
            self._due[self.pool.name] = self._due[part.name]
            if self.keeper:
                self.keeper.forget()

    def _make_parts(self) -> None:
        self.ports = ports = Ports(self.data / "ports.json")
        java, settings = find_java(), self.settings
        own_broker = settings.kafka.bootstrap_servers is None
        jars = fetch(sets=("kafka", "flink") if own_broker else ("flink",))
        self.server = JobServer(self.data, jars["flink"], ports, settings.pipeline.flink_master, java=java)
        self.pool = WorkerPool(self.data, ports)
        self._parts = [self.server, self.pool]
        if own_broker:
            self.broker = Broker(self.data, jars["kafka"], ports, java)
            self._parts.append(self.broker)
        self._restarts = {part.name: Restarts(part.name) for part in self._parts}

    def _take_lock(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self._lock = (self.data / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            raise AlreadyRunning(f"another instance is running on {self.data}") from None

    def _kill_leftovers(self) -> None:
        path = self.data / "run.json"
        if not path.exists():
            return
        for name, process in json.loads(path.read_text(encoding="utf-8"))["parts"].items():
            if kill_leftover(process["pid"], process["started"]):
                log.warning("killed what an earlier run left", part=name, pid=process["pid"])

    def _note(self) -> None:
        """Write run.json if it would say something new."""
        processes: list[Process] = [part.process for part in self._parts]
        pids = {process.name: found for process in processes if (found := identity(process.pid or 0))}
        note = {
            "pid": os.getpid(),
            "kafka": self.bootstrap_servers,
            "flink": self.server.rest.url,
            "job": self.keeper.job.id if self.keeper and self.keeper.job else None,
            "parts": {name: {"pid": pid, "started": started} for name, (pid, started) in pids.items()},
        }
        if note != self._noted:
            self._noted = note
            new = self.data / "run.json.new"
            new.write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
            new.replace(self.data / "run.json")
