"""A backup holds every record as it is, and only a whole one is restored, into an empty Kafka."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka import Publisher
from deploy.alerts import backup
from deploy.alerts.backup import BadBackup, back_up, backed_up, kept_topics, restore
from deploy.cli import main
from schemas.codec import encode
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import Settings
from tests.support.alerts import alert
from tests.support.brokers import broker

NOW = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
RECORDS = [
    ("statements", b"s1", b'{"v":1}'),
    ("alerts.merida", b"a1", '{"t":"Mérida"}'.encode()),
    ("statements", b"s1", None),
    ("marks", b"\xff\xfe", b"\x00\xff no utf-8"),
]


class Tail:
    """Gives some records once."""

    records: list[tuple[str, bytes, bytes | None]] = RECORDS

    def __init__(self, _kafka: object, topics: list[str]) -> None:
        assert topics == kept_topics(Settings())
        self.damaged = Counter[str]()

    def read(self):
        yield from self.records

    def close(self) -> None:
        pass


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(backup, "TopicTail", Tail)
    path, counted = back_up(Settings(), tmp_path / "backups", 2, NOW)
    assert counted == {"statements": 2, "alerts.merida": 1, "marks": 1}
    return path


def test_every_record_is_in_it_in_its_order(made: Path) -> None:
    assert made.name == "borderwire-20261124T033000Z.jsonl.gz"
    read = [(topic, key.encode("utf-8", "surrogateescape"), value) for topic, key, value in backed_up(made)]
    assert read == RECORDS


def test_the_oldest_files_go_and_other_files_stay(made: Path) -> None:
    (made.parent / "notes.txt").write_text("mine")
    for hours in (1, 2, 3):
        back_up(Settings(), made.parent, 2, NOW + timedelta(hours=hours))
    names = sorted(path.name for path in made.parent.iterdir())
    assert names == ["borderwire-20261124T053000Z.jsonl.gz", "borderwire-20261124T063000Z.jsonl.gz", "notes.txt"]


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(Tail):
        def read(self):
            yield RECORDS[0]
            raise OSError("gone")

    monkeypatch.setattr(backup, "TopicTail", Gone)
    with pytest.raises(OSError, match="gone"):
        back_up(Settings(), tmp_path, 2, NOW)
    assert list(tmp_path.iterdir()) == []


@given(st.data())
def test_a_file_that_was_cut_or_changed_is_refused_before_anything_is_written(tmp_path_factory, data) -> None:
    head, end = json.dumps({"borderwire-backup": 1}), json.dumps({"records": 3})
    whole = gzip.compress("\n".join([head, *(json.dumps(["marks", str(n), "{}"]) for n in range(3)), end, ""]).encode())
    at = data.draw(st.integers(0, len(whole) - 1))
    broken = whole[:at] if data.draw(st.booleans()) else whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
    path = tmp_path_factory.mktemp("broken") / "b.gz"
    path.write_bytes(broken)
    try:
        found = list(backed_up(path))
    except BadBackup as error:
        assert str(path) in str(error)
    else:
        assert [key for _, key, _ in found] == ["0", "1", "2"]  # the byte was one of gzip's time or name


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", gzip.compress(b""), gzip.compress(b'{"borderwire-backup": 9}\n')],
    ids=["empty", "JSON", "packed nothing", "of a later version"],  # what gzip packs contains the time
)
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.gz").write_bytes(content)
    with pytest.raises(BadBackup):
        list(backed_up(tmp_path / "b.gz"))


@pytest.mark.slow
@pytest.mark.light
@pytest.mark.timeout(300)
def test_a_backup_is_restored_into_a_new_kafka_and_into_no_other(tmp_path: Path, capsys) -> None:
    told = [("alerts.merida", f"s{number}", encode(alert(number))) for number in range(3)]
    gone = [("marks", "m1", b'{"v":1}'), ("marks", "m1", None)]
    with broker(tmp_path / "old") as (_, settings):
        publisher = Publisher(settings.kafka)
        publisher.publish([*told, *gone])
        publisher.close()
        where = ["--bootstrap-servers", settings.kafka.bootstrap_servers, "--data", str(tmp_path / "old")]
        assert main(["backup", str(tmp_path / "kept"), *where]) == 0
        assert "alerts.merida 3" in capsys.readouterr().out
        before = list(TopicTail(settings.kafka, kept_topics(settings)).read())
        (file,) = (tmp_path / "kept").iterdir()
        assert main(["restore", str(file), *where]) == 2
        assert "not empty" in capsys.readouterr().err
    with broker(tmp_path / "new") as (_, settings):
        assert restore(settings, file) == {"alerts.merida": 3, "marks": 2}
        assert sorted(TopicTail(settings.kafka, kept_topics(settings)).read(), key=str) == sorted(before, key=str)
