"""Outcomes and dead letters to Kafka. Delivery: at least once; the key is derived from the raw record, so that what a
replay writes again counts once. A bundle fails when a record of it was not acknowledged."""

import apache_beam as beam

from pipelines.item import Message
from pipelines.kafka.clients import Outbox
from schemas.settings import Settings


class WriteKafka(beam.DoFn):
    """Sends (topic, key, value) and waits for the acknowledgements at the end of each bundle."""

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
