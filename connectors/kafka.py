"""How the connectors use Kafka: they write with acknowledgement, and read a whole compacted topic.

Delivery: at least once. `Publisher.publish` returns only when every record was acknowledged by all in-sync replicas.
"""

import contextlib
import threading
from collections.abc import Sequence
from typing import Any

from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from connectors.errors import BrokerGone, RecordRefused, why
from connectors.kafka_topics import ROOM
from schemas.kafka.clients import NoTopic, producer, send
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import KafkaSettings

#: Topic without prefix, key, value. A value of None is a tombstone, which deletes the key.
Message = tuple[str, str, bytes | None]

#: Milliseconds within which a record must be acknowledged; after that, publishing fails with BrokerGone.
_PATIENCE = 30_000


class Publisher:
    """Writes records and waits until each is acknowledged.

    Thread-safe. The producer is created at first use, and again after a failure.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._producer: Any = None

    def publish(self, messages: Sequence[Message]) -> None:
        """Blocks until every message is acknowledged.

        Raises RecordRefused if one is larger than Kafka accepts, and BrokerGone for any other failure. In both cases
        some of the messages may have been written.
        """
        client = None
        try:
            client = self._ready()
            futures = [send(client, self._settings, topic, key, value) for topic, key, value in messages]
            for future in futures:
                future.get(timeout=_PATIENCE / 1000 + 5)
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            what = ", ".join(f"{topic} {key[:100]!r}: {len(value or b'')} bytes" for topic, key, value in messages[:5])
            raise RecordRefused(f"{what}: {why(error)}"[:1000]) from None
        except (KafkaError, OSError, AssertionError) as error:
            self._discard(client)
            where = messages[0][0] if messages else "no topic"
            raise BrokerGone(f"{self._settings.bootstrap_servers}: {where}: not written: {why(error)}") from None

    def _ready(self) -> Any:
        with self._lock:
            if self._producer is None:
                # Publishing waits for acknowledgement anyway; a producer that cannot connect is made anew.
                self._producer = producer(
                    self._settings,
                    bootstrap_timeout_ms=_PATIENCE // 3,
                    batch_size=256 * 1024,
                    max_request_size=ROOM * self._settings.max_record_bytes,
                    delivery_timeout_ms=_PATIENCE,
                    request_timeout_ms=_PATIENCE // 3,
                    max_block_ms=_PATIENCE,
                )
            return self._producer

    def _discard(self, client: Any) -> None:
        with self._lock:
            if client is not None and client is self._producer:
                self._producer = None
                client.close(timeout=0)

    def close(self, timeout: float = 2.0) -> None:
        with self._lock:
            if self._producer is not None:
                self._producer.close(timeout=timeout)
                self._producer = None


def read_all(settings: KafkaSettings, topic: str, damaged: list[str] | None = None) -> dict[str, bytes]:
    """The latest value of each key of a topic, up to its current end offsets.

    Records that are damaged in the broker's log are passed over and logged. A line for each such place is appended to
    `damaged`. Raises BrokerGone if the topic is missing, or if Kafka does not answer before the end is reached.
    """
    latest: dict[str, bytes] = {}
    try:
        with contextlib.closing(TopicTail(settings, [topic])) as tail:
            for _, raw, value in tail.read():
                key = (raw or b"").decode("utf-8", "replace")
                if value is None:
                    latest.pop(key, None)
                else:
                    latest[key] = value
    except (KafkaError, OSError, NoTopic) as error:
        raise BrokerGone(
            f"{settings.bootstrap_servers}: {settings.topic(topic)} cannot be read: {why(error)}"
        ) from None
    if damaged is not None:
        damaged += [
            f"{gap.place.topic}, partition {gap.place.partition}, offsets {gap.first} to {gap.end - 1}: {gap.reason}"
            for gap in tail.gaps
        ]
    return latest
