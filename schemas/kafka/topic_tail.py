"""Reads topics to their end, again and again."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from kafka.errors import KafkaTimeoutError

from schemas.kafka.clients import consumer, offsets_since, partitions_of
from schemas.kafka.sound_consumer import POLL_MS, Gap
from schemas.settings import KafkaSettings

#: Topic without prefix, key, value.
Row = tuple[str, bytes | None, bytes | None]

#: Seconds without a record, although there are some, after which reading is given up. A broker that hangs is replaced
#: within this time.
SILENCE = 60.0


class TopicTail:
    """Reads topics from their beginning, or from their end, or from what was written at `since` or later.

    `places` maps "topic-partition" to the next offset, as saved from an earlier tail, where this one continues. At most
    `at_once` records are polled at a time. `damaged` counts the records that were passed over, by topic; `gaps` says
    where and why, until the caller clears them.
    Raises NoTopic for a topic that does not exist, KafkaError when the broker does not answer.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        topics: Iterable[str],
        from_end: bool = False,
        places: Mapping[str, int] | None = None,
        at_once: int = 2000,
        since: datetime | None = None,
    ) -> None:
        self._consumer = consumer(settings, max_poll_records=at_once)
        partitions = partitions_of(self._consumer, settings, topics)
        self._consumer.assign(partitions)
        if since:
            self._next = offsets_since(self._consumer, partitions, since)
        else:
            edges = self._consumer.end_offsets if from_end else self._consumer.beginning_offsets
            self._next = edges(partitions)
        for partition, offset in self._next.items():
            self._next[partition] = max(offset, (places or {}).get(f"{partition.topic}-{partition.partition}", 0))
            self._consumer.seek(partition, self._next[partition])
        self._prefix = len(settings.topic_prefix)
        self.damaged = Counter[str]()
        self.gaps: list[Gap] = []

    def behind(self, places: Mapping[str, int]) -> bool:
        """Whether a topic ends before an offset in `places`, which means that it was deleted and created again."""
        ends = self._consumer.end_offsets(list(self._next))
        return any(end < places.get(f"{place.topic}-{place.partition}", 0) for place, end in ends.items())

    @property
    def places(self) -> dict[str, int]:
        """The next offset of each "topic-partition", up to date after each record that `read` or `poll` yields."""
        return {f"{partition.topic}-{partition.partition}": offset for partition, offset in self._next.items()}

    def read(self) -> Iterator[Row]:
        """Every record up to the end offsets at the time of the call. Raises KafkaError, also when no record comes for
        `SILENCE` seconds although there are some."""
        ends = self._consumer.end_offsets(list(self._next))
        heard = time.monotonic()
        while any(self._next[partition] < end for partition, end in ends.items()):
            before = dict(self._next)
            yield from self.poll()
            if self._next != before:
                heard = time.monotonic()
            elif time.monotonic() - heard > SILENCE:
                raise KafkaTimeoutError(f"no records for {SILENCE:.0f} s")

    def poll(self, timeout_ms: int = POLL_MS) -> Iterator[Row]:
        """The next records, at most `at_once`; none if none arrives in time. Use up the iterator: what it has not
        yielded is lost."""
        batches = self._consumer.poll(timeout_ms=timeout_ms)
        for gap in self._consumer.gaps:
            self.damaged[gap.place.topic[self._prefix :]] += gap.end - gap.first
        self.gaps += self._consumer.gaps
        self._consumer.gaps.clear()
        for partition, records in batches.items():
            for record in records:
                self._next[partition] = record.offset + 1
                yield partition.topic[self._prefix :], record.key, record.value
        for partition in self._next:
            self._next[partition] = self._consumer.position(partition)

    def close(self) -> None:
        self._consumer.close(autocommit=False)
