"""Creates the servers of one machine without starting them: Kafka broker, Flink job server and worker pool."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.engine.broker import Broker
from deploy.engine.class_data import ClassData
from deploy.engine.job_server import JobServer
from deploy.engine.pool_process import WorkerPool
from deploy.jars.cache import CLUSTER, cache_dir, fetch
from deploy.jars.java import find_java
from deploy.machine.ports import Ports
from deploy.machine.process import Part
from schemas.settings import Settings


@dataclass(frozen=True)
class Servers:
    """`broker` is None when the settings name an external Kafka. `class_data` are the archives of the JVMs' classes."""

    job_server: JobServer
    pool: WorkerPool
    broker: Broker | None
    class_data: tuple[ClassData, ...] = ()

    def __iter__(self) -> Iterator[Part]:
        """In the order in which they are started: first those for which the others wait longest."""
        if self.broker:
            yield self.broker
        yield self.job_server
        yield self.pool


def make_servers(settings: Settings, ports: Ports) -> Servers:
    """Create the servers that `settings` require. Raises DownloadError when their jars cannot be downloaded."""
    data, java = settings.data.absolute(), find_java()
    own_broker = settings.kafka.bootstrap_servers is None
    rocksdb = settings.pipeline.state_backend == "rocksdb"
    jars = fetch(sets=[*(["kafka"] if own_broker else []), "flink", *([CLUSTER] if rocksdb else [])])
    class_path = [*jars["flink"], *jars.get(CLUSTER, [])]
    heap, master = settings.pipeline.flink_heap_mb, settings.pipeline.flink_master

    def class_data(name: str, jars: list[Path]) -> ClassData:
        return ClassData(name, java, jars, cache_dir() / "classes", data / "run" / f"{name}.classes")

    flink = class_data("flink_rocksdb" if rocksdb else "flink", class_path)
    kafka = class_data("kafka", jars["kafka"]) if own_broker else None
    return Servers(
        JobServer(data, class_path, ports, master, heap_mb=heap, java=java, class_data=flink),
        WorkerPool(data, ports, settings.pipeline.workers),
        Broker(data, jars["kafka"], ports, java, kafka) if own_broker else None,
        (flink, kafka) if kafka else (flink,),
    )
