"""Bytes that change in the log of a real broker, and batches that unpack to very much: every reader goes on behind."""

import os
import resource
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import structlog
from kafka.errors import KafkaError

from connectors.kafka import read_all
from deploy.alerts.alert_source import AlertSource
from pipelines.kafka.partition_reader import Reader
from schemas.kafka.clients import producer
from schemas.kafka.record_batches import UNPACKED
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import Settings
from tests.support.batches import ZSTD, packed, zstd_bomb
from tests.support.brokers import broker

pytestmark = [pytest.mark.slow, pytest.mark.light, pytest.mark.timeout(240)]
#: Records of each topic, each in a batch of its own and long enough to have an index entry of the broker.
COUNT, LENGTH = 30, 5000
ALERTS, STATES, STATEMENTS, MARKS, RAW = "alerts.merida", "feeds.state", "statements", "marks", "articles.raw"
#: Topic → (bytes into the batch, what is written there), by the number of the batch.
DAMAGE = {
    ALERTS: {
        3: (200, b"\xff\x00\xff"),  # the checksum is wrong
        8: (8, struct.pack(">i", -5)),  # the broker answers with an error, which the library retries for ever
        14: (16, b"\x09"),  # a format that there is not
        20: (0, struct.pack(">q", 2**40)),  # an offset far behind the end
    },
    STATES: {5: (8, struct.pack(">i", 2**30)), 12: (300, bytes(8))},  # the broker answers, but without records
    STATEMENTS: {0: (100, b"flipped"), 27: (100, b"flipped")},
    MARKS: {29: (16, b"\x01")},  # an unknown error of the broker, at the end
    RAW: {4: (200, b"\xff\x00\xff"), 5: (200, b"\xff\x00\xff"), 17: (16, b"\x01")},
}
#: Topics that end with a batch of a few kilobytes that unpacks to a gigabyte.
BOMBED = (ALERTS, STATEMENTS)


def starts(log: bytes) -> Iterator[int]:
    """Where each batch begins."""
    at = 0
    while at + 12 <= len(log) and (length := struct.unpack_from(">i", log, at + 8)[0]) > 0:
        yield at
        at += 12 + length


def damage(data: Path, topics: Iterable[str]) -> None:
    """Change bytes in the logs of a broker, in place."""
    for topic in topics:
        path = data / "kafka" / f"{topic}-0" / f"{0:020}.log"
        places = list(starts(path.read_bytes()))
        assert len(places) == COUNT and min(b - a for a, b in pairwise(places)) > 4096
        with path.open("r+b") as file:
            for number, (offset, new) in DAMAGE[topic].items():
                file.seek(places[number] + offset)
                file.write(new)
            if topic in BOMBED:
                file.seek(0, os.SEEK_END)
                file.write(packed(ZSTD, zstd_bomb(2**30), COUNT))


def sound(topic: str) -> list[str]:
    return [str(number) for number in range(COUNT) if number not in DAMAGE[topic]]


def alerts(settings: Settings) -> list[str]:
    """What a delivery route reads, up to the end of its topic."""
    source = AlertSource(settings, [ALERTS], "route", "earliest")
    found, since = list[str](), time.monotonic()
    while time.monotonic() - since < 3:
        if new := [str(alert.offset) for alert in source.poll()]:
            found, since = found + new, time.monotonic()
    source.close()
    return found


def tail(settings: Settings, topic: str) -> list[str]:
    reader = TopicTail(settings.kafka, [topic])
    found = [(key or b"").decode() for _, key, _ in reader.read()]
    assert sum(reader.places.values()) - reader.damaged[topic] == len(found), "each is read or counted"
    return found


def raw(settings: Settings) -> list[tuple[int, bool]]:
    """(offset, whether it has a value) of the first partition, as the job reads it."""
    reader, at, found = Reader(settings.kafka, RAW), 0, []
    while at < COUNT:
        for record, value, _ in reader.read(0, at, 500):
            at = record.offset + 1
            found.append((record.offset, bool(value)))
    return found


def told(read: Callable[[], object]) -> tuple[object, list[tuple[str, int, int]]]:
    """What a reader read, and what it said: (topic, first offset, how many)."""
    with structlog.testing.capture_logs() as logs:
        found = read()
    return found, [(log["topic"], log["first"], log["count"]) for log in logs if log["log_level"] == "error"]


def each_once(topic: str) -> list[tuple[str, int, int]]:
    return [(topic, number, 1) for number in [*DAMAGE[topic], *([COUNT] if topic in BOMBED else [])]]


def fill(settings: Settings, count: int) -> None:
    client = producer(settings.kafka, compression_type=None)
    for number in range(count):
        for topic in DAMAGE:
            client.send(topic, partition=0, key=str(number).encode(), value=os.urandom(LENGTH)).get(20)
    client.close()


def test_every_reader_goes_on_behind_what_cannot_be_read_and_says_so_once(tmp_path: Path) -> None:
    with broker(tmp_path) as (server, settings):
        fill(settings, COUNT)
        server.stop()
        damage(tmp_path, [topic for topic in DAMAGE if topic != MARKS])
        server.start()
        server.wait_ready()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert told(lambda: alerts(settings)) == (sound(ALERTS), each_once(ALERTS))
        assert told(lambda: tail(settings, STATEMENTS)) == (sound(STATEMENTS), each_once(STATEMENTS))
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 8 * UNPACKED < 2**30
        lines: list[str] = []
        states, errors = told(lambda: list(read_all(settings.kafka, STATES, lines)))
        assert (states, errors) == (sound(STATES), each_once(STATES))
        assert len(lines) == len(DAMAGE[STATES]) and "feeds.state, partition 0, offsets 5 to 5" in lines[0]
        found, errors = told(lambda: raw(settings))
        assert found == [(number, number not in DAMAGE[RAW]) for number in range(COUNT)], "the others: dead letters"
        assert errors == [(RAW, 4, 2), (RAW, 17, 1)]
        damage(tmp_path, [MARKS])  # now: a broker does not start on such a last batch
        try:  # a broker hands the batch out, says that it is invalid, or only that something is wrong
            assert told(lambda: tail(settings, MARKS)) == (sound(MARKS), [(MARKS, COUNT - 1, 1)])
        except KafkaError as error:
            assert "the broker cannot read it" in str(error)
        fill(settings, 2)
        found, [(_, first, count)] = told(lambda: tail(settings, MARKS))
        # The broker finds the second by its index; what is before it may hide behind the damage.
        assert first == COUNT - 1 and count in (1, 2)
        assert found == [*sound(MARKS), *("0", "1")[count - 1 :]]
