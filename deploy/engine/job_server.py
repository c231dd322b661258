"""Beam's Flink job server: receives Beam jobs over gRPC and runs them on Flink in its own JVM, or on a cluster."""

import os
from collections.abc import Sequence
from pathlib import Path

from deploy.engine import broker
from deploy.engine.checkpoints import RETAINED
from deploy.engine.class_data import ClassData
from deploy.engine.flink_rest import FlinkRest
from deploy.engine.internal_tls import internal_tls
from deploy.guard import jar as guard
from deploy.jars.java import find_java
from deploy.machine.data_directory import temp
from deploy.machine.ports import Ports, listening
from deploy.machine.process import Process
from schemas.write_whole import write_whole

LOCAL = "[local]"
#: How often the job may fail within two minutes before Flink gives it up.
FAILURES = 30
#: The JDK packages (java.*) that Flink 1.19 opens for its serializers on Java 17 and 21.
OPENS = ("lang", "net", "io", "nio", "text", "time", "util", "util.concurrent", "util.concurrent.atomic")
#: Loggers that warn of intended settings and events, at each start or end of a job.
QUIET = (
    "org.apache.beam.runners.flink.translation.wrappers.streaming.io.StreamingImpulseSource",
    "org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory",
    "org.apache.flink.runtime.security.token",
    "org.apache.flink.runtime.webmonitor.WebMonitorUtils",
)
#: Python does the work: the JVM needs little optimisation and no threads for garbage collection.
JVM = (
    *broker.JVM,
    # By default two schedulers of the engine's actors wake every 10 ms; the shortest delay that matters here is 1 s.
    "-Dpekko.scheduler.tick-duration=250ms",
)


class JobServer:
    """The job server. With `master` `[local]` the job itself runs in its JVM, whose heap has `heap_mb` megabytes.

    `class_data` is the archive of its classes, if it may use or make one.
    """

    name = "flink"

    def __init__(
        self,
        data: Path,
        jars: Sequence[Path],
        ports: Ports,
        master: str = LOCAL,
        *,
        heap_mb: int,
        java: Path | None = None,
        class_data: ClassData | None = None,
    ) -> None:
        self.root = data.absolute() / "flink"
        self.master = master
        self.conf = self.root / "conf"
        self.port = ports.get("flink-jobs")
        self.artifact_port = ports.get("flink-artifacts")
        self.rest_port = ports.get("flink-rest")
        self.rest = FlinkRest(f"http://127.0.0.1:{self.rest_port}" if master == LOCAL else f"http://{master}")
        arguments = {
            "flink-master": master,
            "flink-conf-dir": self.conf,
            "job-host": "127.0.0.1",
            "job-port": self.port,
            "artifact-port": self.artifact_port,
            "artifacts-dir": self.root / "artifacts",
            "expansion-port": -1,
        }
        scratch = temp(data, self.name)
        self.java = java or find_java()
        self._class_data = class_data
        self._options = (
            *broker.heap(heap_mb),
            *JVM,
            *guard.options(),
            f"-Djava.io.tmpdir={scratch}",
            *broker.LOGGING,
            *(f"-Dorg.slf4j.simpleLogger.log.{name}=error" for name in QUIET),
            *(f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in OPENS),
        )
        self._arguments = [f"--{key}={value}" for key, value in arguments.items()]
        self.process = Process(
            self.name,
            [],
            data.absolute() / "logs" / "flink.log",
            {"CLASSPATH": os.pathsep.join(map(str, [*jars, guard.JAR]))},
            scratch,
        )

    @property
    def endpoint(self) -> str:
        """host:port to submit jobs to."""
        return f"127.0.0.1:{self.port}"

    @property
    def checkpoints_uri(self) -> str:
        return (self.root / "checkpoints").as_uri()

    def configure(self, restore: Path | None) -> None:
        """Write flink-conf.yaml, which is read at each submission. `restore` is the directory of a checkpoint, or None.

        In local mode this is the only way to start from a checkpoint: Beam's option `savepoint_path` is ignored.
        """
        values: dict[str, object] = {
            "rest.address": "127.0.0.1",
            "rest.bind-address": "127.0.0.1",
            "rest.port": self.rest_port,
            # Beam's job server submits the job, and a PATCH request cancels it. The web interface does neither.
            "web.submit.enable": "false",
            "web.cancel.enable": "false",
            "jobmanager.bind-host": "127.0.0.1",
            "taskmanager.bind-host": "127.0.0.1",
            "state.checkpoints.num-retained": RETAINED,
            "state.savepoints.dir": (self.root / "savepoints").as_uri(),
            # RocksDB's checkpoints write only changes; those of the heap backend are always complete.
            "state.backend.incremental": "true",
            # Pass each record on at once: there are few, and no thread per task has to flush buffers every 100 ms.
            "execution.buffer-timeout.interval": "0 ms",
            # Give up a job that keeps failing: the keeper then submits it again, and counts. A record that kills its
            # worker causes two failures.
            "restart-strategy.type": "failure-rate",
            "restart-strategy.failure-rate.max-failures-per-interval": FAILURES,
            "restart-strategy.failure-rate.failure-rate-interval": "2 min",
            "restart-strategy.failure-rate.delay": "1 s",
        }
        if self.master == LOCAL:
            values |= internal_tls(self.java, self.conf)
        if restore:
            values["execution.savepoint.path"] = restore.as_uri()
        write_whole(self.conf / "flink-conf.yaml", "".join(f"{key}: {value}\n" for key, value in values.items()))

    def start(self) -> None:
        self.configure(None)
        shared = self._class_data.options() if self._class_data else ()
        driver = "org.apache.beam.runners.flink.FlinkJobServerDriver"
        self.process.command = [str(self.java), *self._options, *shared, driver, *self._arguments]
        self.process.start()

    def ready(self) -> bool:
        return self.process.alive() and listening(self.port)

    def cluster_listens(self) -> bool:
        """Whether the port of the REST API is in use: in local mode, by the cluster of a job."""
        return listening(self.rest_port)

    def alive(self) -> bool:
        return self.process.alive()

    def stop(self, grace: float = 4) -> None:
        self.process.stop(grace)
