"""Creates the servers of one machine without starting them: Kafka broker, Flink job server and worker pool."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.engine.broker import Broker
from deploy.engine.job_server import JobServer
from deploy.engine.pool_process import WorkerPool
from deploy.jars.cache import CLUSTER, fetch
from deploy.jars.java import find_java
from deploy.machine.ports import Ports
from deploy.machine.process import Part
from schemas.settings import Settings


@dataclass(frozen=True)
class Servers:
    """`broker` is None when the settings name an external Kafka."""

    job_server: JobServer
    pool: WorkerPool
    broker: Broker | None

    def __iter__(self) -> Iterator[Part]:
        yield self.job_server
        yield self.pool
        if self.broker:
            yield self.broker


def make_servers(settings: Settings, ports: Ports) -> Servers:
    """Create the servers that `settings` require. Raises DownloadError when their jars cannot be downloaded."""
    data, java = settings.data.absolute(), find_java()
    own_broker = settings.kafka.bootstrap_servers is None
    rocksdb = settings.pipeline.state_backend == "rocksdb"
    jars = fetch(sets=[*(["kafka"] if own_broker else []), "flink", *([CLUSTER] if rocksdb else [])])
    class_path = [*jars["flink"], *jars.get(CLUSTER, [])]
    heap, master = settings.pipeline.flink_heap_mb, settings.pipeline.flink_master
    return Servers(
        JobServer(data, class_path, ports, master, heap, java),
        WorkerPool(data, ports),
        Broker(data, jars["kafka"], ports, java) if own_broker else None,
    )
