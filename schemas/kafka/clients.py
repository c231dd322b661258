"""The one place where Kafka clients are created: for the connectors, the job, the commands and the tests."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from schemas.cloudevents import headers_of
from schemas.kafka.sound_consumer import SoundConsumer
from schemas.settings import KafkaSettings


class NoTopic(LookupError):
    """A topic does not exist."""

    mistake = True


def producer(settings: KafkaSettings, **options: Any) -> KafkaProducer:
    """A producer of raw bytes. Check the future of each record: `flush` does not raise for those that failed."""
    return KafkaProducer(**settings.writer_options() | options)


def consumer(settings: KafkaSettings, **options: Any) -> SoundConsumer:
    """A consumer of raw bytes, without auto-commit, that passes over what cannot be read. The caller assigns the
    partitions."""
    return SoundConsumer(**settings.reader_options() | {"auto_offset_reset": "none"} | options)


@contextlib.contextmanager
def admin(settings: KafkaSettings, **options: Any) -> Iterator[KafkaAdminClient]:
    """An admin client, closed at the end. Raises KafkaError if no broker answers in time."""
    client = KafkaAdminClient(**settings.client_options() | options)
    try:
        yield client
    finally:
        client.close()


def send(client: KafkaProducer, settings: KafkaSettings, topic: str, key: str, value: bytes | None) -> Any:
    """Sends a record of one of our topics (without prefix), with its CloudEvents headers; returns its future."""
    headers = headers_of(topic, value or b"")
    return client.send(settings.topic(topic), key=key.encode("utf-8", "replace"), value=value, headers=headers)


def partitions_of(client: KafkaConsumer, settings: KafkaSettings, topics: Iterable[str]) -> list[TopicPartition]:
    """The partitions of the topics (without prefix), in order. Raises NoTopic for a topic that does not exist."""
    found = []
    for topic in map(settings.topic, topics):
        numbers = client.partitions_for_topic(topic)
        if not numbers:
            raise NoTopic(f"topic {topic} does not exist on {settings.bootstrap_servers}")
        found += [TopicPartition(topic, number) for number in sorted(numbers)]
    return found


def offsets_since(
    client: KafkaConsumer, places: Sequence[TopicPartition], since: datetime
) -> dict[TopicPartition, int]:
    """The offset of the first record of each partition that was written at `since` or later; its end if none was."""
    found = client.offsets_for_times(dict.fromkeys(places, int(since.timestamp() * 1000)))
    ends = client.end_offsets(places)
    return {place: at.offset if (at := found.get(place)) else ends[place] for place in places}
