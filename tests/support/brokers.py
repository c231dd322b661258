"""A real broker for tests, with the program's topics and nothing else."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from connectors.kafka import Publisher
from connectors.kafka_topics import ensure_topics
from deploy.engine.broker import Broker
from deploy.jars.cache import fetch
from deploy.machine.ports import Ports
from schemas.alert import Alert
from schemas.codec import encode
from schemas.settings import KafkaSettings, Settings


@contextlib.contextmanager
def broker(data: Path) -> Iterator[tuple[Broker, Settings]]:
    """A started broker on `data`, and settings that point at it; stopped at the end."""
    server = Broker(data, fetch(sets=("kafka",))["kafka"], Ports(data / "ports.json"))
    try:
        server.start()
        server.wait_ready()
        settings = Settings(data=data, kafka=KafkaSettings(bootstrap_servers=server.bootstrap_servers))
        ensure_topics(settings)
        yield server, settings
    finally:
        server.stop()


def publish(settings: Settings, alerts: Sequence[Alert]) -> None:
    publisher = Publisher(settings.kafka)
    publisher.publish([(f"alerts.{alert.topic}", alert.id, encode(alert)) for alert in alerts])
    publisher.close()
