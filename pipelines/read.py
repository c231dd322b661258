"""Reading Kafka: a timer for each partition polls it, with the offset in Beam state, and sets itself again → records.

Delivery: a record is read again after a failure exactly when what became of it was rolled back with the offset. Group
offsets are committed at each tick, when its bundle is final, so that any Kafka tool shows the lag; their metadata holds
the time of the tick, so that a commit proves a recent tick and a recent checkpoint, whatever the engine.
"""
import json
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import structlog
from apache_beam.coders import StrUtf8Coder
from apache_beam.io.flink.flink_streaming_impulse_source import FlinkStreamingImpulseSource
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import OffsetOutOfRangeError

from pipelines.kafka import Committer, consumer
from pipelines.partition_keys import partition_keys
from schemas.outcome import RawRef
from schemas.settings import KafkaSettings, Settings

#: A tick starts the polls, or starts them again, and commits how far they came.
TICK_MS = 10_000
#: Every subtask of the source ticks: what comes so soon after a key's last tick, in seconds, is the same tick again.
SAME = 0.5 * TICK_MS / 1000
#: How long the polls of all partitions, one after the other, wait for a first record, in milliseconds. Each round costs
#: a bundle, whether there is news or not: most of what an idle machine does. But a checkpoint waits for the polls under
#: way, and what other subtasks read waits with it.
WAIT_MS = 4000
#: How long a poll waits for a further record, or after another in its bundle found some, in milliseconds.
NEXT_MS = 50
#: How long the broker may hold back a fetch that finds nothing, in milliseconds.
FETCH_MS = 4000
#: A partition with so many records waiting here is not fetched until they are handed out.
ENOUGH = 200
#: How long the polls of one subtask, together, read on while there is more, in seconds: looked at after each record.
POLL = 1.0
#: A timer for this moment fires as soon as it can, whatever the clock says.
AT_ONCE = Timestamp(0)

log = structlog.get_logger()
Record = tuple[RawRef, bytes, str | None]


class ReadRaw(beam.PTransform):
    """Every record of `articles.raw`, as (RawRef, value, key)."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[Record]:
        keys = partition_keys(self.settings.kafka.partitions)
        return (
            begin
            | "Tick" >> FlinkStreamingImpulseSource().set_interval_ms(TICK_MS)
            | "Stamp" >> beam.FlatMap(stamp, keys).with_output_types(tuple[str, float])
            | "Poll" >> beam.ParDo(PollPartition(self.settings, keys))
        )


def stamp(_tick: Any, keys: list[str]) -> list[tuple[str, float]]:
    now = time.time()
    return [(key, now) for key in keys]


class PollPartition(beam.DoFn):
    """Polls the partition that a key stands for. State: the next offset. Timer: the next poll, at once after the last.

    A poll stops at its share of the time that a subtask's polls may take: the checkpoint barrier waits for it.
    """

    PLACE = ReadModifyWriteStateSpec("place", StrUtf8Coder())
    AGAIN = TimerSpec("again", TimeDomain.REAL_TIME)

    def __init__(self, settings: Settings, keys: list[str]) -> None:
        self.kafka = settings.kafka
        self.start = settings.pipeline.start
        self.topic = settings.kafka.topic("articles.raw")
        self.partition_of = {key: number for number, key in enumerate(keys)}
        self.poll_seconds = POLL * min(1.0, settings.pipeline.parallelism / len(keys))
        self.wait_ms = max(1, WAIT_MS // len(keys))

    def setup(self) -> None:
        self.committer = Committer(self.kafka)
        self.reader = Reader(self.kafka, self.topic)
        self.ticked: dict[str, float] = {}

    def start_bundle(self) -> None:
        self.news = False

    def process(
        self,
        element: tuple[str, float],
        place: Any = beam.DoFn.StateParam(PLACE),
        again: Any = beam.DoFn.TimerParam(AGAIN),
        finalizer: Any = beam.DoFn.BundleFinalizerParam,
    ) -> None:
        key, ticked = element
        if abs(ticked - self.ticked.get(key, 0.0)) < SAME:
            return
        self.ticked[key] = ticked
        again.set(AT_ONCE)
        offset = kept(place.read())
        if offset is not None:
            finalizer.register(lambda: self.committer.commit(self.topic, self.partition_of[key], offset, ticked))

    @on_timer(AGAIN)
    def poll(
        self,
        key: Any = beam.DoFn.KeyParam,
        place: Any = beam.DoFn.StateParam(PLACE),
        again: Any = beam.DoFn.TimerParam(AGAIN),
    ) -> Iterator[Record]:
        partition = self.partition_of[key]
        before = kept(place.read())
        offset = self._begin(partition) if before is None else before
        deadline = time.monotonic() + self.poll_seconds
        # What was found goes on when the bundle ends: nobody waits for more.
        wait_ms = min(NEXT_MS, self.wait_ms) if self.news else self.wait_ms
        for raw, value, article in self.reader.read(partition, offset, wait_ms):
            self.news = True
            yield raw, value, article
            offset = raw.offset + 1
            if time.monotonic() > deadline:
                break
        if offset != before:
            place.write(json.dumps([offset]))
        again.set(AT_ONCE)

    def _begin(self, partition: int) -> int:
        """Where to begin without state: the committed group offset, else the configured start."""
        committed = self.committer.committed(self.topic, partition)
        begin = committed if committed is not None else self.reader.edge(partition, self.start)
        log.info("reading begins", topic=self.topic, partition=partition, offset=begin, committed=committed is not None)
        return begin


def kept(state: str | None) -> int | None:
    """The offset in a key's state: the first of a list, of which earlier versions kept more."""
    offset: int | None = json.loads(state)[0] if state else None
    return offset


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
        next. Ends when no further one is there at once."""
        place = TopicPartition(self._topic, partition)
        self._go_to(place, offset)
        next_ms = min(NEXT_MS, wait_ms)
        while True:
            if not self._fetched[place]:
                self._fetch(next_ms if any(self._fetched.values()) else wait_ms)
            if not self._fetched[place]:
                return
            wait_ms = next_ms
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
