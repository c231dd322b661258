"""Data from outside is cut to its limits, with a note; characters that UTF-8 cannot hold are replaced."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.article import CleanArticle, RawArticle
from schemas.codec import decode, encode
from schemas.limits import AUTHORS, ID, MOST, article_within, short_id, sound, within_limits
from tests.support.poison import record


def test_an_ordinary_article_is_left_as_it_is() -> None:
    raw = record()
    assert within_limits(raw) == (raw, ())
    article = CleanArticle(title="t", text="x" * 1000)
    assert article_within(article) == (article, ())


@pytest.mark.parametrize("name", ["title", "url", "summary", "content"])
def test_a_text_of_an_entry_is_cut_and_noted(name: str) -> None:
    raw, notes = within_limits(record(**{name: "x" * 2_000_000}))
    limit = MOST["source" if name in ("summary", "content") else name]
    assert len(getattr(raw.entry, name)) == limit
    assert notes == (f"{name} cut from 2000000 to {limit} characters",)


def test_ids_are_hashed_and_not_cut_for_they_are_compared() -> None:
    one, _ = within_limits(record(id="i" * 2000 + "1"))
    other, notes = within_limits(record(id="i" * 2000 + "2"))
    assert len(one.id) <= ID and one.id != other.id
    assert notes == ("id of 2001 characters replaced by its hash",)


def test_of_many_authors_the_first_are_kept() -> None:
    raw, notes = within_limits(record(authors=tuple(map(str, range(100_000)))))
    assert len(raw.entry.authors) == AUTHORS and notes == (f"{AUTHORS} of 100000 authors kept",)


def test_what_a_page_gave_is_cut_too() -> None:
    article, notes = article_within(CleanArticle(title="t" * 9999, text="x" * 10**6, authors=("a" * 9999,)))
    assert (len(article.title), len(article.text), len(article.authors[0])) == (1000, 300_000, 200)
    assert len(notes) == 3


@given(st.text())
def test_sound_changes_nothing_in_what_can_be_encoded(text: str) -> None:
    assert sound(text) == text
    sound(text + "\ud800").encode("utf-8")
    assert short_id(text[:ID]) == text[:ID]


@pytest.mark.parametrize("broken", [rb"\ud83d", rb"\udfff tail", b"\xed\xa0\xbd", b"\xff\xfe"])
def test_half_an_emoji_in_a_record_is_read_as_a_replacement_character(broken: bytes) -> None:
    raw = decode(RawArticle, encode(record(7)).replace(b"Poison 7", b"Poison " + broken))
    assert raw.entry.title.startswith("Poison \ufffd")
    assert json.loads(encode(raw))["entry"]["title"] == raw.entry.title


def test_a_whole_emoji_stays_when_another_is_broken() -> None:
    raw = decode(RawArticle, encode(record(7)).replace(b"Poison 7", rb"\ud83d\ude00 \ud83d"))
    assert raw.entry.title == "\U0001f600 \ufffd"
