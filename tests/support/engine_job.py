"""The smallest job of the shape the pipeline has: ticks → keyed stateful count → Kafka. For test_engine.py."""

import os
from collections.abc import Iterator

import apache_beam as beam
from apache_beam.coders import VarIntCoder
from apache_beam.io.flink.flink_streaming_impulse_source import FlinkStreamingImpulseSource
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from schemas.kafka.clients import producer
from schemas.settings import KafkaSettings

KEYS = ("a", "b", "c", "d")


class Count(beam.DoFn):
    """Gives (key, how many ticks that key had since the very first start, the worker's pid)."""

    SEEN = ReadModifyWriteStateSpec("seen", VarIntCoder())

    def process(self, element: tuple[str, bytes], seen=beam.DoFn.StateParam(SEEN)) -> Iterator[tuple[str, int, int]]:
        count = (seen.read() or 0) + 1
        seen.write(count)
        yield element[0], count, os.getpid()


class Write(beam.DoFn):
    def __init__(self, servers: str, topic: str) -> None:
        self.servers, self.topic = servers, topic

    def setup(self) -> None:
        self.producer = producer(KafkaSettings(bootstrap_servers=self.servers))

    def process(self, element: tuple[str, int, int]) -> None:
        key, count, pid = element
        self.producer.send(self.topic, key=key.encode(), value=f"{count} {pid}".encode()).get(30)

    def teardown(self) -> None:
        self.producer.close()


def build(pipeline: beam.Pipeline, args: list[str]) -> None:
    servers, topic = args
    (
        pipeline
        | "Ticks" >> FlinkStreamingImpulseSource().set_interval_ms(200)
        | "Keys" >> beam.FlatMap(lambda tick: [(key, tick) for key in KEYS]).with_output_types(tuple[str, bytes])
        | "Count" >> beam.ParDo(Count())
        | "Write" >> beam.ParDo(Write(servers, topic))
    )
