"""How a bundle of the job writes to Kafka: records with acknowledgement, and the offsets up to which it has read.

Delivery: `Outbox.flush` returns only when all in-sync replicas acknowledged every record; otherwise it raises.
"""

import contextlib
import threading
import time
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from pipelines.fit import fitted
from pipelines.item import Message
from schemas.kafka.clients import consumer, producer, send
from schemas.settings import KafkaSettings

SEND_TIMEOUT = 60.0
#: How long a record waits for others to be sent with it, in milliseconds; the end of a bundle sends all at once. With
#: the 5 ms of other producers, each outcome was a request of its own, and its thread took the interpreter's lock from
#: the articles.
LINGER_MS = 200


class SendFailed(Exception):
    """A record was not acknowledged. The bundle must be retried."""


class Outbox:
    """Sends the records of a bundle, and waits for their acknowledgements at its end."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        # Safe: the topics accept three times the size of a raw record.
        self._most = 2 * settings.max_record_bytes
        self._producer = producer(settings, max_request_size=self._most, linger_ms=LINGER_MS)
        self._pending: list[tuple[str, Any]] = []

    def send(self, message: Message) -> None:
        """Send a message, cut to the size that the topics accept. Raises ValueError when it cannot be cut."""
        topic, key, value = message
        value = fitted(topic, key, value, self._most)
        self._pending.append((f"{topic} {key}", send(self._producer, self._settings, topic, key, value)))

    def flush(self) -> None:
        """Wait until all sent records are acknowledged. Raises SendFailed with the first record that was not."""
        pending, self._pending = self._pending, []
        deadline = time.monotonic() + SEND_TIMEOUT
        if pending:
            with contextlib.suppress(KafkaError):  # the futures below tell which records failed
                self._producer.flush(timeout=SEND_TIMEOUT)
        for name, future in pending:
            try:
                future.get(timeout=max(deadline - time.monotonic(), 0.01))
            except Exception as error:
                raise SendFailed(f"{name}: {type(error).__name__}: {error}") from error

    def close(self) -> None:
        self._producer.close(timeout=5)


class Committer:
    """Commits group offsets, never a lower one after a higher one: finalizers run on other threads, in any order."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: KafkaConsumer | None = None
        self._highest: dict[TopicPartition, int] = {}

    def commit(self, topic: str, partition: int, offset: int, ticked: float) -> None:
        """Commit `offset` (the next to read) with the time `ticked` as metadata, unless a higher one was committed."""
        with self._lock:
            place = TopicPartition(topic, partition)
            if self._highest.get(place, -1) > offset:
                return
            if self._client is None:
                self._client = consumer(self._settings, group_id=self._settings.group)
            self._client.commit({place: OffsetAndMetadata(offset, f"{ticked:.3f}", -1)})
            self._highest[place] = offset

    def committed(self, topic: str, partition: int) -> int | None:
        with self._lock:
            if self._client is None:
                self._client = consumer(self._settings, group_id=self._settings.group)
            offset: int | None = self._client.committed(TopicPartition(topic, partition))
            return offset
