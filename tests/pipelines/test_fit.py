"""What the job writes fits into a record, whatever it is made of."""

import random
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from pipelines.fit import FRAME, HELD, fitted
from pipelines.item import dead_message
from schemas.alert import Alert, AlertArticle, AlertStatement
from schemas.article import CleanArticle, TaggedArticle
from schemas.base import Record
from schemas.codec import MODELS, decode, encode
from schemas.delivery import Undelivered
from schemas.outcome import DeadLetter, Outcome, RawRef
from schemas.reason import Reason, Verdict
from schemas.statement import LedgerEntry, Sighting, Speaker

NOW = datetime(2026, 11, 29, tzinfo=UTC)
RAW = RawRef(topic="articles.raw", partition=0, offset=7)
SIGHTING = Sighting(article="a" * 64, version="v", outlet="O" * 200, url="u" * 2000, at=NOW)
VERDICT = Verdict(text="t" * 200, verdict="new", reason=Reason(why="w" * 3000))
SAID = AlertStatement(id="s" * 32, text="t" * 20_000, kind="direct", sightings=(SIGHTING,) * 50)
ARTICLE = AlertArticle(id="a", version="v", title="t", outlet="o", url="u", link="l", seen=NOW)
LARGE: dict[str, Record] = {
    "articles.outcomes": Outcome(
        raw=RAW,
        article="a",
        version="v",
        url="u",
        outlet="o",
        feed="f",
        outcome="recorded",
        reason="r",
        verdicts=(VERDICT,) * 400,
        seen=NOW,
        at=NOW,
    ),
    "articles.tagged": TaggedArticle(
        id="a", version="v", feed="f", origin="live", seen=NOW, article=CleanArticle(text="\U0001f600" * 300_000)
    ),
    "statements": LedgerEntry(
        id="s", text="t" * 20_000, kind="direct", topics=("merida",), why="new", sightings=(SIGHTING,) * 200
    ),
    "alerts.merida": Alert(
        id="s" * 32,
        topic="merida",
        speaker=Speaker(name="n" * 300),
        statements=(SAID,) * 30,
        article=ARTICLE,
        why="w",
        alerted=NOW,
    ),
}


@pytest.mark.parametrize("topic", LARGE)
@pytest.mark.parametrize("limit", [10_000, 100_000, 300_000])
def test_each_kind_is_cut_to_each_limit_and_says_so(topic: str, limit: int) -> None:
    value = encode(LARGE[topic])
    assert len(value) > 300_000
    cut = fitted(topic, "key", value, limit)
    assert len(cut) + FRAME <= limit
    found = decode(MODELS["alerts" if topic.startswith("alerts") else topic], cut)
    assert "cut to fit" in " ".join(getattr(found, "notes", ())) + getattr(found, "why", "")


def test_what_fits_is_left_as_it_is() -> None:
    assert fitted("articles.outcomes", "key", b"no JSON at all", 10_000) == b"no JSON at all"


@pytest.mark.parametrize("size", [0, 1000, HELD + 1, 12_000_000])
@pytest.mark.parametrize("limit", [10_000, 2_000_000])
def test_a_dead_letter_always_fits_and_names_the_whole(size: int, limit: int) -> None:
    record = random.Random(1).randbytes(size)
    topic, key, value = dead_message(RAW, "k" * 2_000_000, "clean", ValueError("e" * 9999 + "\ud800"), record)
    letter = decode(DeadLetter, fitted(topic, key, value, limit))
    assert len(key) <= 200 and len(fitted(topic, key, value, limit)) < limit
    assert record.startswith(letter.record) and letter.raw == RAW
    if letter.record != record:
        assert (letter.size, letter.sha256) == (size, sha256(record).hexdigest())


@pytest.mark.parametrize("article", ["\ud800", "k" * 10**6, None, ""])
def test_a_dead_letter_can_be_written_whatever_the_key_is(article: str | None) -> None:
    _, key, value = dead_message(RAW, article, "clean", ValueError("\udfff"), b"\xff" * 10)
    assert key.encode("utf-8") and decode(DeadLetter, value).record == b"\xff" * 10


@pytest.mark.parametrize("size", [1000, 12_000_000])
def test_an_alert_that_was_not_delivered_fits_and_its_error_names_the_whole(size: int) -> None:
    record = random.Random(1).randbytes(size)
    letter = Undelivered(
        route="desk", topic="alerts.merida", partition=0, offset=7, error="e" * 9999, at=NOW, record=record
    )
    value = encode(letter)
    cut = fitted("deliveries.dead-letter", "key", value, 100_000)
    assert len(cut) + FRAME <= 100_000
    found = decode(Undelivered, cut)
    assert record.startswith(found.record)
    if found.record != record:
        assert len(found.record) > 10_000, "as much is kept as there is room for, by halves"
        assert f"it has {size} bytes, SHA-256 {sha256(record).hexdigest()}" in found.error
