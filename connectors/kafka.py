"""Kafka as the connectors use it: writing with proof, following a topic, reading a compacted topic whole.

Delivery: at least once. `Publisher.publish` returns only when every record was acknowledged by all in-sync replicas.
"""
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from connectors.errors import BrokerGone, why
from connectors.kafka_topics import ROOM
from schemas.cloudevents import headers_of
from schemas.settings import KafkaSettings

#: Topic without prefix, key, value; without a value it is a tombstone: the key is forgotten.
Message = tuple[str, str, bytes | None]

#: How long a record may take to be acknowledged before we say so and try again, in milliseconds.
_PATIENCE = 30_000


class Publisher:
    """Writes records and looks at every future: `KafkaProducer.flush` does not raise for sends that failed.

    Threads may share it. The producer is made at the first use, and made anew after a failure.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._producer: Any = None

    def publish(self, messages: Sequence[Message]) -> None:
        """Blocks until every message is acknowledged. Raises BrokerGone; then any of them may be written or not."""
        producer = None
        try:
            producer = self._ready()
            futures = [
                producer.send(
                    self._settings.topic(topic),
                    key=key.encode("utf-8", "replace"),
                    value=value,
                    headers=headers_of(topic, value or b""),
                )
                for topic, key, value in messages
            ]
            for future in futures:
                future.get(timeout=_PATIENCE / 1000 + 5)
        except (KafkaError, OSError, AssertionError) as error:
            self._discard(producer)
            where = messages[0][0] if messages else "no topic"
            raise BrokerGone(f"{self._settings.bootstrap_servers}: {where}: not written: {why(error)}") from None

    def _ready(self) -> Any:
        with self._lock:
            if self._producer is None:
                self._producer = KafkaProducer(
                    **self._settings.client_options(),
                    acks="all",
                    enable_idempotence=True,
                    compression_type="gzip",
                    linger_ms=5,
                    batch_size=256 * 1024,
                    max_request_size=ROOM * self._settings.max_record_bytes,
                    delivery_timeout_ms=_PATIENCE,
                    request_timeout_ms=_PATIENCE // 3,
                    max_block_ms=_PATIENCE,
                    bootstrap_timeout_ms=_PATIENCE // 3,
                    allow_auto_create_topics=False,
                )
            return self._producer

    def _discard(self, producer: Any) -> None:
        with self._lock:
            if producer is not None and producer is self._producer:
                self._producer = None
                producer.close(timeout=0)

    def close(self, timeout: float = 2.0) -> None:
        with self._lock:
            if self._producer is not None:
                self._producer.close(timeout=timeout)
                self._producer = None


class Tail:
    """A topic's values from some time on, as they come. Raises BrokerGone."""

    def __init__(self, settings: KafkaSettings, topic: str, since: datetime) -> None:
        self._where = f"{settings.bootstrap_servers}: {settings.topic(topic)}"
        try:
            self._consumer = _consumer(settings)
            numbers = self._consumer.partitions_for_topic(settings.topic(topic))
            if not numbers:
                raise KafkaError(f"there is no topic {settings.topic(topic)}")
            places = [TopicPartition(settings.topic(topic), number) for number in numbers]
            self._consumer.assign(places)
            starts = self._consumer.offsets_for_times(dict.fromkeys(places, int(since.timestamp() * 1000)))
            ends = self._consumer.end_offsets(places)
            for place in places:
                start = starts.get(place)
                self._consumer.seek(place, start.offset if start else ends[place])
        except (KafkaError, OSError) as error:
            raise BrokerGone(f"{self._where} cannot be read: {why(error)}") from None

    def read(self) -> list[bytes]:
        """What came since the last call, as far as it is here within a second."""
        try:
            found = self._consumer.poll(timeout_ms=1000)
        except (KafkaError, OSError) as error:
            self._consumer.close()
            raise BrokerGone(f"{self._where} cannot be read: {why(error)}") from None
        return [record.value for records in found.values() for record in records if record.value is not None]


def read_all(settings: KafkaSettings, topic: str) -> dict[str, bytes]:
    """The latest value under each key of a topic, up to the ends it has now.

    Raises BrokerGone: when the topic is missing, and when nothing comes for half a minute although it should.
    """
    name = settings.topic(topic)
    try:
        consumer = _consumer(settings)
        try:
            return _read(consumer, name)
        finally:
            consumer.close()
    except (KafkaError, OSError) as error:
        raise BrokerGone(f"{settings.bootstrap_servers}: {name} cannot be read: {why(error)}") from None


def _consumer(settings: KafkaSettings) -> Any:
    return KafkaConsumer(
        **settings.client_options(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        max_partition_fetch_bytes=4 * settings.max_record_bytes,
        max_poll_records=2000,
    )


def _read(consumer: Any, name: str) -> dict[str, bytes]:
    numbers = consumer.partitions_for_topic(name)
    if not numbers:
        raise KafkaError(f"there is no topic {name}")
    partitions = [TopicPartition(name, number) for number in numbers]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    latest: dict[str, bytes] = {}
    deadline = time.monotonic() + _PATIENCE / 1000
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        if time.monotonic() > deadline:
            raise KafkaError(f"no records for {_PATIENCE // 1000} s")
        for records in consumer.poll(timeout_ms=500).values():
            deadline = time.monotonic() + _PATIENCE / 1000
            for record in records:
                key = (record.key or b"").decode("utf-8", "replace")
                if record.value is None:
                    latest.pop(key, None)
                else:
                    latest[key] = record.value
    return latest
