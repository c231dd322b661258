"""The source and the sink of the job: Kafka here, lists and files in tests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam

from pipelines.kafka.poll_partitions import ReadRaw
from pipelines.kafka.write import WriteKafka
from pipelines.newness.kafka_store import with_snapshots
from schemas.settings import Settings


@dataclass(frozen=True)
class Edges:
    """`read` yields (RawRef, value, key); `write` takes messages; `make_store` creates the store of the alert step."""

    read: beam.PTransform
    write: beam.PTransform
    make_store: Callable[[Settings], Any]


def kafka_edges(settings: Settings) -> Edges:
    return Edges(read=ReadRaw(settings), write=beam.ParDo(WriteKafka(settings)), make_store=with_snapshots)
