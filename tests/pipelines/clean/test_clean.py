"""Pages and feed entries to clean articles."""

import contextlib
import json
import pickle
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.clean import encoding, markup, metadata
from pipelines.clean.article import clean_page, clean_raw
from pipelines.errors import NoArticle
from schemas.article import FeedEntry, Page, RawArticle
from tests.support.pages import BODY, PARAGRAPHS, URL, page

SEEN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def raw(content: str = "", summary: str = "", body: bytes | None = None, **entry: object) -> RawArticle:
    fields = {"id": "e", "url": URL, "title": "Feed title of the story", "summary": summary, "content": content}
    fetched = None if body is None else Page(url=URL, status=200, content_type="text/html", body=body)
    return RawArticle(
        id="a",
        version="v",
        feed="https://frontera.example/feed",
        outlet="Frontera",
        lang="en",
        seen=SEEN,
        entry=FeedEntry.model_validate(fields | entry),
        page=fetched,
    )


def test_items_of_a_list_are_lines_without_their_bullets() -> None:
    items = "".join(f"<li>{mark}{p}</li>" for mark, p in zip(("", "• ", "· ", "\x95 "), PARAGRAPHS, strict=True))
    assert clean_page(page(f"<ul>{items}</ul>"), URL).text.split("\n\n") == PARAGRAPHS
    assert markup.fragment(f"<ul>{items}</ul>") == PARAGRAPHS


def test_page_gives_its_article_and_nothing_around_it() -> None:
    article = clean_page(page(), URL)
    assert article.text.split("\n\n") == PARAGRAPHS
    assert article.title == "Council votes to rebuild old pier"
    assert (article.lang, article.outlet) == ("en", "Frontera Daily")
    assert article.published == datetime(2026, 3, 2, tzinfo=UTC)


def test_stated_metadata_is_read_with_its_zone() -> None:
    node = {
        "@type": "NewsArticle",
        "headline": "Pier to rise again",
        "datePublished": "2026-03-01T20:30:00-06:00",
        "author": [{"@type": "Person", "name": "Ana Ruiz"}, {"name": "Tom Hale"}],
    }
    ld = {"@graph": [node]}
    article = clean_page(page(head=f'<script type="application/ld+json">{json.dumps(ld)}</script>'), URL)
    assert article.published == datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
    assert article.authors == ("Ana Ruiz", "Tom Hale")


@pytest.mark.parametrize("written", ["", "yesterday", "2026", "March 2026", "10:30", "0000-00-00", "9999999999"])
def test_a_date_that_is_not_whole_is_unknown(written: str) -> None:
    assert metadata.page_date(written) is None


def test_an_article_in_several_containers_is_joined() -> None:
    chunks = "".join(
        f'<div class="grid"><div class="article__body">{BODY.replace("Monday", day)}</div></div>'
        for day in ("Monday", "Tuesday", "Friday")
    )
    text = clean_page(page(f"<div>{chunks}</div>"), URL).text
    assert all(day in text for day in ("Monday", "Tuesday", "Friday"))


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (b"", "", "empty page"),
        (b"%PDF-1.7 ...", "", "not text"),
        (b"abc", "image/png", "not a page but image/png"),
    ],
)
def test_what_is_no_page(data: bytes, kind: str, reason: str) -> None:
    with pytest.raises(NoArticle) as caught:
        clean_page(data, URL, kind)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("data", "header", "text"),
    [
        ("señal".encode(), "text/html; charset=iso-8859-1", "señal"),
        ("señal".encode("latin-1"), "text/html; charset=utf-8", "señal"),
        ("“señal”".encode("cp1252"), "text/html; charset=ISO-8859-1", "“señal”"),
        ('<meta charset="windows-1251">Москва'.encode("cp1251"), "", '<meta charset="windows-1251">Москва'),
        (b"\xff\xfe" + "señal".encode("utf-16-le"), "", "señal"),
        (b"\xef\xbb\xbfabc", "text/html; charset=latin-1", "abc"),
        ("señal".encode("latin-1"), "charset=no-such", "señal"),
    ],
)
def test_encodings(data: bytes, header: str, text: str) -> None:
    assert encoding.decode_page(data, header) == text


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("Iniciativa MÃ©rida", "Iniciativa Mérida"),
        ("dijo â€œnoâ€\x9d ayer", "dijo “no” ayer"),
        ("“quotes” — and ‘dashes’…", "“quotes” — and ‘dashes’…"),
        ("São Paulo, à la carte, Ñandú", "São Paulo, à la carte, Ñandú"),
        ("soft\u00adhyphen\u200b", "softhyphen"),
        ("dijo â€œnoâ€ ayer", "dijo “no” ayer"),
        ("â€œnoâ€", "“no”"),
        ("dijo â€œnoâ€\ufffd, y ya", "dijo “no”, y ya"),
        ("cuesta 5 € en Â¡MÃ©xico!", "cuesta 5 € en ¡México!"),
        ("L’âge d’or, pâté, hôte: 3 €", "L’âge d’or, pâté, hôte: 3 €"),
    ],
)
def test_mojibake(broken: str, mended: str) -> None:
    assert encoding.mend_text(broken) == mended


