"""One Kafka client for the partitions of a subtask: each is read from any offset, and all are waited for together."""

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import OffsetOutOfRangeError

from pipelines.kafka.clients import CORRUPT, Committer, consumer, sound_from
from schemas.outcome import RawRef
from schemas.settings import KafkaSettings

#: How long the broker may hold back a fetch that finds nothing, in milliseconds.
FETCH_MS = 4000
#: A partition with so many records waiting here is not fetched until they are handed out.
ENOUGH = 200

log = structlog.get_logger()
Record = tuple[RawRef, bytes, str | None]


class Damaged(NamedTuple):
    """A record that cannot be read: all that is known is where it stands."""

    topic: str
    partition: int
    offset: int
    key: bytes | None = None
    value: bytes | None = None


class Clients:
    """What polls Kafka in this process: one committer, and the readers that no bundle uses now, by subtask.

    Beam makes a second DoFn while a bundle of the first waits to be final, and they take turns. With a reader of its
    own, each would come back to what it fetched long ago and wait, up to `FETCH_MS`, for a fetch of the wrong place.
    A reader whose bundle failed does not come back.
    """

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self.committer = Committer(settings)
        self._settings = settings
        self._topic = topic
        self._idle: dict[int, Reader] = {}

    def take(self, subtask: int) -> "Reader":
        """The reader that read this subtask's partitions last, else a new one."""
        return self._idle.pop(subtask, None) or Reader(self._settings, self._topic)

    def give_back(self, subtask: int, reader: "Reader") -> None:
        self._idle[subtask] = reader


class Reader:
    """Some partitions of a topic, each read from any offset; keeps what it fetched and did not hand out."""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self._topic = topic
        self._client: KafkaConsumer = consumer(settings, fetch_max_wait_ms=FETCH_MS)
        self._fetched: dict[TopicPartition, deque[Any]] = defaultdict(deque)
        self._next: dict[TopicPartition, int] = {}
        self._asked: set[TopicPartition] = set()

    def read(self, partition: int, offset: int, wait_ms: int) -> Iterator[Record]:
        """The records from `offset` on. Waits so long for the first, or until another partition has news: its turn is
        next. Ends when no further one is there already. At its first turn a partition is only noted, for a fetch that
        is under way cannot be added to: the first is for all of them."""
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
        """The `earliest` or the `latest` offset there is."""
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
        """Wait for records of any partition; one that has enough waiting here must not pile up more."""
        self._ask_for({place for place in self._next if len(self._fetched[place]) <= ENOUGH})
        try:
            for place, records in self._client.poll(timeout_ms=wait_ms).items():
                self._fetched[place].extend(records)
        except OffsetOutOfRangeError as error:
            self._skip_what_is_gone(error)
        except CORRUPT as error:
            self._hand_out_damaged(str(error))

    def _hand_out_damaged(self, reason: str) -> None:
        """Hand damaged records out empty: each becomes a dead letter, and the next is read."""
        for place in self._asked:
            waiting = self._fetched[place]
            at, end = waiting[-1].offset + 1 if waiting else self._next[place], self.edge(place.partition, "latest")
            sound = sound_from(self._client, place, at, end, reason)
            waiting.extend(Damaged(place.topic, place.partition, offset) for offset in range(at, sound))
        self._asked = set()

    def _ask_for(self, places: set[TopicPartition]) -> None:
        """Have these partitions fetched and no others. (One that is paused and sought meanwhile may never be fetched
        again: kafka-python 3.0.12 forgets what it parked of it.)"""
        if places == self._asked:
            return
        self._client.assign(sorted(places))
        for place in places - self._asked:
            waiting = self._fetched[place]
            self._client.seek(place, waiting[-1].offset + 1 if waiting else self._next[place])
        self._asked = places

    def _skip_what_is_gone(self, error: OffsetOutOfRangeError) -> None:
        """Tell of it and go on at the first record there is. `_next` stays: the next turn must not seek back."""
        for place in error.args[0]:
            number, at = place.partition, self._next[place]
            first, end = self.edge(number, "earliest"), self.edge(number, "latest")
            if at > end:
                log.error("the topic was made anew", partition=number, at=at, first=first, end=end)
            else:
                log.error("records expired before they were read", partition=number, at=at, first=first)
            self._client.seek(place, first)
