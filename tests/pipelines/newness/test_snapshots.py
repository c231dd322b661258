"""What is known after a start with a snapshot is what is known after all topics were read, whatever happened to it."""

import os
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipelines.item import Item
from pipelines.newness import kafka_store, snapshot_file, snapshots
from pipelines.newness.judging import Judging
from pipelines.newness.kafka_store import KafkaStore
from pipelines.newness.snapshots import NAME, Snapshots
from pipelines.newness.stories import sketch
from pipelines.newness.story_rows import packed_sketch, unpacked_sketch
from schemas.alert import Alert
from schemas.codec import decode
from schemas.settings import Settings
from tests.support.known_topics import NAMES, ListOutbox, ListTopics, Log, filled, read_all, records, started, take
from tests.support.many_statements import RULES, different, item


@examples(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 99), max_size=12), min_size=1, max_size=4))
def test_a_copy_that_starts_with_a_snapshot_equals_one_read_from_the_start(tmp_path_factory, parts) -> None:
    directory, log = tmp_path_factory.mktemp("s"), Log()
    for part in parts:
        for topic, value in (records()[number % len(records())] for number in part):
            log.add(topic, value)
        take(log, directory)
    log.add(*records()[3])
    found, topics, reasons = started(log, directory)
    assert found == read_all(log) and reasons == []
    assert topics.places == {name: len(log.records[name]) for name in NAMES}


def test_only_what_was_written_since_is_read_after_a_start_with_a_snapshot(tmp_path, monkeypatch) -> None:
    log = filled(list(range(40)))
    take(log, tmp_path)
    log.add(*records()[5])
    taken = []
    monkeypatch.setattr(snapshots, "take_record", lambda topic, *_: taken.append(topic))
    started(log, tmp_path)
    assert len(taken) == 1


def damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 7)


def with_other_offsets(path: Path) -> None:
    data = path.read_bytes()
    other = data.replace(b'"alerts.merida":', b'"alerts.merida":1')
    assert other != data
    path.write_bytes(other)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (damaged, "damaged"),
        (cut, "damaged"),
        (with_other_offsets, "damaged"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: path.write_bytes(bytes(500)), "damaged"),
    ],
)
def test_a_damaged_snapshot_is_not_used_and_one_line_says_why(tmp_path, harm, reason) -> None:
    log = filled(list(range(40)))
    take(log, tmp_path)
    harm(tmp_path / NAME)
    found, _, reasons = started(log, tmp_path)
    assert found == read_all(log)
    assert len(reasons) == 1 and reason in reasons[0]
    take(log, tmp_path)
    assert started(log, tmp_path)[2] == []


def made_anew(log: Log) -> None:
    log.make_anew("statements")
    for number in range(60):
        log.add(*records()[number % len(records())])


def truncated(log: Log) -> None:
    del log.records["alerts.merida"][1:]


@pytest.mark.parametrize(("change", "reason"), [(made_anew, "another Kafka"), (truncated, "ends before")])
def test_a_snapshot_of_other_topics_is_not_used(tmp_path, change, reason) -> None:
    log = filled(list(range(40)))
    take(log, tmp_path)
    change(log)
    found, _, reasons = started(log, tmp_path)
    assert found == read_all(log)
    assert len(reasons) == 1 and reason in reasons[0]


def test_a_snapshot_of_another_version_of_the_code_is_not_used(tmp_path, monkeypatch) -> None:
    log = filled(list(range(40)))
    take(log, tmp_path)
    monkeypatch.setattr(snapshots, "code_digest", lambda: "other")
    found, _, reasons = started(log, tmp_path)
    assert found == read_all(log)
    assert reasons == ["made by another version of this program"]


def test_every_file_whose_change_makes_a_snapshot_useless_is_there() -> None:
    assert all(list(snapshot_file.ROOT.glob(pattern)) for pattern in snapshot_file.CODE)
    assert len(snapshot_file.code_digest()) == 64


def alerts_of(articles: list[Item], directory: Path | None, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which statements were alerted (alert id → words) when the worker is a new one for every article."""
    log = Log()
    monkeypatch.setattr(kafka_store, "KafkaTopics", lambda _: ListTopics(log))
    monkeypatch.setattr(kafka_store, "Outbox", lambda _: ListOutbox(log))
    for article in articles:
        worker = Judging(KafkaStore(Settings(), directory), RULES)
        assert worker.refresh() and not worker.refresh()
        worker.write(*worker.judge(article))
        if directory:
            Snapshots(directory, partial(ListTopics, log)).take()
    alerts = [decode(Alert, value) for value in log.records["alerts.merida"]]
    assert len({alert.id for alert in alerts}) == len(alerts)
    return {alert.id: " ".join(statement.text for statement in alert.statements) for alert in alerts}


def test_workers_that_start_with_a_snapshot_raise_the_same_alerts(tmp_path, monkeypatch) -> None:
    texts = different(12)
    articles = [item([texts[n % 8], texts[n * 5 % 12]], name=f"a{n}") for n in range(16)]
    found = alerts_of(articles, tmp_path, monkeypatch)
    assert found == alerts_of(articles, None, monkeypatch)
    assert len(found) > 5


@given(st.text(max_size=300), st.text(max_size=900))
def test_a_sketch_comes_back_from_its_bytes(title, text) -> None:
    made = sketch(title, text)
    assert unpacked_sketch(packed_sketch(made)) == made
