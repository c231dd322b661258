"""The Kafka source: each partition has a timer that polls it and sets itself again. The next offset is in Beam state.

Delivery: the offset and the results of a record belong to the same checkpoint, so after a failure a record is read
again exactly when its results were rolled back too. Group offsets are committed at each tick, once its bundle is
finalized, so that any Kafka tool shows the lag. Their metadata is the time of the tick, so a commit proves a recent
tick and a recent checkpoint, on any engine.
"""

import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import apache_beam as beam
import structlog
from apache_beam.coders import StrUtf8Coder
from apache_beam.io.flink.flink_streaming_impulse_source import FlinkStreamingImpulseSource
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.utils.shared import Shared
from apache_beam.utils.timestamp import Timestamp

from pipelines.kafka.partition_keys import partition_keys, subtask_of
from pipelines.kafka.partition_reader import Clients, Reader, Record
from schemas.settings import Settings

#: Milliseconds between ticks. A tick starts the polls, or restarts them, and commits their offsets.
TICK_MS = 10_000
#: Every subtask of the source sends each tick. One that comes within this many seconds of a key's last is ignored.
SAME = 0.5 * TICK_MS / 1000
#: How long one round of polls of all partitions waits for a first record, in milliseconds. Each round costs a bundle,
#: with or without records, and this is most of the CPU time of an idle job; so longer is cheaper. But a checkpoint
#: waits for running polls, and records of other subtasks wait with it; so it must not be too long.
WAIT_MS = 4000
#: How long the polls of one subtask together keep reading while there are records, in seconds. Checked at each record.
POLL = 3.0
#: A timer set to this time, which is in the past, fires as soon as possible.
AT_ONCE = Timestamp(0)

log = structlog.get_logger()


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
    """Polls the partition of a key. State: the next offset. Timer: the next poll, right after the last one.

    A poll stops after its share of `POLL`, the time for all polls of a subtask, because the checkpoint barrier waits.
    It also stops after as many records as the steps behind it take quickly (pipelines/kafka/read_ahead.py).
    """

    PLACE = ReadModifyWriteStateSpec("place", StrUtf8Coder())
    AGAIN = TimerSpec("again", TimeDomain.REAL_TIME)

    def __init__(self, settings: Settings, keys: list[str]) -> None:
        self.kafka = settings.kafka
        self.start = settings.pipeline.start
        self.parallelism = settings.pipeline.parallelism
        self.topic = settings.kafka.topic("articles.raw")
        self.partition_of = {key: number for number, key in enumerate(keys)}
        self.poll_seconds = POLL * min(1.0, settings.pipeline.parallelism / len(keys))
        self.wait_ms = max(1, WAIT_MS // len(keys))
        self.shared = Shared()

    def setup(self) -> None:
        self.clients: Clients = self.shared.acquire(partial(Clients, self.kafka, self.topic))
        self.ticked: dict[str, float] = {}

    def start_bundle(self) -> None:
        self.news = False
        self.taken: tuple[int, Reader] | None = None

    def finish_bundle(self) -> None:
        if self.taken:
            self.clients.give_back(*self.taken)

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
        offset, committer = kept(place.read()), self.clients.committer
        if offset is not None:
            finalizer.register(lambda: committer.commit(self.topic, self.partition_of[key], offset, ticked))

    @on_timer(AGAIN)
    def poll(
        self,
        key: Any = beam.DoFn.KeyParam,
        place: Any = beam.DoFn.StateParam(PLACE),
        again: Any = beam.DoFn.TimerParam(AGAIN),
    ) -> Iterator[Record]:
        partition, reader = self.partition_of[key], self._reader(key)
        before = kept(place.read())
        offset = self._begin(reader, partition) if before is None else before
        deadline = time.monotonic() + self.poll_seconds
        # Records go to the next step only when the bundle ends. So once there are some, do not wait for more.
        records = reader.read(partition, offset, 0 if self.news else self.wait_ms)
        for count, (raw, value, article) in enumerate(records, 1):
            self.news = True
            yield raw, value, article
            offset = raw.offset + 1
            if reader.ahead.took(count, now := time.monotonic()) or now > deadline:
                break
        if offset != before:
            place.write(json.dumps([offset]))
        again.set(AT_ONCE)

    def _reader(self, key: str) -> Reader:
        """The reader of this bundle. One is enough, because all keys of a bundle belong to one subtask."""
        if self.taken is None:
            subtask = subtask_of(key, self.parallelism)
            self.taken = subtask, self.clients.take(subtask)
            self.taken[1].ahead.begin(time.monotonic())
        return self.taken[1]

    def _begin(self, reader: Reader, partition: int) -> int:
        """The first offset when there is no state: the committed group offset, or else the configured start."""
        committed = self.clients.committer.committed(self.topic, partition)
        begin = committed if committed is not None else reader.edge(partition, self.start)
        log.info("reading begins", topic=self.topic, partition=partition, offset=begin, committed=committed is not None)
        return begin


def kept(state: str | None) -> int | None:
    """The offset in a key's state. It is the first entry of a list, because earlier versions stored more entries."""
    offset: int | None = json.loads(state)[0] if state else None
    return offset
