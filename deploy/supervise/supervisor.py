"""Everything that one machine runs beside the program itself: broker, job server, worker pool, and the job."""
import os
import shutil
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import IO

import structlog

from deploy.engine.beam_options import beam_args
from deploy.engine.broker import Broker
from deploy.engine.checkpoints import leave_behind
from deploy.engine.fallback import require_backend
from deploy.engine.flink_rest import FlinkError
from deploy.engine.job_keeper import JobKeeper
from deploy.engine.job_server import JobServer
from deploy.engine.pool_process import WorkerPool
from deploy.jars.cache import CLUSTER, fetch
from deploy.jars.java import find_java
from deploy.machine.data_directory import lock, temp
from deploy.machine.disk import Disk
from deploy.machine.heartbeat import Beat, Beats, not_stopped
from deploy.machine.instance import Note, kill_leftovers
from deploy.machine.ports import Ports
from deploy.machine.process import Part, wait_ready
from deploy.machine.restarts import Restarts
from schemas.settings import Settings

log = structlog.get_logger()

#: The part that must wait while there is little room on the disk.
FETCHES = "connectors"
#: Names of the beats that are no part's own: Kafka answers, the job ticks.
KAFKA, JOB = "kafka", "job"
#: Seconds after which a part that was stopped and has no beat of its own is replaced.
STOPPED = 45.0


