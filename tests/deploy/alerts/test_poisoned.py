"""Invalid records in our topics, written by other programs or versions: skipped, reported once, the others are read."""

import contextlib
import csv
import io
import json
from datetime import UTC, datetime
from urllib.parse import quote

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from rich.console import Console
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from connectors.delivery import message_text as wording
from connectors.delivery.webhook_sink import signed
from deploy.alerts import export, marks
from deploy.alerts.terminal import show_alert
from deploy.page.app import PageApp
from deploy.page.store import PageStore
from schemas.alert import Alert
from schemas.codec import MODELS, DecodeError, decode, encode
from schemas.delivery import Filter
from schemas.mark import Mark
from schemas.settings import KafkaSettings, Settings
from schemas.statement import LedgerEntry, Sighting
from tests.support.alerts import NOW, alert

SETTINGS = Settings(kafka=KafkaSettings(bootstrap_servers="none"))
NASTY = "\x00\x1b[31m\u202eevil\u2066\U000e0041\x9b]]><script>&\ufffe"


def changed(record, **changes):
    """The record's JSON with other values at dotted places."""
    data = json.loads(encode(record))
    for place, value in changes.items():
        *path, last = place.split("__")
        inner = data
        for name in path:
            inner = inner[int(name) if name.isdigit() else name]
        inner[last] = value
    return json.dumps(data).encode()


ENTRY = LedgerEntry(
    id="s1",
    text="It is over",
    kind="direct",
    topics=("merida",),
    why="new",
    alert="s1",
    sightings=tuple(
        Sighting(article=f"a{n}", version="v", outlet="o", url="https://x.example", at=NOW) for n in (1, 2)
    ),
)
MARK = Mark(id="s1", verdict="wrong", alert=alert(1), at=NOW)
GARBAGE = [
    b"",
    b"\xff\xfe\x00",
    b"[]",
    b"null",
    b'"x"',
    b"{",
    b"{}",
    b"[" * 100_000,
    b'{"id":"\\ud800"}',
    b'{"v":2,"id":"x"}',
    b'{"id":' + b"9" * 10_000 + b"}",
    b'{"page":{"body":5},"record":5}',
    b"\x80" * 100_000,
]
WRONG = [
    {"alerted": "2026-11-24T12:00:00"},
    {"alerted": "noon"},
    {"alerted": 1e300},
    {"alerted": None},
    {"statements": []},
    {"statements": "x"},
    {"v": 99},
    {"v": "x"},
    {"kind": "rumour"},
    {"speaker": "Ana"},
    {"article__published": "yesterday"},
    {"article__seen": "0000-01-01T00:00:00Z"},
    {"topic": None},
    {"seconds": {"x" * 100_000: "y"}},
    {"id": 7},
]
ODD = [
    {"alerted": "0001-01-01T00:00:00+14:00"}, {"alerted": "9999-12-31T23:59:59-12:00"},
    {"alerted": "2026-11-24T06:00:00-06:00"},
    {"article__published": "0001-01-01T00:00:00Z"}, {"article__published": "9999-12-31T23:59:59.999999Z"},
    {"article__seen": "2026-11-24T23:00:00+05:45"}, {"article__outlet": NASTY, "article__title": NASTY, "why": NASTY},
    {"speaker": {"name": NASTY, "role": NASTY}}, {"statements__0__text": NASTY}, {"topic": NASTY}, {"topic": "../../x"},
    {"id": NASTY}, {"article__link": "javascript:" + NASTY, "article__url": "https://" + NASTY}, {"lang": NASTY},
    {"lang": ""}, {"statements__0__text": ""}, {"speaker": {"name": "", "role": ""}}, {"article__title": "x" * 200_000},
    {"seconds": {"clean": -1e308}}, {"article__id": NASTY, "statements__0__terms": [NASTY]},
]  # fmt: skip


def store_of(*values):
    store = PageStore(("merida",))
    with capture_logs() as logs:
        for value in values:
            store.put("alerts.merida", value)
        store.sort()
    return store, logs


@pytest.mark.parametrize("value", [*GARBAGE, *(changed(alert(1), **wrong) for wrong in WRONG)])
def test_what_is_no_record_is_a_decode_error_and_nothing_else(value):
    for model in MODELS.values():
        with pytest.raises(DecodeError) as error:
            decode(model, value)
        assert len(str(error.value)) < 500


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(
        st.none() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(sorted({n for m in MODELS.values() for n in m.model_fields})), inner)
        ),
    ).map(lambda v: json.dumps(v).encode())
)
def test_decoding_raises_nothing_else_whatever_the_bytes(value):
    for model in MODELS.values():
        with contextlib.suppress(DecodeError):
            decode(model, value)


