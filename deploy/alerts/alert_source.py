"""Reads the alert topics for a route, with a Kafka consumer group of its own that stores the route's offsets."""

from collections.abc import Mapping, Sequence

from kafka import TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from connectors.delivery.route_runner import Place, QueuedAlert
from connectors.errors import BrokerGone
from schemas.kafka.clients import consumer, partitions_of
from schemas.settings import Settings

POLL_MS = 200


class AlertSource:
    """Reads `topics` (without prefix) from the committed offsets of `group`. The note is stored as their metadata.

    A new group begins at `start`: "earliest" is the beginning of the topics, otherwise their end. The attribute `start`
    has the offsets where reading begins; the deliverer commits them at once, so that a new group misses no later alert.
    Raises BrokerGone, or NoTopic for a topic that does not exist.
    """

    def __init__(self, settings: Settings, topics: Sequence[str], group: str, start: str) -> None:
        self._kafka = settings.kafka
        self._prefix = len(settings.kafka.topic_prefix)
        try:
            self._client = consumer(settings.kafka, group_id=group, max_poll_records=200)
            self._seek(partitions_of(self._client, settings.kafka, topics), start)
        except (KafkaError, OSError) as error:
            raise BrokerGone(f"{self._kafka.bootstrap_servers}: {group}: {type(error).__name__}: {error}") from None

    def _seek(self, places: Sequence[TopicPartition], start: str) -> None:
        self._client.assign(places)
        begin, end = self._client.beginning_offsets(places), self._client.end_offsets(places)
        first: dict[Place, int] = {}
        self.note = ""
        for place in places:
            kept = self._client.committed(place, metadata=True)
            edge = begin[place] if start == "earliest" else end[place]
            offset = min(max(kept.offset, begin[place]), end[place]) if kept else edge
            self.note = kept.metadata or self.note if kept else self.note
            self._client.seek(place, offset)
            first[place.topic[self._prefix :], place.partition] = offset
        self.start: Mapping[Place, int] = first

    def poll(self) -> list[QueuedAlert]:
        try:
            batches = self._client.poll(timeout_ms=POLL_MS)
        except (KafkaError, OSError) as error:
            raise BrokerGone(f"{self._kafka.bootstrap_servers}: not read: {type(error).__name__}: {error}") from None
        return [
            QueuedAlert.read(place.topic[self._prefix :], place.partition, record.offset, record.value)
            for place, records in batches.items()
            for record in records
        ]

    def keep(self, places: Mapping[Place, int], note: str) -> None:
        offsets = {
            TopicPartition(self._kafka.topic(topic), number): OffsetAndMetadata(offset, note, -1)
            for (topic, number), offset in places.items()
        }
        try:
            self._client.commit(offsets)
        except (KafkaError, OSError) as error:
            raise BrokerGone(f"{self._kafka.bootstrap_servers}: not kept: {type(error).__name__}: {error}") from None

    def close(self) -> None:
        self._client.close(autocommit=False)
