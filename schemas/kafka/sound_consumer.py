"""A Kafka consumer that continues after records that cannot be read, and logs this once.

Bytes that change on a broker's disk show in several ways: a wrong checksum, data that cannot be unpacked, offsets that
cannot be, an error of the broker (which kafka-python would retry for ever without logging it), or answers without
records although the partition has more. In each case the consumer searches for the next offset that can be read. A
batch that unpacks to too many bytes (schemas/kafka/record_batches.py) is skipped in the same way.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import (
    CorruptRecordError,
    InvalidRecordError,
    KafkaError,
    KafkaTimeoutError,
    UnknownError,
    UnsupportedForMessageFormatError,
)

from schemas.kafka.record_batches import Batches

#: Seconds without any answer after which a search is given up: the broker is away.
PATIENCE = 10.0
#: Seconds, and polls, without a record after which a partition that has more records is suspected of damage.
SILENT, POLLS = 5.0, 5
POLL_MS = 500
#: Error codes of a fetch that mean damaged data. The code of an unknown error may mean other trouble as well.
DAMAGED = frozenset(
    error.errno for error in (CorruptRecordError, InvalidRecordError, UnsupportedForMessageFormatError, UnknownError)
)
NO_RECORDS = "the broker gives no records although there are some"

log = structlog.get_logger()


class Unreadable(KafkaError):
    """What was fetched from `offset` of `place` cannot be read. `certain`: no other trouble of the broker looks so."""

    def __init__(self, place: TopicPartition, offset: int, reason: str, certain: bool = True) -> None:
        super().__init__(f"{place.topic}, partition {place.partition}, offset {offset}: {reason}")
        self.place, self.offset, self.reason, self.certain = place, offset, reason, certain


class Gap(NamedTuple):
    """Offsets from `first` to `end` (exclusive) of a partition that were passed over, and why."""

    place: TopicPartition
    first: int
    end: int
    reason: str


class SoundConsumer(KafkaConsumer):
    """A KafkaConsumer whose `poll` passes over what cannot be read, logs it, and appends it to `gaps`.

    Partitions must be assigned, not subscribed to. `poll` takes longer than its timeout when something is passed over.
    It raises KafkaError when the broker does not answer meanwhile.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._fetcher.__class__ = SoundFetcher  # the library has no other way to name one
        self._options = options
        #: What was passed over since the consumer was made, in the order in which it was found.
        self.gaps: list[Gap] = []
        #: Partition → its position, since when, and how many polls gave nothing there.
        self._silent: dict[TopicPartition, tuple[int, float, int]] = {}

    def poll(self, timeout_ms: int = 0, max_records: int | None = None, update_offsets: bool = True) -> Any:
        """As the library's, with the records behind what cannot be read."""
        try:
            found = super().poll(timeout_ms, max_records, update_offsets)
        except Unreadable as error:
            self._pass_over(error)
            return {}
        if not found and (place := self._stuck()):
            self._pass_over(Unreadable(place, self.position(place), NO_RECORDS))
        return found

    def _stuck(self) -> TopicPartition | None:
        """A partition that gave nothing for `SILENT` seconds and `POLLS` polls although its end is further on."""
        now = time.monotonic()
        for place, state in self._subscription.assignment.items():
            at, end = state.position.offset if state.position else None, state.highwater
            if at is None or end is None or at >= end:
                self._silent.pop(place, None)
                continue
            before, since, polls = self._silent.get(place, (at, now, 0))
            self._silent[place] = (at, since, polls + 1) if before == at else (at, now, 1)
            if before == at and now - since > SILENT and polls >= POLLS:
                del self._silent[place]
                return TopicPartition(*place)
        return None

    def _pass_over(self, error: Unreadable) -> None:
        place, at = error.place, error.offset
        search = _Search(self._options, place)
        try:
            sound = first_sound(search.readable, at, search.end)
        finally:
            search.close()
        if sound == search.end and not (search.first or error).certain:
            raise error
        self.seek(place, sound)
        if sound == at:
            return
        reason = (search.first or error).reason[:300]
        self.gaps.append(Gap(place, at, sound, reason))
        log.error(
            "damaged records passed over",
            topic=place.topic,
            partition=place.partition,
            first=at,
            count=sound - at,
            reason=reason,
        )


