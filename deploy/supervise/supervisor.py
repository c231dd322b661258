"""Supervises the processes of a run on one machine: broker, job server, worker pool, the job, and further commands."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import IO

import structlog

from deploy.engine import class_data
from deploy.engine.beam_options import beam_args
from deploy.engine.broker import Broker
from deploy.engine.checkpoints import leave_behind
from deploy.engine.fallback import require_backend
from deploy.engine.flink_rest import FlinkError
from deploy.engine.job_keeper import JobKeeper
from deploy.engine.job_server import JobServer
from deploy.engine.pool_process import WorkerPool
from deploy.engine.worker_draw import crowded
from deploy.machine.data_directory import lock, temp
from deploy.machine.disk import Disk
from deploy.machine.heartbeat import Beat, SameFor, silent
from deploy.machine.instance import Note, kill_leftovers, write_settings
from deploy.machine.ports import Ports
from deploy.machine.process import Part, Process, wait_ready
from deploy.supervise.run_settings import whole
from deploy.supervise.servers import Servers, make_servers
from deploy.supervise.supervised import Supervised
from schemas.feed import Feed
from schemas.settings import Settings

log = structlog.get_logger()

#: The part that is paused while the disk is low on space.
FETCHES = "connectors"
#: Names of the two heartbeats that belong to no single part: Kafka answers requests; the job's ticks advance.
KAFKA, JOB = "kafka", "job"
#: Seconds without an answer after which Kafka counts as unreachable. Failures of the job then do not count.
AWAY = 15.0


class Stack:
    """Starts the parts, keeps them running and stops them; `<data>/run.json` lists their addresses and processes.

    `settings` are the complete settings of the run; `settings_file` holds them for its processes. Use a stack from
    one thread that lives as long as the stack: the kernel kills the parts when that thread ends. Call `check` every
    second or two.
    """

    @classmethod
    def open(cls, settings: Settings, feeds: Sequence[Feed] = ()) -> "Stack":
        """Lock the data directory, kill processes left by an earlier run, and create the servers without starting them.

        No broker is created when the settings name one. Raises AlreadyRunning, WrongLayout, DownloadError or OSError.
        """
        data = settings.data.absolute()
        held = lock(data)
        try:
            kill_leftovers(data)
            ports = Ports(data / "ports.json")
            servers = make_servers(settings, ports)
            kafka = servers.broker.bootstrap_servers if servers.broker else settings.kafka.bootstrap_servers
            settings = whole(settings, feeds, ports, kafka or "")
            return cls(settings, servers, write_settings(settings, data / "run" / "settings.json"), held)
        except BaseException:
            held.close()
            raise

    def __init__(
        self,
        settings: Settings,
        servers: Servers,
        settings_file: Path,
        held: IO[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings, self.settings_file = settings, settings_file
        self.clock = clock
        self.data = settings.data.absolute()
        self.servers = servers
        self.keeper: JobKeeper | None = None
        self.disk = Disk(lambda: shutil.disk_usage(self.data).free, settings.min_free_disk)
        self._held = held
        self._note = Note(self.data)
        self._started, self._version = time.time(), version("borderwire")
        self._supervised = {part.name: Supervised.of(part) for part in servers}
        #: The heartbeats that belong to no single part, with keys KAFKA and JOB.
        self._beats: dict[str, Beat] = {}
        self._kafka: SameFor | None = None
        #: Names of parts that are added later: until they run, the run is not complete.
        self.expected: frozenset[str] = frozenset()
        archives = class_data.command(servers.class_data)
        self._archiver = Process("class-data", archives, self.data / "logs" / "class-data.log")

    @property
    def broker(self) -> Broker | None:
        return self.servers.broker

    @property
    def server(self) -> JobServer:
        return self.servers.job_server

    @property
    def pool(self) -> WorkerPool:
        return self.servers.pool

    @property
    def bootstrap_servers(self) -> str:
        """Address of the Kafka in use: the configured one or the stack's own."""
        return self.settings.kafka.bootstrap_servers or ""

    def start(self, first: Callable[[], object] = lambda: None) -> None:
        """Call `first`, start every server, and return when all servers are ready.

        Raises ProcessError (a part did not start), OSError, or what `first` raises, after stopping what was
        already started.
        """
        try:
            first()
            for part in self.servers:
                part.start()
            wait_ready(*self.servers, each=lambda part: log.info("part is ready", part=part.name))
            self._tell()
        except BaseException:
            self.stop()
            raise

    def add(self, part: Part, beat: Beat | None = None, vital: bool = True) -> None:
        """Supervise one more part: the next `check` starts it. It is stopped before the broker.

        `beat` is its heartbeat. Without one, the part counts as alive as long as it is not stopped (SIGSTOP). The run
        goes on without a part that is not `vital`, however often it ends.
        """
        self._supervised[part.name] = Supervised.of(part, beat, due=0.0, vital=vital)

    def remove(self, name: str) -> None:
        """Stop supervising a part; its process keeps running."""
        del self._supervised[name]

    def watch_over(self, kafka: Beat, job: Beat) -> None:
        """Also supervise Kafka and the job by these heartbeats. When one stops, the broker or the engine is restarted.

        A Kafka that the settings name is not restarted.
        """
        self._beats = {KAFKA: kafka, JOB: job}
        self._kafka = SameFor(kafka.sign)

    def submit(
        self, target: str, args: Sequence[str], stall: float = 45, first: float = 180, rebuild: bool = False
    ) -> JobKeeper:
        """Keep the job `target` ("module:function", see deploy/engine/submit.py) running, from the next `check` on.

        Its graph is built at once, in a process of its own, also while the servers start.
        The engine is restarted after `stall` seconds without a completed checkpoint; a job's first checkpoint may take
        `first` seconds. `rebuild` moves the state of earlier runs aside, so the job starts without it. Raises
        Incompatible when another state backend wrote that state.
        """
        if rebuild and (place := leave_behind(self.server.root)):
            log.warning("state left behind, rebuilt from the ledger and the committed offsets", moved_to=str(place))
        require_backend(self.server.root, self.settings.pipeline.state_backend)
        options = beam_args(self.settings, self.server.endpoint, self.pool.address, self.server.checkpoints_uri)
        log_file, scratch = self.data / "logs" / "submit.log", temp(self.data, "submit")
        self.keeper = JobKeeper(
            self.server,
            log_file,
            options,
            target,
            args,
            stall,
            first,
            self.clock,
            scratch,
            self._kafka_is_away,
            self.pool.deaths,
            self.pool.marks,
            self._crowded,
        )
        self.keeper.prepare()
        return self.keeper

    def _crowded(self) -> bool:
        pipeline = self.settings.pipeline
        return pipeline.workers > 1 and crowded(self.pool.subtasks(), pipeline.parallelism, pipeline.workers)

    def make_class_data(self) -> None:
        """Make the archives of the JVMs' classes for the next start where they are missing, in the background.

        Call it when the JVMs have loaded most of their classes.
        """
        self._archiver.start()

    def job_tasks_ran(self) -> bool:
        """Whether every task of the job has run since it was submitted."""
        return bool(self.keeper and self.keeper.tasks_ran)

    def checkpointed(self) -> bool:
        """Whether the job has completed a checkpoint since it was submitted."""
        return bool(self.keeper and self.keeper.checkpoints and self.keeper.checkpoints.completed)

    def check(self) -> None:
        """Restart parts that ended, as soon as their back-off allows, and check the job.

        Raises KeepsFailing, with the reason, when a part or the job ended too often; Incompatible when the job cannot
        restore the state of the last one.
        """
        self._look_at_disk()
        self._kafka_is_away()  # only frequent calls measure the time correctly
        self._kill_the_silent()
        for supervised in self._supervised.values():
            supervised.part.process.trim_log()
            if not supervised.part.process.alive() and not (supervised.part.name == FETCHES and self.disk.paused):
                self._start_again(supervised)
        if self.keeper and (reason := self.keeper.check(lambda: self.server.ready() and self.pool.ready())):
            self._kill(self.server.name, reason)
        self._tell()

    def _kafka_is_away(self) -> bool:
        return self._kafka is not None and self._kafka.seconds(self.clock()) > AWAY

    def _start_again(self, supervised: Supervised) -> None:
        """Start a part that does not run, once its back-off has passed and if the disk is not full."""
        if supervised.due is None:
            self._ended(supervised, supervised.part.process.ending())
        if supervised.due is not None and self.clock() >= supervised.due and not self.disk.full:
            supervised.start()

    def _look_at_disk(self) -> None:
        before = self.disk.paused
        self.disk.look()
        if self.disk.paused and not before:
            log.error("fetching pauses", reason=self.disk.paused)
        if before and not self.disk.paused:
            log.info("fetching goes on")
        if self.disk.paused:
            self._pause_fetching()

    def _pause_fetching(self) -> None:
        if FETCHES in self._supervised:
            self._supervised[FETCHES].pause()

    def _kill_the_silent(self) -> None:
        """Kill the parts that run but give no heartbeat."""
        runs = {name: supervised.part.process.alive() for name, supervised in self._supervised.items()}
        runs[KAFKA] = self.broker is None or self.broker.alive()
        beats = self._beats | {name: supervised.beat for name, supervised in self._supervised.items()}
        for name, reason in silent(beats, KAFKA, runs, self.clock()).items():
            if name == KAFKA and self.broker is None:
                continue  # an external Kafka is not ours to restart
            beats[name].restart()
            if name == JOB:
                self._kill(self.server.name, f"the job {reason}")
            else:
                self._kill("broker" if name == KAFKA else name, reason)

    def _kill(self, name: str, reason: str) -> None:
        supervised = self._supervised[name]
        if supervised.part is self.server:
            log.error("engine is started anew", reason=reason)
        supervised.part.process.kill()
        self._ended(supervised, reason)

    def _ended(self, supervised: Supervised, reason: str) -> None:
        supervised.note_end(self.clock(), reason)
        if supervised.part is self.server:
            # Workers of the old engine must not continue, not even one that was paused (SIGSTOP) and resumes later.
            self.pool.process.kill()
            self._supervised[self.pool.name].due = supervised.due
            if JOB in self._beats:
                self._beats[JOB].restart()  # the job starts again, which takes longer than two ticks
            if self.keeper:
                self.keeper.engine_ended(reason)

    def savepoint(self) -> Path:
        """Stop fetching, then stop the job with a savepoint. Raises FlinkError."""
        if self.keeper is None:
            raise FlinkError("no job was submitted")
        self._pause_fetching()
        return self.keeper.savepoint()

    def stop(self) -> None:
        """Stop everything within about 10 s. The broker is last, when nothing writes to it any more."""
        processes = [one.part.process for one in self._supervised.values() if one.part is not self.broker]
        if self.keeper:
            processes.append(self.keeper.client)
        processes.append(self._archiver)
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + 4
        for process in processes:
            process.stop(max(0.0, deadline - time.monotonic()))
        if self.broker:
            self.broker.stop(5)
        self._supervised = {}
        if self._held:
            self._note.remove()
            self._held.close()
            self._held = None

    def _tell(self) -> None:
        """Write run.json: addresses, processes and state, for other commands to read."""
        metrics = self.settings.metrics
        says: dict[str, object] = {
            "pid": os.getpid(),
            "version": self._version,
            "started": self._started,
            "metrics": f"http://{metrics.host}:{metrics.port}" if "metrics" in self._supervised else None,
            "kafka": self.bootstrap_servers,
            "flink": self.server.rest.url,
            "job": self.keeper.job.id if self.keeper and self.keeper.job else None,
            "paused": self.disk.paused,
            "expected": sorted({*self._supervised, *self.expected}),
            "restarts": {name: one.ended for name, one in self._supervised.items() if one.ended},
        }
        self._note.write(says, [one.part.process for one in self._supervised.values()])