def test_the_page_and_its_feeds_serve_the_rest_and_each_bad_record_is_told_once():
    bad = [*GARBAGE, *(changed(alert(1), **wrong) for wrong in WRONG)]
    store, logs = store_of(encode(alert(1)), *bad, encode(alert(2)))
    assert [row.id for row in store.rows] == ["s2", "s1"]
    assert len(logs) == len(bad)


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_alert_is_served_everywhere_and_commands_nobody(odd):
    value = changed(alert(3), **odd)
    store, logs = store_of(encode(alert(1)), value, encode(alert(2)))
    assert len(store.rows) == 3 and not logs
    client = TestClient(PageApp(store, lambda *_: None, ("testserver",)).app)
    strange = decode(Alert, value)
    for path in ("/", "/?page=2", "/feeds/all.atom", "/feeds/merida.json", "/feeds/all.json"):
        answer = client.get(path, headers={"if-modified-since": "Mon, 01 Jan 2024 00:00:00 +9999"})
        assert answer.status_code == 200, path
        for character in "\x00\x1b\x9b\u202e\u2066\U000e0041":
            assert character not in answer.text, (path, character)
    etree.fromstring(client.get("/feeds/all.atom").content)
    assert len(feedparser.parse(client.get("/feeds/all.atom").content).entries) == 3
    assert len(json.loads(client.get("/feeds/all.json").content)["items"]) == 3
    assert client.get("/alert/" + quote(f"{strange.topic}/{strange.id}")).status_code in (200, 404)
    console = Console(file=io.StringIO())
    show_alert(strange, console)
    for text in (console.file.getvalue(), wording.title([strange]), wording.body([strange, strange])):
        assert not set("\x00\x1b\x9b\u202e\u2066\U000e0041") & set(text)
    signed([strange, alert(1)], NOW, b"k" * 24)


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-12:00", "2026-11-24T06:00:00-06:00"]
)
def test_times_are_in_utc_whatever_zone_they_were_written_in(at):
    when = decode(Alert, changed(alert(1), alerted=at)).alerted
    assert when.tzinfo is UTC
    assert datetime.min.replace(tzinfo=UTC) <= when <= datetime.max.replace(tzinfo=UTC)
    assert decode(Alert, encode(decode(Alert, changed(alert(1), alerted=at)))).alerted == when


class Tail:
    """A topic that holds what a test put there."""

    records: list = []

    def __init__(self, *_) -> None:
        pass

    def read(self):
        return self.records


def test_the_history_is_exported_without_what_cannot_be_read(monkeypatch, capsys):
    values = [*GARBAGE, changed(ENTRY, sightings=[]), changed(ENTRY, text="=1" + NASTY), b"{}"]
    monkeypatch.setattr(Tail, "records", [("statements", b"s1", value) for value in values])
    monkeypatch.setattr(export, "TopicTail", Tail)
    with capture_logs() as logs:
        assert export.export_history(SETTINGS, Filter(), None, None, True) == 0
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["text"].startswith("'=1") and "\x1b" not in row["text"] and "\u202e" not in row["text"]
    assert len(logs) == len(values) - 1


def test_a_mark_that_cannot_be_read_changes_no_other_and_an_alert_is_found_beside_bad_ones(monkeypatch):
    monkeypatch.setattr(marks, "TopicTail", Tail)
    bad = [("marks", b"s1", value) for value in GARBAGE]
    monkeypatch.setattr(Tail, "records", [("marks", b"s1", encode(MARK)), *bad])
    made = marks.Marks(SETTINGS)
    with capture_logs() as logs:
        made.refresh()
    assert list(made.by_alert) == ["s1"] and len(logs) == len(GARBAGE)
    monkeypatch.setattr(Tail, "records", [("marks", b"s1", encode(MARK)), ("marks", b"s1", None)])
    made.refresh()
    assert not made.by_alert, "a tombstone takes it back"
    found = [*(("alerts.merida", b"s1", value) for value in GARBAGE), ("alerts.merida", b"s1", encode(alert(1)))]
    monkeypatch.setattr(Tail, "records", found)
    with capture_logs():
        assert marks.find_alert(SETTINGS, "s").id == "s1"
        with pytest.raises(LookupError):
            marks.find_alert(SETTINGS, "\ud800")
