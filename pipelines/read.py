"""Reading Kafka: ticks → one key a partition → a bounded poll with the offset in Beam state → records.

Delivery: a record is read again after a failure exactly when what became of it was rolled back with the offset. Group
offsets are committed when the bundle is final, so that any Kafka tool shows the true lag; their metadata holds the time
of the tick, so that a commit proves a recent tick and a recent checkpoint, whatever the engine.
"""
import json
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import structlog
from apache_beam.coders import StrUtf8Coder
from apache_beam.io.flink.flink_streaming_impulse_source import FlinkStreamingImpulseSource
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import OffsetOutOfRangeError

from pipelines.kafka import Committer, consumer
from pipelines.partition_keys import partition_keys
from schemas.outcome import RawRef
from schemas.settings import Settings

#: Each tick costs a bundle in every worker, whether there is news or not: most of what an idle machine does.
TICK_MS = 1000
#: The share of the time between two ticks in which the polls of one subtask, together, wait for a first record.
WAITING = 0.8
#: How long a poll waits for a further record, or when the tick has brought one already, in milliseconds.
NEXT_MS = 50
#: Every subtask of the source ticks, each in a phase of its own: what comes within this share of the time between two
#: ticks is the same tick again. On a cluster, whose subtasks begin seconds apart, keys would be polled twice as often.
SAME = 0.9
#: A tick is behind the last poll by less than so many seconds, or the clock was set back and "behind" means nothing.
STALE = 120.0
#: A group offset is committed anew after this many seconds although nothing came: its metadata tells the last tick.
HEARTBEAT = 5.0

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
    """Polls the partition that a key stands for. State: the next offset, and when the last poll began and was ticked.

    A tick that was stamped before the last poll of its key began is stale and skipped: ticks that queue up behind slow
    polls would otherwise keep the checkpoint barrier waiting. So is one that comes at once after the last: every
    subtask of the source ticks. A poll stops at its share of the time between two ticks, looked at after each record.
    """

    PLACE = ReadModifyWriteStateSpec("place", StrUtf8Coder())

    def __init__(self, settings: Settings, keys: list[str]) -> None:
        self.kafka = settings.kafka
        self.start = settings.pipeline.start
        self.topic = settings.kafka.topic("articles.raw")
        self.partition_of = {key: number for number, key in enumerate(keys)}
        share = min(TICK_MS, TICK_MS * settings.pipeline.parallelism // len(keys))
        self.poll_seconds, self.wait_ms = share / 1000, int(WAITING * share)

    def setup(self) -> None:
        self.committer = Committer(self.kafka)
        self.readers: dict[int, PartitionReader] = {}
        self.brought = 0.0

    def process(
        self,
        element: tuple[str, float],
        place: Any = beam.DoFn.StateParam(PLACE),
        finalizer: Any = beam.DoFn.BundleFinalizerParam,
    ) -> Iterator[Record]:
        key, ticked = element
        partition = self.partition_of[key]
        # Earlier versions kept but [offset, time].
        offset, began, last = [*json.loads(place.read() or "[null, 0]"), 0.0][:3]
        if is_stale(ticked, began, last):
            return
        began = time.time()
        reader = self.readers.get(partition) or PartitionReader(self.kafka, self.topic, partition, self.wait_ms)
        self.readers[partition] = reader
        first = offset = self._begin(reader, partition) if offset is None else offset
        deadline = time.monotonic() + self.poll_seconds
        for raw, value, article in reader.read(offset, NEXT_MS if self.brought == ticked else self.wait_ms):
            yield raw, value, article
            offset, self.brought = raw.offset + 1, ticked
            if time.monotonic() > deadline:
                break
        place.write(json.dumps([offset, began, ticked]))
        if offset != first or abs(ticked - reader.told) > HEARTBEAT:
            reader.told = ticked
            finalizer.register(lambda: self.committer.commit(self.topic, partition, offset, ticked))

    def _begin(self, reader: "PartitionReader", partition: int) -> int:
        """Where to begin without state: the committed group offset, else the configured start."""
        committed = self.committer.committed(self.topic, partition)
        begin = committed if committed is not None else reader.edge(self.start)
        log.info("reading begins", topic=self.topic, partition=partition, offset=begin, committed=committed is not None)
        return begin


def is_stale(ticked: float, began: float, last: float) -> bool:
    """Whether a tick is behind the last poll, which began at `began` and was ticked at `last`, or comes right after it.

    All are seconds since 1970. When the clock was set back, nothing is stale.
    """
    return 0 <= began - ticked < STALE or abs(ticked - last) < SAME * TICK_MS / 1000


class PartitionReader:
    """One partition, read from any offset; keeps what it fetched and did not hand out."""

    def __init__(self, settings: Any, topic: str, partition: int, wait_ms: int) -> None:
        self._place = TopicPartition(topic, partition)
        self._client: KafkaConsumer = consumer(settings, max_poll_records=50, fetch_max_wait_ms=max(NEXT_MS, wait_ms))
        self._client.assign([self._place])
        self._fetched: deque[Any] = deque()
        self._next: int | None = None
        #: The tick that the group's metadata was last made to tell, in seconds since 1970.
        self.told = 0.0

    def read(self, offset: int, wait_ms: int) -> Iterator[Record]:
        """The records from `offset` on: waits so long for the first, and ends when no further one is there at once."""
        if offset != self._next:
            self._fetched.clear()
            self._client.seek(self._place, offset)
            self._next = offset
        while True:
            if not self._fetched:
                self._fetch(wait_ms)
            if not self._fetched:
                return
            wait_ms = NEXT_MS
            record = self._fetched.popleft()
            self._next = record.offset + 1
            raw = RawRef(topic=record.topic, partition=record.partition, offset=record.offset)
            yield raw, record.value or b"", record.key.decode("utf-8", "replace") if record.key else None

    def edge(self, which: str) -> int:
        """The `earliest` or the `latest` offset there is."""
        ask = self._client.beginning_offsets if which == "earliest" else self._client.end_offsets
        offset: int = ask([self._place])[self._place]
        return offset

    def _fetch(self, wait_ms: int) -> None:
        try:
            for records in self._client.poll(timeout_ms=wait_ms).values():
                self._fetched.extend(records)
        except OffsetOutOfRangeError:
            first, end = self.edge("earliest"), self.edge("latest")
            number = self._place.partition
            if self._next is not None and self._next > end:
                log.error("the topic was made anew", partition=number, at=self._next, first=first, end=end)
            else:
                log.error("records expired before they were read", partition=number, at=self._next, first=first)
            self._client.seek(self._place, first)
