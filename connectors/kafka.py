"""Kafka clients of the connectors: write with acknowledgement, follow a topic, read a whole compacted topic.

Delivery: at least once. `Publisher.publish` returns only when every record was acknowledged by all in-sync replicas.
"""

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from connectors.errors import BrokerGone, RecordRefused, why
from connectors.kafka_topics import ROOM
from schemas.cloudevents import headers_of
from schemas.settings import KafkaSettings
from schemas.sound_consumer import SoundConsumer

#: Topic without prefix, key, value. A value of None is a tombstone, which deletes the key.
Message = tuple[str, str, bytes | None]

#: Milliseconds within which a record must be acknowledged; after that, publishing fails with BrokerGone.
_PATIENCE = 30_000


class Publisher:
    """Writes records and checks every future, because `KafkaProducer.flush` does not raise for failed sends.

    Thread-safe. The producer is created at first use, and again after a failure.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._producer: Any = None

    def publish(self, messages: Sequence[Message]) -> None:
        """Blocks until every message is acknowledged.

        Raises RecordRefused if one is larger than Kafka accepts, and BrokerGone for any other failure. In both cases
        some of the messages may have been written.
        """
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
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            what = ", ".join(f"{topic} {key[:100]!r}: {len(value or b'')} bytes" for topic, key, value in messages[:5])
            raise RecordRefused(f"{what}: {why(error)}"[:1000]) from None
        except (KafkaError, OSError, AssertionError) as error:
            self._discard(producer)
            where = messages[0][0] if messages else "no topic"
            raise BrokerGone(f"{self._settings.bootstrap_servers}: {where}: not written: {why(error)}") from None

    def _ready(self) -> Any:
        with self._lock:
            if self._producer is None:
                # Publishing waits for acknowledgement anyway; a producer that cannot connect is made anew.
                quick = {"bootstrap_timeout_ms": _PATIENCE // 3}
                self._producer = KafkaProducer(
                    **self._settings.writer_options() | quick,
                    batch_size=256 * 1024,
                    max_request_size=ROOM * self._settings.max_record_bytes,
                    delivery_timeout_ms=_PATIENCE,
                    request_timeout_ms=_PATIENCE // 3,
                    max_block_ms=_PATIENCE,
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
    """Follows a topic: reads its values from a given time on, as they arrive. Raises BrokerGone."""

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
        """The values that arrived since the last call. Waits at most one second. Raises BrokerGone."""
        try:
            found = self._consumer.poll(timeout_ms=1000)
        except (KafkaError, OSError) as error:
            self._consumer.close()
            raise BrokerGone(f"{self._where} cannot be read: {why(error)}") from None
        return [record.value for records in found.values() for record in records if record.value is not None]


def read_all(settings: KafkaSettings, topic: str, damaged: list[str] | None = None) -> dict[str, bytes]:
    """The latest value of each key of a topic, up to its current end offsets.

    Records that are damaged in the broker's log are passed over and logged. A line for each such place is appended to
    `damaged`. Raises BrokerGone if the topic is missing, or if nothing arrives for 30 s before the end is reached.
    """
    name = settings.topic(topic)
    try:
        consumer = _consumer(settings)
        try:
            return _read(consumer, name, damaged if damaged is not None else [])
        finally:
            consumer.close()
    except (KafkaError, OSError) as error:
        raise BrokerGone(f"{settings.bootstrap_servers}: {name} cannot be read: {why(error)}") from None


def _consumer(settings: KafkaSettings) -> SoundConsumer:
    return SoundConsumer(**settings.reader_options(), auto_offset_reset="earliest", max_poll_records=2000)


def _read(consumer: SoundConsumer, name: str, damaged: list[str]) -> dict[str, bytes]:
    numbers = consumer.partitions_for_topic(name)
    if not numbers:
        raise KafkaError(f"there is no topic {name}")
    latest: dict[str, bytes] = {}
    for place in [TopicPartition(name, number) for number in sorted(numbers)]:
        consumer.assign([place])
        consumer.seek_to_beginning()
        _read_partition(consumer, place, latest)
    damaged += [
        f"{gap.place.topic}, partition {gap.place.partition}, offsets {gap.first} to {gap.end - 1}: {gap.reason}"
        for gap in consumer.gaps
    ]
    return latest


def _read_partition(consumer: SoundConsumer, place: TopicPartition, latest: dict[str, bytes]) -> None:
    """Reads one partition to its end."""
    end = consumer.end_offsets([place])[place]
    deadline, at = time.monotonic() + _PATIENCE / 1000, -1
    while (position := consumer.position(place)) < end:
        if position > at:
            deadline, at = time.monotonic() + _PATIENCE / 1000, position
        elif time.monotonic() > deadline:
            raise KafkaError(f"no records for {_PATIENCE // 1000} s")
        for record in (record for records in consumer.poll(timeout_ms=500).values() for record in records):
            key = (record.key or b"").decode("utf-8", "replace")
            if record.value is None:
                latest.pop(key, None)
            else:
                latest[key] = record.value
