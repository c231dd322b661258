"""Records damaged on the broker's disk are skipped and reported; later records are read."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from kafka import TopicPartition
from kafka.errors import CorruptRecordError

from pipelines.kafka import clients, partition_reader
from pipelines.kafka.clients import TopicTail, sound_from
from pipelines.kafka.partition_reader import Reader
from schemas.settings import KafkaSettings

ALERTS, OTHER = TopicPartition("alerts.merida", 0), TopicPartition("alerts.arms-trafficking", 0)
RAW = TopicPartition("articles.raw", 0)


class Disk:
    """A consumer of partitions of ten records, some of which are damaged; hands out one record at a time."""

    def __init__(self, damaged: Mapping[TopicPartition, range]) -> None:
        self.damaged = damaged
        self.places: dict[TopicPartition, int] = {}

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0}

    def assign(self, places: list[TopicPartition]) -> None:
        self.places = {place: self.places.get(place, 0) for place in places}

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.places[place] = offset

    def position(self, place: TopicPartition) -> int:
        return self.places[place]

    def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 0)

    def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 10)

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        found = {}
        for place, at in self.places.items():
            if at in self.damaged.get(place, ()):
                raise CorruptRecordError(f"Record batch for partition {place} at offset {at} failed crc check")
            if at < 10:
                found[place] = [
                    SimpleNamespace(
                        offset=at, key=b"k", value=str(at).encode(), topic=place.topic, partition=place.partition
                    )
                ]
                self.places[place] = at + 1
        return found


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "SOUND_SECONDS", 0)


@pytest.mark.parametrize("damaged", [range(1), range(3, 6), range(9, 10), range(10)])
def test_a_tail_goes_on_behind_what_is_damaged(damaged: range, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "consumer", lambda *_, **__: Disk({ALERTS: damaged}))
    tail = TopicTail(KafkaSettings(), ["alerts.merida", "alerts.arms-trafficking"])
    with structlog.testing.capture_logs() as logs:
        read = [(topic, int(value or b"")) for topic, _, value in tail.read()]
    assert sorted(n for topic, n in read if topic == "alerts.merida") == sorted(set(range(10)) - set(damaged))
    assert [n for topic, n in read if topic == "alerts.arms-trafficking"] == list(range(10))
    assert [(log["event"], log["first"], log["count"]) for log in logs] == [
        ("damaged records passed over", damaged.start, len(damaged))
    ]
    assert list(tail.read()) == []


def test_what_is_sound_is_not_passed_over() -> None:
    disk: Any = Disk({})
    with structlog.testing.capture_logs() as logs:
        assert sound_from(disk, ALERTS, 4, 10, "no reason") == 4
    assert logs == []


def test_of_raw_articles_each_damaged_one_is_handed_out_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_reader, "consumer", lambda *_, **__: Disk({RAW: range(3, 6)}))
    reader = Reader(KafkaSettings(), "articles.raw")
    assert list(reader.read(0, 0, 0)) == []  # a partition's first turn
    offset, found = 0, []
    for _ in range(30):
        for raw, value, _key in reader.read(0, offset, 0):
            found.append((raw.offset, value))
            offset = raw.offset + 1
    assert [at for at, _ in found] == list(range(10))
    assert [at for at, value in found if not value] == [3, 4, 5]
