"""Records that once stopped the job, or might: each kind by a name, as bytes for `articles.raw`."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from schemas.article import FeedEntry, Page, RawArticle
from schemas.codec import encode

LEAD = "“The Mérida Initiative must end now,” Senator Ana Ruiz told reporters in Ciudad Juárez on Monday.\n\n"
MB = 1_000_000


def record(number: int = 0, **changes: Any) -> RawArticle:
    """A plain raw article; `changes` are of its entry, or of the record itself."""
    url = f"https://poison.example/{number}"
    entry: dict[str, Any] = {"id": url, "url": url, "title": f"Poison {number}", "content": LEAD}
    top: dict[str, Any] = {
        "id": f"poison-{number}",
        "version": "v1",
        "feed": "https://poison.example/feed",
        "outlet": "Poison",
        "lang": "en",
        "seen": datetime.now(UTC),
    }
    for name, value in changes.items():
        (entry if name in FeedEntry.model_fields and name not in ("id",) else top)[name] = value
    return RawArticle(**top, entry=FeedEntry(**entry))


def texts(length: int = 60_000) -> Iterator[tuple[str, str]]:
    """Texts that cost time or memory out of proportion, by name."""
    for name, piece in {
        "guillemets": "«",
        "backticks": "`",
        "backslashes": "\\",
        "dots": ".",
        "exclamations": "!?",
        "newlines": "\n",
        "spaces": " ",
        "tabs-and-lines": " \t\n",
        "quotes": '"',
        "closing quotes": "”",
        "apostrophes": "'",
        "capitals": "A ",
        "one word": "a",
        "digits": "1.",
        "dashes": "--",
        "accents": "1\u0301",
        "brackets": "[(",
        "bars": "| ",
        "colons": "A: ",
        "emoji": "\U0001f600",
        "no spaces": "文",
    }.items():
        yield name, LEAD + piece * (length // len(piece))
    said = "“We agree with the Mérida Initiative {n},” said Senator Luis Soto. "
    for name, count in (("thousands said", 3000),):
        yield name, LEAD + "".join(said.format(n=n) for n in range(count))
    yield "quoted a", LEAD + "“a” said " * 4000
    yield "said said", LEAD + "said that " * 6000
    yield "names", LEAD + "".join(f"Ana Ruiz{n} Soto, president of X, said. " for n in range(2000))
    yield "same names", LEAD + "Ana Ruiz, president of the council, said. He said it. " * 1500
    yield "pronouns", LEAD + "it them Mérida Initiative said it. " * 2000
    yield "terms", LEAD + "Mérida Initiative arms trafficking guns smuggled to Mexico " * 2000
    yield "gaps", LEAD + "smuggled guns trafficking " * 3000
    yield "headings", LEAD + "".join(f"\nPREGUNTA: Sí, dijo el senador {n}.\nANA RUIZ: No.\n" for n in range(1500))
    yield "greetings", LEAD + "\nDear Ana,\n" * 4000
    yield "según", LEAD + "Según el gobierno, dijo que no. " * 2000
    yield "one sentence", LEAD + "the senator said that guns, " * 3000


def pages() -> Iterator[tuple[str, bytes]]:
    """Records whose pages cost time or memory out of proportion, by name."""
    for number, (name, html) in enumerate(_pages(), 2000):
        body = html.encode("utf-8", "surrogatepass")
        page = Page(url="https://poison.example/", status=200, content_type="text/html", body=body)
        yield name, encode(record(number, content="").model_copy(update={"page": page}))


def _pages() -> Iterator[tuple[str, str]]:
    head = f"<html><head><title>Poison</title></head><body><article><p>{LEAD}</p>"
    for name, piece in {
        "divs nested": "<div>",
        "spans nested": "<span>",
        "paragraphs": "<p>x",
        "comments open": "<!-- ",
        "tables": "<table><tr><td>",
        "links": "<a href=x>y</a>",
        "lists": "<ul><li>",
        "entities": "&#xd800;",
        "bolds": "<b>",
        "breaks": "<br>",
        "attributes": '<p class="article-body">',
        "body classes": '<div class="article-body"><p>x</p></div>',
        "scripts": "<script>",
        "headings": "<h1>a</h1>",
    }.items():
        yield name, head + piece * (400_000 // len(piece))
    deep = '{"@type":"Article","author":' + "[" * 50_000
    yield "deep JSON-LD", head + f'<script type="application/ld+json">{deep}</script>'
    yield "many JSON-LD", head + '<script type="application/ld+json">{"@type":"NewsArticle"}</script>' * 6000
    yield (
        "surrogate in JSON-LD",
        head.replace(
            "<title>",
            r'<script type="application/ld+json">{"@type":"NewsArticle","headline":"Mérida Initiative \ud83d"}'
            "</script><title>",
        )
        + f"<p>{LEAD}</p></article>",
    )
    yield "title", f"<html><head><title>{'Poison ' * 300_000}</title></head><body><p>{LEAD * 3}</p>"
    yield "og title", f'<html><head><meta property="og:title" content="{"| a " * 100_000}"></head><p>{LEAD * 3}</p>'
    yield "date", f'<html><head><meta name="date" content="{"2026-01-01 " * 100_000}"></head><p>{LEAD * 3}</p>'


def raw_bytes() -> Iterator[tuple[str, bytes]]:
    """Bytes that are no article, or one of absurd proportions, by name. Each fits into a record of 3 MB."""
    noise = random.Random(7)
    yield "nothing", b""
    yield "zeros", b"\0" * 2 * MB
    yield "noise", noise.randbytes(2 * MB)
    yield "half a JSON", b'{"v": 1, "id": "' + b"x" * 2 * MB
    yield "nested", b"[" * MB
    yield "wrong types", json.dumps({"id": [1] * 300_000}).encode()
    yield "newer", b'{"v": 999}'
    yield "null", b"null"
    yield "lone surrogates", encode(record(1)).replace(b"Poison 1", b"Poison \\ud83d")
    yield "surrogate bytes", encode(record(2)).replace(b"Poison 2", b"Poison \xed\xa0\xbd")
    yield "surrogate id", encode(record(3)).replace(b'"poison-3"', b'"poison-\\ud800"')
    yield "long title", encode(record(4, title="t" * 2 * MB))
    yield "long outlet", encode(record(5, outlet="o" * 2 * MB))
    yield "long author", encode(record(6, authors=("a" * 2 * MB,)))
    yield "many authors", encode(record(7, authors=tuple(f"author {n}" for n in range(100_000))))
    yield "long id", encode(record(8, id="i" * 2 * MB))
    yield "long version", encode(record(9, version="v" * 2 * MB))
    yield "long feed", encode(record(10, feed="https://poison.example/" + "f" * 2 * MB))
    line = "“The Mérida Initiative cost {} million dollars,” Senator Ana Ruiz{} said.\n\n"
    said = "".join(line.format(n, n) for n in range(40))
    yield "long URL", encode(record(11, url="https://poison.example/" + "u" * 100_000, content=said))
    guid = FeedEntry(id="g" * 2 * MB, url="https://a.example/")
    yield "long guid", encode(record(12).model_copy(update={"entry": guid}))
    yield "year 1", encode(record(13, published="0001-01-01T00:00:00Z"))
    yield "year 9999", encode(record(14, published="9999-12-31T23:59:59Z"))
    yield "seen in year 9999", encode(record(15, seen="9999-12-31T23:59:59+00:00"))
    yield "unknown language", encode(record(16, lang="x" * 1000))
    bomb = record(17).model_copy(update={"page": Page(url="https://a.example/", body=b"a" * 30 * MB)})
    yield "bomb", encode(bomb)


def read_back() -> Iterator[tuple[str, str, bytes, bytes]]:
    """(topic, name, key, value) of records in topics that the job and its commands read back."""
    bad: dict[str, bytes] = {
        "no JSON": b"\x00\xff\xfe",
        "another model": b'{"id": "x"}',
        "null": b"null",
        "nested": b"[" * 100_000,
        "newer": b'{"v": 999}',
        "empty lists": b'{"v":1,"id":"x","text":"t","kind":"direct","topics":[],"sightings":[],'
        b'"why":"new","statements":[]}',
    }
    topics = ("statements", "alerts.merida", "articles.tagged", "articles.outcomes", "articles.dead-letter", "marks")
    for topic in topics:
        for name, value in bad.items():
            yield topic, f"read back: {topic} {name}", b"poison", value
    day = "0001-01-01T00:00:00Z"
    sighting = {"article": "a", "version": "v", "outlet": "o", "url": "u", "at": day}
    entry = {
        "id": "x",
        "text": "t" * MB,
        "kind": "direct",
        "lang": "en",
        "topics": ["merida"],
        "why": "new",
        "sightings": [sighting] * 3,
    }
    yield "statements", "read back: statements long", b"x", json.dumps(entry).encode()


def records() -> Iterator[tuple[str, bytes]]:
    """Every kind, as bytes for `articles.raw`."""
    yield from raw_bytes()
    for number, (name, text) in enumerate(texts(), 1000):
        yield f"text: {name}", encode(record(number, content=text))
    for name, data in pages():
        yield f"page: {name}", data
