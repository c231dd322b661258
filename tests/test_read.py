"""Which ticks count: each poll once, none behind a poll that began later, whatever the clock does."""
from types import SimpleNamespace

import pytest
import structlog
from kafka import TopicPartition
from kafka.errors import OffsetOutOfRangeError

from pipelines import read
from pipelines.read import STALE, TICK_MS, is_stale
from schemas.settings import Settings

TICK = TICK_MS / 1000


@pytest.mark.parametrize(
    ("ticked", "began", "last", "stale"),
    [
        (100.0, 0.0, 0.0, False),
        (100.0, 98.1, 98.0, False),
        (100.0, 100.5, 98.0, True),
        (100.0, 100.0, 98.0, True),
        (100.1, 100.05, 100.0, True),
        (100.0 + 0.95 * TICK, 100.1, 100.0, False),
        (100.0 + 0.6 * TICK, 100.1, 100.0, True),
        (100.0, 100.0 + STALE + 1, 99.0 + STALE, False),
    ],
)
def test_a_tick_is_stale_behind_the_last_poll_or_right_after_it(
    ticked: float, began: float, last: float, stale: bool
) -> None:
    assert is_stale(ticked, began, last) is stale


def test_polls_that_take_longer_than_a_tick_let_no_queue_grow() -> None:
    """One key, each poll taking two and a half ticks: what is waited for stays bounded."""
    now, began, last, late = 0.0, 0.0, 0.0, []
    for number in range(1, 200):
        ticked = number * TICK
        now = max(now, ticked)
        if not is_stale(ticked, began, last):
            began, last = now, ticked
            late.append(now - ticked)
            now += 2.5 * TICK
    assert max(late) <= 2.5 * TICK
    assert len(late) > 60


class Client:
    """A consumer of a partition that holds the offsets from `first` to `end`."""

    def __init__(self, first: int, end: int) -> None:
        self.first, self.end, self.place = first, end, 0

    def assign(self, places: list[TopicPartition]) -> None:
        pass

    def seek(self, _place: TopicPartition, offset: int) -> None:
        self.place = offset

    def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self.first)

    def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self.end)

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[SimpleNamespace]]:
        if not self.first <= self.place <= self.end:
            raise OffsetOutOfRangeError({TopicPartition("articles.raw", 0): self.place})
        offsets = range(self.place, min(self.end, self.place + 3))
        self.place = offsets.stop
        usual = {"topic": "articles.raw", "partition": 0, "key": b"k", "value": b"v"}
        records = [SimpleNamespace(offset=offset, **usual) for offset in offsets]
        return {TopicPartition("articles.raw", 0): records} if records else {}


@pytest.mark.parametrize(
    ("first", "begins", "event"),
    [
        (7, 2, "records expired before they were read"),
        (7, 90, "the topic was made anew"),
        (0, 2, None),
    ],
)
def test_what_kafka_no_longer_has_is_told_not_skipped_silently(
    monkeypatch: pytest.MonkeyPatch, first: int, begins: int, event: str | None
) -> None:
    client = Client(first, 12)
    monkeypatch.setattr(read, "consumer", lambda *_args, **_options: client)
    reader = read.PartitionReader(Settings().kafka, "articles.raw", 0, 100)
    with structlog.testing.capture_logs() as logs:
        begin = [raw.offset for raw, _, _ in reader.read(begins, 100)]
        found = begin or [raw.offset for raw, _, _ in reader.read(begins, 100)]
    assert [(entry["event"], entry["log_level"]) for entry in logs][:1] == ([(event, "error")] if event else [])
    assert found == list(range(first if event else begins, 12))


@pytest.mark.parametrize("sources", [1, 2, 4, 16])
def test_a_key_is_polled_once_a_tick_however_many_subtasks_tick_in_whatever_phase(sources: int) -> None:
    ticks = sorted(number * TICK + source * TICK / sources for number in range(50) for source in range(sources))
    began = last = -TICK
    polls = 0
    for ticked in ticks:
        if not is_stale(ticked, began, last):
            began, last, polls = ticked + 0.01, ticked, polls + 1
    assert 44 <= polls <= 55
