"""Read the data of a run that has ended: starts the broker of its data directory while somebody reads."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from deploy.engine.broker import Broker
from deploy.jars.cache import fetch
from deploy.machine.data_directory import AlreadyRunning, lock
from deploy.machine.instance import NothingRuns, with_running_broker
from deploy.machine.ports import Ports
from deploy.output import complain
from deploy.supervise.run_settings import with_kafka
from schemas.settings import Settings

DEMO = Path("data/demo")


@contextlib.contextmanager
def kept_broker(settings: Settings) -> Iterator[tuple[Settings, bool]]:
    """Context manager that yields (settings that point at a Kafka, whether that Kafka was started here).

    If the settings name a Kafka, or an instance runs on the data directory, that Kafka is used. Otherwise the broker
    of the directory is started alone, and stopped at the end. If the default data directory has no Kafka data but the
    demo's directory below it has, the demo's is read. Raises NothingRuns when there is neither an instance nor data.
    """
    if settings.kafka.bootstrap_servers:
        yield settings, False
        return
    if settings.data == Settings().data and not (settings.data / "kafka").exists() and (DEMO / "kafka").exists():
        say(f"nothing is kept in {settings.data}: reading {DEMO}, which the demo left")
        settings = settings.model_copy(update={"data": DEMO})
    if not (settings.data / "kafka" / "meta.properties").exists():
        yield with_running_broker(settings), False
        return
    try:
        held = lock(settings.data)
    except AlreadyRunning:
        yield settings_beside(settings), False
        return
    with held:
        say(f"no instance runs on {settings.data}: starting its broker to read what is kept")
        broker = Broker(settings.data, fetch(sets=("kafka",))["kafka"], Ports(settings.data / "ports.json"))
        try:
            broker.start()
            broker.wait_ready()
            yield with_kafka(settings, broker.bootstrap_servers), True
        finally:
            broker.stop()


def settings_beside(settings: Settings) -> Settings:
    """Settings for the Kafka of the process that holds the lock on the data directory.

    Raises NothingRuns when that process is not an instance, or has not started its Kafka yet.
    """
    try:
        return with_running_broker(settings)
    except NothingRuns:
        raise NothingRuns(f"another command reads, or starts on, {settings.data}: try again when it is done") from None


def say(text: str) -> None:
    complain(text)
