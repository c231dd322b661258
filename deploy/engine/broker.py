"""A Kafka broker on this machine: one KRaft node, with its data in one directory."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from kafka.errors import KafkaError

from deploy.engine import kafka_storage
from deploy.engine.class_data import COLLECTOR, ClassData
from deploy.guard import jar as guard
from deploy.jars.java import find_java
from deploy.machine.data_directory import temp
from deploy.machine.ports import Ports, listening
from deploy.machine.process import LATE_MS, Process, ProcessError, wait_ready
from schemas.kafka.clients import admin
from schemas.settings import KafkaSettings

#: About 50 MB of it hold live objects, as `make soak` prints.
HEAP_MB = 160
#: Limit of a JVM's cache for compiled code, which otherwise grows slowly for weeks.
CODE_MB = 48
#: Options of every JVM here.
JVM = (
    COLLECTOR,
    "-XX:TieredStopAtLevel=1",
    # Compile a method after a tenth of the usual number of calls. Otherwise the code that an idle server runs every few
    # seconds is interpreted for hours, which costs more than compiling it.
    "-XX:CompileThresholdScaling=0.1",
    f"-XX:ReservedCodeCacheSize={CODE_MB}m",
    "-XX:+ExitOnOutOfMemoryError",
    # No performance counters: a sample every 50 ms for unused tools, in a file that a killed JVM leaves behind.
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
)
LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)
#: One node is broker and controller. Sizes are for a small machine: by default the log cleaner alone takes 128 MB of
#: the heap and the offsets topic has 50 partitions. A killed broker can only come back when its session has timed out:
#: after 3 s instead of 9.
PROPERTIES: Mapping[str, str | int] = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 1000,
    "metadata.max.idle.interval.ms": 10_000,
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": 4,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    "log.segment.bytes": 128 * 1024 * 1024,
    "message.max.bytes": 2 * 1024 * 1024,
    # Flush each message to disk before acknowledging it: with one node, a power cut loses what is only in memory.
    "log.flush.interval.messages": 1,
    "num.network.threads": 1,
    "num.io.threads": 2,
    "background.threads": 2,
    "group.coordinator.threads": 1,
}


def heap(mb: int) -> tuple[str, ...]:
    """Options that reserve the whole heap at the start, so that a JVM's memory use is known then, not after weeks."""
    return f"-Xms{mb}m", f"-Xmx{mb}m", "-XX:+AlwaysPreTouch"


class Broker:
    """The one-machine broker. `jars` is its class path; `data` is the data directory of the instance.

    `class_data` is the archive of its classes, if it may use or make one.
    """

    name = "broker"

    def __init__(
        self,
        data: Path,
        jars: Sequence[Path],
        ports: Ports,
        java: Path | None = None,
        class_data: ClassData | None = None,
    ) -> None:
        self.data = data.absolute() / "kafka"
        self.ports = ports
        self.java = java or find_java()
        self.config = data.absolute() / "run" / "server.properties"
        self.env = {"CLASSPATH": os.pathsep.join(map(str, [*jars, guard.JAR]))}
        self._class_data = class_data
        scratch = temp(data, self.name)
        self._options = (*heap(HEAP_MB), *JVM, *guard.options(), f"-Djava.io.tmpdir={scratch}", *LOGGING)
        self.process = Process(self.name, [], data.absolute() / "logs" / "kafka.log", self.env, scratch, LATE_MS)
        #: The port of the last run, unless it is taken. It never changes within a run, because clients know it.
        self.port = ports.get("kafka")

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Write the configuration, format the storage on the first start, and start the process.

        If the port was taken meanwhile, the process ends and its log says so.
        """
        self._configure(self.ports.get("kafka-controller"))
        shared = self._class_data.options() if self._class_data else ()
        if not (self.data / "meta.properties").exists():
            self._format(shared)
        self.process.command = [str(self.java), *self._options, *shared, "kafka.Kafka", str(self.config)]
        self.process.start()

    def wait_ready(self, timeout: float = 60) -> None:
        """Return when it serves requests. Raises ProcessError when it ends or takes longer than `timeout` seconds."""
        wait_ready(self, timeout=timeout)

    def ready(self) -> bool:
        """Whether it answers a metadata request."""
        if not self.alive() or not listening(self.port):
            return False
        try:
            with admin(KafkaSettings(bootstrap_servers=self.bootstrap_servers, answer_timeout=3)) as client:
                client.list_topics()
        except KafkaError:
            return False
        return True

    def alive(self) -> bool:
        return self.process.alive()

    def stop(self, grace: float = 8) -> None:
        self.process.stop(grace)

    def _configure(self, controller_port: int) -> None:
        values = dict(PROPERTIES) | {
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
            "log.dirs": self.data,
        }
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text("".join(f"{key}={value}\n" for key, value in values.items()), encoding="utf-8")

    def _format(self, shared: Sequence[str]) -> None:
        if self._class_data and kafka_storage.format_from(self._class_data, self.data, int(PROPERTIES["node.id"])):
            return
        command: list[str | Path] = [self.java, *JVM, *shared, *LOGGING, "kafka.tools.StorageTool", "format"]
        # With "=": one id in 64 begins with a dash, which would be parsed as an option.
        command += [f"--cluster-id={kafka_storage.random_id()}", "-c", self.config]
        result = subprocess.run(command, env=os.environ | self.env, capture_output=True, text=True, timeout=60)
        if result.returncode:
            raise ProcessError(f"{self.data} could not be formatted for Kafka:\n{result.stderr or result.stdout}")
        if self._class_data:
            kafka_storage.keep_format(self._class_data, self.data)
