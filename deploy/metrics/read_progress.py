"""How far the job has read `articles.raw`, and its last tick. Read from Kafka, so this works with any engine."""

import time
from dataclasses import dataclass

from kafka import TopicPartition
from kafka.errors import UnknownTopicOrPartitionError

from schemas.kafka.clients import NoTopic, consumer, partitions_of
from schemas.settings import KafkaSettings

#: Milliseconds to wait for a Kafka that does not answer. `status` is asked by people and by monitoring.
BRIEF = 5000


@dataclass(frozen=True)
class Place:
    """One partition: its offsets from `first` to `end` (exclusive), the group's committed offset, and its last tick.

    `committed` and `ticked` (seconds since 1970) are None when the group never committed. `waiting` is when the oldest
    unread record was written, in seconds since 1970; None when all are read or that record could not be fetched.
    """

    topic: str
    partition: int
    first: int
    end: int
    committed: int | None = None
    ticked: float | None = None
    waiting: float | None = None

    @property
    def lag(self) -> int:
        """How many records are not read yet."""
        return self.end - max(self.first, self.committed or 0)

    @property
    def expired(self) -> int:
        """How many records Kafka deleted before they were read."""
        return max(0, self.first - self.committed) if self.committed is not None else 0


class ReadProgress:
    """Queries Kafka. `topic` is the topic that the group reads, without prefix.

    Raises UnknownTopicOrPartitionError when the topic does not exist yet; without its partitions every result would
    stay empty.
    """

    def __init__(self, settings: KafkaSettings, topic: str = "articles.raw") -> None:
        self._topic = settings.topic(topic)
        self._group = consumer(settings, group_id=settings.group, bootstrap_timeout_ms=BRIEF)
        self._peek = consumer(settings, max_poll_records=1, bootstrap_timeout_ms=BRIEF)
        try:
            self._partitions = partitions_of(self._peek, settings, [topic])
        except NoTopic:
            self.close()
            raise UnknownTopicOrPartitionError(f"topic {self._topic} does not exist yet") from None

    def read(self) -> list[Place]:
        """The current state of every partition. Raises KafkaError when the broker does not answer."""
        firsts = self._peek.beginning_offsets(self._partitions)
        ends = self._peek.end_offsets(self._partitions)
        return [self._place(partition, firsts[partition], ends[partition]) for partition in self._partitions]

    def ticked(self) -> float | None:
        """The oldest of the partitions' last ticks; None if one of them has no tick yet. Raises KafkaError."""
        kept = [self._group.committed(place, metadata=True, timeout_ms=5000) for place in self._partitions]
        ticks = [float(found.metadata) if found and found.metadata else None for found in kept]
        return None if None in ticks else min((tick for tick in ticks if tick is not None), default=None)

    def _place(self, partition: TopicPartition, first: int, end: int) -> Place:
        kept = self._group.committed(partition, metadata=True, timeout_ms=5000)
        there = kept is not None and kept.offset is not None and kept.offset >= 0
        committed = kept.offset if there else None
        ticked = float(kept.metadata) if there and kept.metadata else None
        unread = max(first, committed or 0)
        waiting = self._written(partition, unread) if unread < end else None
        return Place(self._topic, partition.partition, first, end, committed, ticked, waiting)

    def _written(self, partition: TopicPartition, offset: int) -> float | None:
        """When the record at `offset` was written, in seconds since 1970; None if it did not come within 2 s."""
        self._peek.assign([partition])
        self._peek.seek(partition, offset)
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            for records in self._peek.poll(timeout_ms=500).values():
                return float(records[0].timestamp) / 1000
        return None

    def close(self) -> None:
        self._group.close(autocommit=False)
        self._peek.close(autocommit=False)