@pytest.mark.parametrize("wrong", ["latin-1", "sloppy-windows-1252"])
def test_mojibake_with_control_characters_is_mended_before_they_are_dropped(wrong: str) -> None:
    spanish = "“Así será la política de México”, dijo Ángel Íñiguez a la señora Óscar — y volvió ‘a casa’ él solo…"
    body = f"<p>{spanish}</p>".encode().decode(wrong)
    good = f"<p>«Aquí ya estaba bien», respondió él, “sin más ni más”. {PARAGRAPHS[0]}</p>"
    assert spanish in clean_page(page(good + body + BODY), URL).text.split("\n\n")
    assert markup.fragment(body) == [spanish]
    assert encoding.demangle(good) == good


@pytest.mark.parametrize(
    ("title", "wall"),
    [
        ("Just a moment", "Please verify you are human."),
        (
            "Su privacidad es importante",
            "Nosotros y nuestros 90 socios guardamos información en su equipo, con cookies.",
        ),
    ],
)
def test_feed_text_stands_in_for_a_page_without_article(title: str, wall: str) -> None:
    article, origin = clean_raw(raw(content=BODY, body=page(f"<p>{wall}</p>", title=title)))
    assert origin == "feed"
    assert article.text.split("\n\n") == PARAGRAPHS
    assert (article.title, article.outlet, article.url) == ("Feed title of the story", "Frontera", URL)


def test_page_wins_over_a_summary_and_the_feeds_date_over_the_pages() -> None:
    when = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    article, origin = clean_raw(raw(summary=PARAGRAPHS[0], body=page(), published=when))
    assert (origin, article.published, article.title) == ("page", when, "Council votes to rebuild old pier")
    assert article.outlet == "Frontera"


def test_fuller_feed_wins_over_a_stub_and_escaped_markup_is_read() -> None:
    stub = page(f"<p>{PARAGRAPHS[0]}</p>")
    article, origin = clean_raw(raw(content=(BODY + BODY).replace("<", "&lt;").replace(">", "&gt;"), body=stub))
    assert origin == "feed" and article.text.startswith(PARAGRAPHS[0]) and "<" not in article.text


def test_neither_page_nor_feed_has_text() -> None:
    with pytest.raises(NoArticle, match="no text in the feed"):
        clean_raw(raw(body=b""))


def test_errors_cross_processes() -> None:
    assert pickle.loads(pickle.dumps(NoArticle("captcha"))).reason == "captcha"


@pytest.mark.parametrize(
    "hostile",
    [
        b"<div>" * 60_000 + BODY.encode(),
        b"<p><span>" * 20_000 + BODY.encode(),
        b"<table><tr><td>" * 400 + BODY.encode(),
        b"<ul><li>" * 5_000,
        BODY.encode() * 3_000,
        b"<a href=x>word word</a> " * 20_000,
        b"<p>&#x1F;&#0;\0</p>" + BODY.encode(),
        b"<p>" + b"the post a we use " * 20_000,
        ("<p>" + "Ã©â€œ Ã\xad" * 40_000).encode(),
        b"<p>Read next</p><p>###</p>" * 10_000,
        b"<p>" + b"a | " * 50_000 + BODY.encode(),
        b"<table><tr>" + b"<td>x 1</td>" * 10_000,
    ],
    ids=["divs", "spans", "tables", "lists", "long", "links", "control", "line", "mojibake", "ends", "bars", "cells"],
)
def test_hostile_pages_end_in_time(hostile: bytes) -> None:
    start = time.process_time()
    with contextlib.suppress(NoArticle):
        clean_page(b"<html><body>" + hostile, URL)
    assert time.process_time() - start < 10


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda t: f"<html><p>{t}".encode("utf-8", "replace")),
    st.text(max_size=30),
)
def test_any_bytes_give_an_article_or_a_reason(data: bytes, url: str) -> None:
    try:
        assert clean_page(data, url).text
    except NoArticle as error:
        assert error.reason


PIECES = [
    b"<table><tr><td>",
    b"</div>",
    b"<p>",
    b"<article>",
    b"</html>",
    b"<!--",
    b"]]>",
    b"<svg><script>",
    b"\0",
    b" | ",
    b"###",
    b"\xff\xfe",
    b"\xc3",
    b"&#55296;",
    b"&#x9d;",
    b'<meta charset="utf-16">',
    b"\xe2\x80",
    "â€\x9d".encode(),
    b'<script type="application/ld+json">{"@type":"Article","articleBody":[{}],"author":{"name":[]}}</script>',
    b'<meta property="article:published_time" content="0000-13-40T99:99:99+99:99">',
    b"<base href='http://[::1'>",
]
EDITS = st.tuples(
    st.sampled_from(["cut", "put", "flip", "twice"]), st.floats(0, 1), st.integers(1, 200), st.sampled_from(PIECES)
)


@settings(max_examples=150, deadline=5000)
@given(st.lists(EDITS, max_size=12), st.sampled_from(["", "text/html; charset=utf-7", "text/html; charset=big5"]))
def test_a_broken_page_gives_an_article_or_a_reason(edits: list[tuple[str, float, int, bytes]], kind: str) -> None:
    data = page()
    for edit, share, size, piece in edits:
        at = int(share * len(data))
        here = data[at : at + size]
        change = {"cut": b"", "put": piece + here, "flip": bytes(b ^ 0x80 for b in here), "twice": here * 2}
        data = data[:at] + change[edit] + data[at + size :]
    try:
        article = clean_page(data, URL, kind)
    except NoArticle as error:
        assert error.reason
    else:
        assert article.text.strip() and "\0" not in article.text
        article.model_dump_json()


@given(st.text(max_size=200))
def test_any_feed_text_is_read(text: str) -> None:
    assert all(line.strip() for line in markup.fragment(text))
