"""One Kafka client for all partitions of a subtask. Each can be read from any offset; one poll waits for all."""

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import structlog
from kafka import TopicPartition
from kafka.errors import OffsetOutOfRangeError

from pipelines.kafka.outbox import Committer
from pipelines.kafka.read_ahead import ReadAhead
from pipelines.kafka.subtask_notes import note
from schemas.kafka.clients import consumer
from schemas.outcome import RawRef
from schemas.settings import KafkaSettings

#: How long the broker may wait before it answers a fetch that finds no records, in milliseconds.
FETCH_MS = 4000
#: A partition with more than this many fetched records is not fetched again until some are handed out.
ENOUGH = 200

log = structlog.get_logger()
Record = tuple[RawRef, bytes, str | None]


class Damaged(NamedTuple):
    """A record that cannot be read. Only its position is known."""

    topic: str
    partition: int
    offset: int
    key: bytes | None = None
    value: bytes | None = None


class Clients:
    """The Kafka clients of this process: one committer, and the readers not in use by a bundle, by subtask.

    Beam creates a second DoFn while a bundle of the first waits to be finalized, and the two take turns. If each had
    its own reader, this reader would hold old records and wait, up to `FETCH_MS`, for a fetch from an old offset.
    So they share one. The reader of a failed bundle is not given back.
    """

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self.committer = Committer(settings)
        self._settings = settings
        self._topic = topic
        self._idle: dict[int, Reader] = {}

    def take(self, subtask: int) -> "Reader":
        """The reader that last read this subtask's partitions, or a new one."""
        if reader := self._idle.pop(subtask, None):
            return reader
        note(subtask)
        return Reader(self._settings, self._topic)

    def give_back(self, subtask: int, reader: "Reader") -> None:
        self._idle[subtask] = reader


class Reader:
    """Reads some partitions of a topic, each from any offset. Buffers records that are fetched but not handed out."""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self._topic = topic
        self._client = consumer(settings, fetch_max_wait_ms=FETCH_MS)
        self._fetched: dict[TopicPartition, deque[Any]] = defaultdict(deque)
        self._next: dict[TopicPartition, int] = {}
        self._asked: set[TopicPartition] = set()
        self.ahead = ReadAhead()

    def read(self, partition: int, offset: int, wait_ms: int) -> Iterator[Record]:
        """The records from `offset` on. Waits up to `wait_ms` for the first one, and less when another partition has
        records, so that it can be read next. Ends when no more records are available at once. The first call for a
        partition only registers it and yields nothing: a partition cannot be added to a fetch that is already sent, so
        the first fetch is made when all partitions are known."""
        place = TopicPartition(self._topic, partition)
        first_turn = place not in self._next
        self._go_to(place, offset)
        if first_turn:
            return
        while True:
            if not self._fetched[place]:
                self._fetch(0 if any(self._fetched.values()) else wait_ms)
            if not self._fetched[place]:
                return
            wait_ms = 0
            record = self._fetched[place].popleft()
            self._next[place] = record.offset + 1
            raw = RawRef(topic=record.topic, partition=record.partition, offset=record.offset)
            yield raw, record.value or b"", record.key.decode("utf-8", "replace") if record.key else None

    def edge(self, partition: int, which: str) -> int:
        """The `earliest` or the `latest` offset of a partition."""
        place = TopicPartition(self._topic, partition)
        ask = self._client.beginning_offsets if which == "earliest" else self._client.end_offsets
        offset: int = ask([place])[place]
        return offset

    def _go_to(self, place: TopicPartition, offset: int) -> None:
        if offset != self._next.get(place):
            self._fetched[place].clear()
            self._next[place] = offset
            if place in self._asked:
                self._client.seek(place, offset)

    def _fetch(self, wait_ms: int) -> None:
        """Wait for records of any partition. A partition with more than `ENOUGH` records buffered is not fetched."""
        self._ask_for({place for place in self._next if len(self._fetched[place]) <= ENOUGH})
        try:
            for place, records in self._client.poll(timeout_ms=wait_ms).items():
                self._fetched[place].extend(records)
        except OffsetOutOfRangeError as error:
            self._skip_what_is_gone(error)
        self._hand_out_damaged()

    def _hand_out_damaged(self) -> None:
        """Put an empty record into the buffer for each one that was passed over. It becomes a dead letter."""
        for gap in self._client.gaps:
            offsets = range(gap.first, gap.end)
            self._fetched[gap.place].extend(Damaged(gap.place.topic, gap.place.partition, at) for at in offsets)
        self._client.gaps.clear()

    def _ask_for(self, places: set[TopicPartition]) -> None:
        """Fetch these partitions and no others. This assigns partitions instead of pausing them: after pause and seek,
        kafka-python 3.0.12 may never fetch a partition again."""
        if places == self._asked:
            return
        self._client.assign(sorted(places))
        for place in places - self._asked:
            waiting = self._fetched[place]
            self._client.seek(place, waiting[-1].offset + 1 if waiting else self._next[place])
        self._asked = places

    def _skip_what_is_gone(self, error: OffsetOutOfRangeError) -> None:
        """Log an error and go on at the first record that exists. `_next` is not changed, so that the next call for
        this partition does not seek back."""
        for place in error.args[0]:
            number, at = place.partition, self._next[place]
            first, end = self.edge(number, "earliest"), self.edge(number, "latest")
            if at > end:
                log.error("the topic was made anew", partition=number, at=at, first=first, end=end)
            else:
                log.error("records expired before they were read", partition=number, at=at, first=first)
            self._client.seek(place, first)
