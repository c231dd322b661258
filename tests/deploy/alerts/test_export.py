"""What was said, for those who count it later: the history as JSON lines and CSV."""

import csv
import io
import json
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from deploy.alerts import export
from schemas.codec import encode
from schemas.delivery import Filter
from schemas.settings import KafkaSettings, Settings
from schemas.statement import LedgerEntry, Sighting, Speaker
from tests.support.alerts import NOW


def entry(number, speaker="Ana Ruiz", topics=("merida",), text="It is over", outlets=("Ledger", "Mirador")):
    at = NOW + timedelta(days=number)
    sightings = tuple(
        Sighting(article=f"a{number}", version="v1", outlet=o, url=f"https://{o}.example/{number}", at=at, published=at)
        for o in outlets
    )
    who = Speaker(name=speaker, role="minister") if speaker else None
    return LedgerEntry(
        id=f"s{number}", text=text, speaker=who, kind="direct", lang="en", topics=topics, sightings=sightings, why="new"
    )


@pytest.fixture
def ledger(monkeypatch):
    """The ledger's topic as a list; later records win, as in a compacted topic."""
    records = []

    class Tail:
        def __init__(self, *_):
            pass

        def read(self):
            return [("statements", None, value) for value in records]

    monkeypatch.setattr(export, "TopicTail", Tail)
    return lambda *entries: records.extend(encode(e) for e in entries)


SETTINGS = Settings(kafka=KafkaSettings(bootstrap_servers="none"))


def printed(capsys, wanted=None, since=None, until=None, as_csv=False):
    export.export_history(SETTINGS, wanted or Filter(), since, until, as_csv)
    return capsys.readouterr().out


def numbers(text):
    return [json.loads(line)["id"] for line in text.splitlines()]


def test_everything_a_speaker_said_on_a_topic_with_sources_oldest_first(ledger, capsys):
    arms = entry(4, topics=("arms-trafficking",))
    ledger(entry(3), entry(1), entry(2, speaker="Luis Paz"), arms, entry(5, speaker=None))
    out = printed(capsys, Filter(speakers=("ruiz",), topics=("merida",)))
    assert numbers(out) == ["s1", "s3"]
    assert [s["url"] for s in json.loads(out.splitlines()[0])["sightings"]] == [
        "https://Ledger.example/1",
        "https://Mirador.example/1",
    ]


def test_since_and_until_are_half_open_and_the_latest_entry_counts(ledger, capsys):
    ledger(*(entry(n) for n in range(5)), entry(2, outlets=("Ledger", "Mirador", "Courier")))
    out = printed(capsys, since=NOW + timedelta(days=1), until=NOW + timedelta(days=3))
    assert numbers(out) == ["s1", "s2"]
    assert len(json.loads(out.splitlines()[1])["sightings"]) == 3


def test_csv_is_read_back_whole_and_no_cell_is_a_formula(ledger, capsys):
    ledger(entry(1, text='=HYPERLINK("http://x","y")\n"quoted", and more', speaker="@Ana"))
    [line] = csv.DictReader(io.StringIO(printed(capsys, as_csv=True)))
    assert line["text"] == '\'=HYPERLINK("http://x","y")\n"quoted", and more'
    assert line["speaker"] == "'@Ana"
    assert line["outlets"] == "Ledger | Mirador"
    assert set(line) == set(export.FIELDS)


def test_what_cannot_be_read_is_left_out(ledger, capsys):
    ledger(entry(1))
    export.TopicTail.read = lambda self: [("statements", None, b"\xff"), ("statements", None, None)]
    with capture_logs() as logs:
        assert printed(capsys) == ""
    assert [log["event"] for log in logs] == ["unreadable record left out"], "a tombstone is nothing to tell of"