def first_sound(readable: Callable[[int], bool], at: int, end: int) -> int:
    """The first offset from `at` on from which a partition that ends at `end` (exclusive) is readable, or `end`.

    Tries `at`, then higher offsets in steps that double, then back in halves: a readable place between two damaged ones
    may be missed if they are close together.
    """
    if at >= end or readable(at):
        return at
    bad, step = at, 1
    while (good := min(bad + step, end)) < end and not readable(good):
        bad, step = good, 2 * step
    while good - bad > 1:
        middle = (bad + good) // 2
        if readable(middle):
            good = middle
        else:
            bad = middle
    return good


class _Search:
    """Reads single offsets of one partition with a client of its own, which does nothing else."""

    def __init__(self, options: dict[str, Any], place: TopicPartition) -> None:
        alone = {"group_id": None, "enable_incremental_fetch_sessions": False, "auto_offset_reset": "none"}
        self._client = KafkaConsumer(**options | alone | {"max_poll_records": 1, "fetch_max_wait_ms": POLL_MS})
        self._client._fetcher.__class__ = LoneFetcher
        self._client.assign([place])
        self._place = place
        self.end: int = self._client.end_offsets([place])[place]
        #: Why the first offset that was looked at cannot be read.
        self.first: Unreadable | None = None

    def readable(self, offset: int) -> bool:
        self._client.assign([])  # forgets what was fetched
        self._client.assign([self._place])
        self._client.seek(self._place, offset)
        deadline = time.monotonic() + PATIENCE
        try:
            while not self._client.poll(timeout_ms=POLL_MS):
                if self._client.position(self._place) > offset:
                    return True
                if time.monotonic() > deadline:
                    raise KafkaTimeoutError(f"no answer about {self._place.topic}, offset {offset}")
        except Unreadable as error:
            self.first = self.first or error
            return False
        return True

    def close(self) -> None:
        self._client.close(autocommit=False)


class SoundFetcher(Fetcher):
    """Raises Unreadable for what cannot be read. `alone`: it asks for one partition, so each answer has its records."""

    alone = False

    def _parse_fetched_data(self, completed: Any) -> Any:
        place, data = completed.topic_partition, completed.partition_data
        state = self._subscriptions.assignment.get(place)
        position = state.position if state else None
        if position is None or position.offset != completed.fetched_offset:
            return super()._parse_fetched_data(completed)  # an old answer, which it ignores
        at, size = position.offset, len(data.records or b"")
        if data.error_code in DAMAGED:
            raise Unreadable(place, at, "the broker cannot read it", certain=data.error_code != UnknownError.errno)
        if data.error_code == 0 and size and not Batches(data.records, at, data.high_watermark).has_next():
            raise Unreadable(place, at, f"{size} bytes without a whole batch")
        if data.error_code == 0 and not size and self.alone and at < data.high_watermark:
            raise Unreadable(place, at, NO_RECORDS)
        parsed = super()._parse_fetched_data(completed)
        if parsed is not None:
            parsed.record_iterator = _checked(parsed, Batches(data.records, at, data.high_watermark), place)
        return parsed


class LoneFetcher(SoundFetcher):
    """Asks for one partition only."""

    alone = True


def _checked(parsed: Any, batches: Batches, place: TopicPartition) -> Iterator[Any]:
    """The records from the offset asked for on, of batches that are checked. Raises Unreadable."""
    records = parsed._unpack_records(place, batches, None, None)
    at = parsed.fetch_offset
    try:
        for record in records:
            at = record.offset + 1
            if record.offset >= parsed.fetch_offset:
                yield record
    except Exception as error:  # the library raises many types for damaged data
        parsed.drain()
        raise Unreadable(place, max(at, parsed.fetch_offset), f"{type(error).__name__}: {error}") from None
