"""Follow alert topics in the terminal. Delivery: at least once; an alert may be shown again after a restart."""
import sys
import time
from collections.abc import Iterator, Sequence

from kafka import TopicPartition
from rich.console import Console

from deploy.show import show
from pipelines.kafka import consumer
from schemas.alert import Alert
from schemas.codec import DecodeError, decode
from schemas.settings import Settings


def alerts(
    settings: Settings, topics: Sequence[str], from_beginning: bool, until_idle: float | None
) -> Iterator[Alert]:
    """The alerts of `topics` ("alerts.merida"), as they come; ends after `until_idle` seconds without one.

    Raises LookupError for a topic that does not exist.
    """
    client = consumer(settings.kafka)
    places = []
    for topic in map(settings.kafka.topic, topics):
        numbers = client.partitions_for_topic(topic)
        if not numbers:
            raise LookupError(f"topic {topic} does not exist on {settings.kafka.bootstrap_servers}")
        places += [TopicPartition(topic, number) for number in numbers]
    client.assign(places)
    edges = client.beginning_offsets(places) if from_beginning else client.end_offsets(places)
    for place, offset in edges.items():
        client.seek(place, offset)
    last = time.monotonic()
    while until_idle is None or time.monotonic() - last < until_idle:
        for records in client.poll(timeout_ms=200).values():
            for record in records:
                last = time.monotonic()
                try:
                    yield decode(Alert, record.value)
                except DecodeError as error:
                    print(f"unreadable alert {record.key!r}: {error}", file=sys.stderr)
    client.close(autocommit=False)


def subscribe(
    settings: Settings,
    topics: Sequence[str],
    from_beginning: bool = False,
    as_json: bool = False,
    until_idle: float | None = None,
) -> int:
    """Print alerts until interrupted. `topics` empty: all alert topics of the taxonomy."""
    names = [t if t.startswith("alerts.") else f"alerts.{t}" for t in topics or settings.pipeline.alert_topics]
    console = Console()
    for alert in alerts(settings, names, from_beginning, until_idle):
        if as_json:
            print(alert.model_dump_json(exclude_none=True), flush=True)
        else:
            show(alert, console)
    return 0