class Stack:
    """Starts the parts, keeps them running and stops them; `<data>/run.json` tells where they are.

    Use it from one thread that lives as long as the stack: the kernel kills the parts when that thread ends. Call
    `check` each second or two. No broker is started when the settings name one.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self.data = settings.data.absolute()
        self._note = Note(self.data)
        self.broker: Broker | None = None
        self.ports: Ports
        self.server: JobServer
        self.pool: WorkerPool
        self.keeper: JobKeeper | None = None
        self._lock: IO[str] | None = None
        self._parts: list[Part] = []
        self._restarts: dict[str, Restarts] = {}
        self._due: dict[str, float] = {}
        self._beats = Beats(KAFKA)
        self._counts: dict[str, int] = {}
        self._started = time.time()
        self._version = version("borderwire")
        self.disk = Disk(lambda: shutil.disk_usage(self.data).free, settings.min_free_disk)
        self.metrics: str | None = None

    @property
    def bootstrap_servers(self) -> str:
        """The Kafka in use: the configured one or the stack's own."""
        return self.settings.kafka.bootstrap_servers or (self.broker.bootstrap_servers if self.broker else "")

    def start(self) -> None:
        """Fetch the jars if need be, start every part and return when all are ready.

        Raises AlreadyRunning, WrongLayout, DownloadError, ProcessError (a part did not start) or OSError; what was
        started by then is stopped again.
        """
        self._lock = lock(self.data)
        try:
            kill_leftovers(self.data)
            self._make_parts()
            for part in self._parts:
                part.start()
            for part in self._parts:
                wait_ready(part)
            self._tell()
        except BaseException:
            self.stop()
            raise

    def add(self, part: Part, beat: Beat | None = None) -> None:
        """Keep one more part running like the others; it is stopped before the broker.

        `beat` is its sign of life; without one, that it is not stopped (SIGSTOP) must do.
        """
        self._parts.append(part)
        self._restarts[part.name] = Restarts(part.name)
        self._beats.watch(part.name, beat or Beat(not_stopped(lambda: part.process.pid), STOPPED))
        self._due[part.name] = 0.0

    def watch_over(self, kafka: Beat, job: Beat) -> None:
        """Have Kafka and the job looked after by these signs, too; the broker, or the engine, is started anew."""
        self._beats.watch(KAFKA, kafka)
        self._beats.watch(JOB, job)

    def submit(
        self, target: str, args: Sequence[str], stall: float = 45, first: float = 180, rebuild: bool = False
    ) -> JobKeeper:
        """Have the job `target` ("module:function", see deploy/engine/submit.py) kept running from the next `check` on.

        `stall` and `first` are the seconds without a completed checkpoint after which the engine is started anew.
        `rebuild` leaves the state of earlier runs behind. Raises Incompatible when another backend wrote that state.
        """
        if rebuild and (place := leave_behind(self.server.root)):
            log.warning("state left behind, rebuilt from the ledger and the committed offsets", moved_to=str(place))
        require_backend(self.server.root, self.settings.pipeline.state_backend)
        options = beam_args(self.settings, self.server.endpoint, self.pool.address, self.server.checkpoints_uri)
        log_file, scratch = self.data / "logs" / "submit.log", temp(self.data, "submit")
        self.keeper = JobKeeper(self.server, log_file, options, target, args, stall, first, self.clock, scratch)
        return self.keeper

    def check(self) -> None:
        """Start again what ended, as soon as its back-off allows, and look after the job.

        Raises KeepsFailing when a part or the job ended too often, with the reason; Incompatible when the job cannot
        take up the state of the last one.
        """
        self._look_at_disk()
        self._end_the_silent()
        for part in self._parts:
            part.process.trim_log()
            if not part.process.alive() and not (part.name == FETCHES and self.disk.paused):
                self._restart(part)
        if self.keeper and (reason := self.keeper.check(lambda: self.server.ready() and self.pool.ready())):
            self._kill(self.server, reason)
        self._tell()

    def _restart(self, part: Part) -> None:
        """Start a part that does not run, when its time has come and the disk is not full."""
        if part.name not in self._due:
            self._ended(part, part.process.ending())
        if self.clock() < self._due[part.name] or self.disk.full:
            return
        del self._due[part.name]
        again = part.process.pid is not None
        part.start()
        self._beats.restart(part.name)
        if again:
            log.info("part started again", part=part.name, pid=part.process.pid)

    def _look_at_disk(self) -> None:
        before = self.disk.paused
        self.disk.look()
        if self.disk.paused and not before:
            log.error("fetching pauses", reason=self.disk.paused)
        if before and not self.disk.paused:
            log.info("fetching goes on")
        for part in self._parts:
            if self.disk.paused and part.name == FETCHES and part.process.alive():
                part.process.stop()
                self._due[part.name] = 0.0

    def _end_the_silent(self) -> None:
        """Kill what runs and gives no sign of life."""
        runs = {part.name: part.process.alive() for part in self._parts}
        runs[KAFKA] = self.broker is None or self.broker.alive()
        for name, reason in self._beats.silent(self.clock(), runs).items():
            if name == KAFKA:
                culprit: Part | None = self.broker  # a configured Kafka is not ours to start anew
            elif name == JOB:
                culprit, reason = self.server, f"the job {reason}"
            else:
                culprit = next(part for part in self._parts if part.name == name)
            if culprit:
                self._beats.restart(name)
                self._kill(culprit, reason)

    def _kill(self, part: Part, reason: str) -> None:
        if part is self.server:
            log.error("engine is started anew", reason=reason)
        part.process.kill()
        self._ended(part, reason)

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
            self._note.remove()
            self._lock.close()
            self._lock = None

    def savepoint(self) -> Path:
        """Stop the job after a savepoint, when nothing is fetched any more. Raises FlinkError."""
        if self.keeper is None:
            raise FlinkError("no job was submitted")
        for part in self._parts:
            if part.name == FETCHES:
                part.process.stop()
        return self.keeper.savepoint()

    def _ended(self, part: Part, reason: str) -> None:
        self._counts[part.name] = self._counts.get(part.name, 0) + 1
        self._due[part.name] = self._restarts[part.name].ended(self.clock(), reason)
        log.warning("part ended", part=part.name, reason=reason)
        if part is self.server:
            # Workers of the old engine must not go on, not even one that was paused and wakes later.
            self.pool.process.kill()
            self._due[self.pool.name] = self._due[part.name]
            if self.keeper:
                self.keeper.engine_ended(reason)

    def _make_parts(self) -> None:
        self.ports = ports = Ports(self.data / "ports.json")
        java, settings = find_java(), self.settings
        own_broker = settings.kafka.bootstrap_servers is None
        rocksdb = settings.pipeline.state_backend == "rocksdb"
        jars = fetch(sets=[*(["kafka"] if own_broker else []), "flink", *([CLUSTER] if rocksdb else [])])
        class_path = [*jars["flink"], *jars.get(CLUSTER, [])]
        heap = settings.pipeline.flink_heap_mb
        self.server = JobServer(self.data, class_path, ports, settings.pipeline.flink_master, heap, java)
        self.pool = WorkerPool(self.data, ports)
        self._parts = [self.server, self.pool]
        if own_broker:
            self.broker = Broker(self.data, jars["kafka"], ports, java)
            self._parts.append(self.broker)
        self._restarts = {part.name: Restarts(part.name) for part in self._parts}

    def _tell(self) -> None:
        """Note where everything is, for others to ask."""
        says: dict[str, object] = {
            "pid": os.getpid(),
            "version": self._version,
            "started": self._started,
            "metrics": self.metrics,
            "kafka": self.bootstrap_servers,
            "flink": self.server.rest.url,
            "job": self.keeper.job.id if self.keeper and self.keeper.job else None,
            "paused": self.disk.paused,
            "restarts": self._counts,
        }
        self._note.write(says, [part.process for part in self._parts])
