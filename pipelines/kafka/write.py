"""Writes outcomes and dead letters to Kafka. Delivery: at least once. Keys are derived from the raw record, so a record
that a replay writes again has the same key. A bundle fails when one of its records was not acknowledged."""

import apache_beam as beam

from pipelines.item import Message
from pipelines.kafka.outbox import Outbox
from schemas.settings import Settings


class WriteKafka(beam.DoFn):
    """Sends each (topic, key, value), and waits for all acknowledgements at the end of the bundle."""

    def __init__(self, settings: Settings) -> None:
        self.kafka = settings.kafka

    def setup(self) -> None:
        self.outbox = Outbox(self.kafka)

    def process(self, message: Message) -> None:
        self.outbox.send(message)

    def finish_bundle(self) -> None:
        self.outbox.flush()

    def teardown(self) -> None:
        self.outbox.close()
