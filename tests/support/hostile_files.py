"""Files that a person or a program hands to a command, and that are not what the command reads: by name, as bytes."""

import gzip
import json
import random
from collections.abc import Iterator

import brotli

NOISE = random.Random(11)
WORDS = b"The senator said that the guns came over the bridge at night, and that nobody saw them. "


def files() -> Iterator[tuple[str, bytes]]:
    """No file is a valid input of any command; none is larger than 3 MB."""
    yield "nothing", b""
    yield "zeros", b"\0" * 100_000
    yield "noise", NOISE.randbytes(20_000)
    yield "one long line", b"a" * 500_000
    yield "latin-1", "Señales de Cañón: año".encode("latin-1")
    yield "utf-16", "- url: https://a.example/\n".encode("utf-16")
    yield "utf-32", "{}".encode("utf-32")
    yield "a mark and nothing", b"\xef\xbb\xbf"
    yield "control characters", b"\x1b[31m\x07\x9b: \x00\x1b]0;x\x07"
    yield "bidirectional", "a: \u202e\u2066x\u2028y".encode()
    for name, text in {
        "arrays": "[", "objects": '{"a":', "flow": "{a: ", "dashes": "- ", "tags": "<a>", "items": "<rss><item>",
        "outlines": "<opml><outline>", "comments": "<!-- x -->", "open comments": "<!--", "quotes": '"', "divs": "<div>",
        "lines": "\n", "carriage returns": "\r", "anchors": "&a [", "CDATA": "<![CDATA[", "percent": "%",
    }.items():  # fmt: skip
        yield f"many {name}", text.encode() * (50_000 // len(text))
    yield "half a character", b'{"id": "\\ud800", "text": "cut \\udc00", "url": "https://a.example/\\ud83d"}\n'
    yield "half a character in a feed", json.dumps({"items": [{"id": "\ud83d", "title": "\ud83d"}]}).encode()
    yield "surrogate bytes", b'{"id": "a", "text": "\xed\xa0\x80"}\n- url: \xed\xa0\x80\n'
    yield "numbers without end", b'{"id": ' + b"9" * 100_000 + b', "text": 1e999999}\n'
    yield "not a number", b'{"id": NaN, "text": -Infinity, "items": [{"id": NaN}]}\n'
    yield "other types", b'{"id": [1], "text": {"a": 1}, "items": "x", "url": 5, "entry": 7, "version": null}\n'
    yield "a list of numbers", b"[1, 2, 3]\n"
    yield "a text", b'"x"\n'
    yield "null", b"null\n"
    yield "dates that are none", b"a: 2026-13-45\nb: 9999-99-99T99:99:99\nfrom: 0000-00-00\n"
    yield "an alias of itself", b"a: &a [*a]\n"
    yield "aliases that grow", b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n + 1, n + 1, n, n) for n in range(40))
    yield (
        "grown aliases",
        b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n + 1, n + 1, n, n) for n in range(30)),
    )
    yield "grown list", b"- &a [x, x]\n" + b"".join(b"- &a [*a, *a, *a]\n" for _ in range(40))
    yield "objects of Python", b"!!python/object/apply:os.system ['true']\n"
    yield "keys of lists", b"? [a, b]\n: 1\n? {c: d}\n: 2\n"
    yield "twice the same key", b"topics: 1\ntopics: 2\nkafka: x\nkafka: y\n"
    laughs = b"".join(b'<!ENTITY a%d "&a%d;&a%d;">' % (n + 1, n, n) for n in range(40))
    yield "entities that grow", b'<!DOCTYPE r [<!ENTITY a0 "ha">' + laughs + b"]><opml><rss>&a40;</rss></opml>"
    yield (
        "entity that reads",
        b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel>&a;</channel></rss>',
    )
    yield "cut XML", b'<?xml version="1.0"?><opml version="2.0"><body><outline xmlUrl="https://a.exa'
    yield "cut JSON", b'{"id": "a", "text": "the sen'
    attributes = b" ".join(b"a%d=1" % number for number in range(20_000))
    yield "attributes", b"<p " + attributes + b">" + WORDS + b"</p>"
    yield "bomb", gzip.compress(b"\0" * 30_000_000)
    yield "bomb in brotli", brotli.compress(b"\0" * 30_000_000)
    yield "cut gzip", gzip.compress(WORDS * 100)[:-20]
    yield "broken gzip", b"\x1f\x8b\x08\x00 not gzip"
    yield "members", gzip.compress(b"") * 20_000
    yield "cut archive", b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999\r\n\r\nHTTP/1.1 200"
    yield "archive of noise", b"WARC/1.0\r\n" + NOISE.randbytes(5000)
    yield "archive of another length", b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: -5\r\n\r\n" + WORDS
    yield "endless fields", b"WARC/1.0\r\n" + b"X: y\r\n" * 50_000
    yield "PDF", b"%PDF-1.7\n" + NOISE.randbytes(3000)
    yield "image", b"\x89PNG\r\n\x1a\n" + NOISE.randbytes(3000)
    yield "program", b"#!/bin/sh\nexit 0\n"
