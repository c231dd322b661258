"""Kafka clients of the pipeline: read topics to their end, write with acknowledgement, commit offsets.

Delivery: `Outbox.flush` returns only when all in-sync replicas acknowledged every record; otherwise it raises.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from pipelines.fit import fitted
from pipelines.item import Message
from schemas.cloudevents import headers_of
from schemas.settings import KafkaSettings
from schemas.sound_consumer import SoundConsumer

SEND_TIMEOUT = 60.0
POLL_MS = 500


class NoTopic(LookupError):
    """A topic does not exist."""

    mistake = True


class SendFailed(Exception):
    """A record was not acknowledged. The bundle must be retried."""


def consumer(settings: KafkaSettings, **options: Any) -> SoundConsumer:
    """A consumer of raw bytes, without auto-commit, that passes over what cannot be read. The caller assigns the
    partitions."""
    return SoundConsumer(**settings.reader_options() | {"auto_offset_reset": "none"} | options)


class Outbox:
    """Sends records and checks every future, because `KafkaProducer.flush` does not raise for failed sends."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        # Safe: the topics accept three times the size of a raw record.
        self._most = 2 * settings.max_record_bytes
        self._producer = KafkaProducer(**settings.writer_options(), max_request_size=self._most)
        self._pending: list[tuple[str, Any]] = []

    def send(self, message: Message) -> None:
        """Send a message, cut to the size that the topics accept. Raises ValueError when it cannot be cut."""
        topic, key, value = message
        value = fitted(topic, key, value, self._most)
        name, headers = self._settings.topic(topic), headers_of(topic, value)
        future = self._producer.send(name, key=key.encode("utf-8"), value=value, headers=headers)
        self._pending.append((f"{topic} {key}", future))

    def flush(self) -> None:
        """Wait until all sent records are acknowledged. Raises SendFailed with the first record that was not."""
        pending, self._pending = self._pending, []
        for name, future in pending:
            try:
                future.get(timeout=SEND_TIMEOUT)
            except Exception as error:
                raise SendFailed(f"{name}: {type(error).__name__}: {error}") from error

    def close(self) -> None:
        self._producer.close(timeout=5)


class TopicTail:
    """Reads topics from their beginning (or their end). Each `read` goes up to the current end.

    `places` maps "topic-partition" to the next offset, as saved from an earlier tail, where this one goes on. At most
    `at_once` records are polled at a time. `damaged` counts the records that were passed over, by topic.
    Raises NoTopic for a topic that does not exist, KafkaError when the broker does not answer.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        topics: Iterable[str],
        from_end: bool = False,
        places: Mapping[str, int] | None = None,
        at_once: int = 2000,
    ) -> None:
        self._consumer = consumer(settings, max_poll_records=at_once)
        partitions = []
        for topic in map(settings.topic, topics):
            numbers = self._consumer.partitions_for_topic(topic)
            if not numbers:
                raise NoTopic(f"topic {topic} does not exist on {settings.bootstrap_servers}")
            partitions += [TopicPartition(topic, number) for number in sorted(numbers)]
        self._consumer.assign(partitions)
        edges = self._consumer.end_offsets if from_end else self._consumer.beginning_offsets
        self._next = edges(partitions)
        for partition, offset in self._next.items():
            self._next[partition] = max(offset, (places or {}).get(f"{partition.topic}-{partition.partition}", 0))
            self._consumer.seek(partition, self._next[partition])
        self._prefix = len(settings.topic_prefix)
        self.damaged = Counter[str]()

    def behind(self, places: Mapping[str, int]) -> bool:
        """Whether a topic ends before an offset in `places`, which means that it was deleted and created again."""
        ends = self._consumer.end_offsets(list(self._next))
        return any(end < places.get(f"{place.topic}-{place.partition}", 0) for place, end in ends.items())

    @property
    def places(self) -> dict[str, int]:
        """The next offset of each "topic-partition", up to date after each record that `read` yields."""
        return {f"{partition.topic}-{partition.partition}": offset for partition, offset in self._next.items()}

    def read(self) -> Iterator[tuple[str, bytes | None, bytes | None]]:
        """(topic without prefix, key, value) of every record up to the end offsets at the time of the call."""
        ends = self._consumer.end_offsets(list(self._next))
        while any(self._next[partition] < end for partition, end in ends.items()):
            batches = self._consumer.poll(timeout_ms=POLL_MS)
            for gap in self._consumer.gaps:
                self.damaged[gap.place.topic[self._prefix :]] += gap.end - gap.first
            self._consumer.gaps.clear()
            for partition, records in batches.items():
                for record in records:
                    self._next[partition] = record.offset + 1
                    yield partition.topic[self._prefix :], record.key, record.value
            for partition in self._next:
                self._next[partition] = self._consumer.position(partition)

    def close(self) -> None:
        self._consumer.close(autocommit=False)


class Committer:
    """Commits group offsets, never a lower one after a higher one: finalizers run on other threads, in any order."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: KafkaConsumer | None = None
        self._highest: dict[TopicPartition, int] = {}

    def commit(self, topic: str, partition: int, offset: int, ticked: float) -> None:
        """Commit `offset` (the next to read) with the time `ticked` as metadata, unless a higher one was committed."""
        with self._lock:
            place = TopicPartition(topic, partition)
            if self._highest.get(place, -1) > offset:
                return
            if self._client is None:
                self._client = consumer(self._settings, group_id=self._settings.group)
            self._client.commit({place: OffsetAndMetadata(offset, f"{ticked:.3f}", -1)})
            self._highest[place] = offset

    def committed(self, topic: str, partition: int) -> int | None:
        with self._lock:
            if self._client is None:
                self._client = consumer(self._settings, group_id=self._settings.group)
            offset: int | None = self._client.committed(TopicPartition(topic, partition))
            return offset
