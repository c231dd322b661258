"""Reading Kafka: a timer for each partition polls it, with the offset in Beam state, and sets itself again → records.

Delivery: a record is read again after a failure exactly when what became of it was rolled back with the offset. Group
offsets are committed at each tick, when its bundle is final, so that any Kafka tool shows the lag; their metadata holds
the time of the tick, so that a commit proves a recent tick and a recent checkpoint, whatever the engine.
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

#: A tick starts the polls, or starts them again, and commits how far they came.
TICK_MS = 10_000
#: Every subtask of the source ticks: what comes so soon after a key's last tick, in seconds, is the same tick again.
SAME = 0.5 * TICK_MS / 1000
#: How long the polls of all partitions, one after the other, wait for a first record, in milliseconds. Each round costs
#: a bundle, whether there is news or not: most of what an idle machine does. But a checkpoint waits for the polls under
#: way, and what other subtasks read waits with it.
WAIT_MS = 4000
#: How long the polls of one subtask, together, read on while there is more, in seconds: looked at after each record.
POLL = 1.0
#: A timer for this moment fires as soon as it can, whatever the clock says.
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
    """Polls the partition that a key stands for. State: the next offset. Timer: the next poll, at once after the last.

    A poll stops at its share of the time that a subtask's polls may take: the checkpoint barrier waits for it.
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
        # What was found goes on when the bundle ends: nobody waits for more.
        for raw, value, article in reader.read(partition, offset, 0 if self.news else self.wait_ms):
            self.news = True
            yield raw, value, article
            offset = raw.offset + 1
            if time.monotonic() > deadline:
                break
        if offset != before:
            place.write(json.dumps([offset]))
        again.set(AT_ONCE)

    def _reader(self, key: str) -> Reader:
        """The bundle's: all its keys are of one subtask."""
        if self.taken is None:
            subtask = subtask_of(key, self.parallelism)
            self.taken = subtask, self.clients.take(subtask)
        return self.taken[1]

    def _begin(self, reader: Reader, partition: int) -> int:
        """Where to begin without state: the committed group offset, else the configured start."""
        committed = self.clients.committer.committed(self.topic, partition)
        begin = committed if committed is not None else reader.edge(partition, self.start)
        log.info("reading begins", topic=self.topic, partition=partition, offset=begin, committed=committed is not None)
        return begin


def kept(state: str | None) -> int | None:
    """The offset in a key's state: the first of a list, of which earlier versions kept more."""
    offset: int | None = json.loads(state)[0] if state else None
    return offset
