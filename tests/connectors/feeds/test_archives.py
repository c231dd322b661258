"""Archives read for a replay: valid records are used, invalid ones are counted."""

import gzip
import io
from datetime import UTC, datetime

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from connectors.feeds.archives import LINE, BadArchive, read_archive
from connectors.feeds.fit_record import fit_article
from schemas.codec import encode

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAGE = b"<html><p>" + b"The officers counted the rifles twice before they let the lorry go on. " * 5 + b"</p></html>"
PACKED = gzip.compress(PAGE)


def chunked(body: bytes) -> bytes:
    return b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


def read(path):
    counts = {"published": 0, "left out": 0}
    return list(read_archive(path, lambda: NOW, counts)), counts["left out"]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (PAGE, {}),
        (PACKED, {"Content-Encoding": "gzip"}),
        (chunked(PAGE), {"Transfer-Encoding": "chunked"}),
        (chunked(PACKED), {"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"}),
        (PAGE, {"Transfer-Encoding": "chunked"}),
    ],
)
def test_pages_of_a_warc_however_they_were_sent(tmp_path, body, headers):
    path = tmp_path / "crawl.warc.gz"
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for number, status in ((1, "200 OK"), (2, "404 Not Found")):
            fields = [("Content-Type", "text/html"), *headers.items()]
            http = StatusAndHeaders(status, fields, protocol="HTTP/1.1")
            url = f"https://example.org/{number}"
            writer.write_record(writer.create_warc_record(url, "response", io.BytesIO(body), http_headers=http))
    (article,), left_out = read(path)
    assert article.page.body == PAGE and article.origin == "backfill" and article.seen == NOW and left_out == 1


def test_a_bad_line_costs_that_line_and_a_damaged_end_the_rest(tmp_path):
    lines = b"".join(b'{"url": "https://example.org/%d", "title": "T%d"}\n' % (n, n) for n in range(1000))
    path = tmp_path / "some.jsonl"
    path.write_bytes(b'{"url": "https://[::1", "title": "x"}\n\xff\xfe\n[1]\n\n{"id": "7", "title": "By id"}\n' + lines)
    articles, left_out = read(path)
    assert (len(articles), left_out) == (1001, 3)
    packed = tmp_path / "some.jsonl.gz"
    packed.write_bytes(gzip.compress(lines)[:-40])
    articles, left_out = read(packed)
    assert 0 < len(articles) < 1000 and left_out == 1


@pytest.mark.parametrize(("name", "data"), [("x.txt", b"{}"), ("x.warc", b"no warc at all, only words\n\n")])
def test_what_is_no_archive_is_told(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadArchive):
        read(path)


def crawl(packed: bool) -> bytes:
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=packed)
    for number in range(3):
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        url = f"https://example.org/{number}"
        writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(PAGE), http_headers=head))
    return stream.getvalue()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("flipped", [False, True])
def test_a_warc_that_is_cut_or_damaged_anywhere_is_read_as_far_as_it_goes(tmp_path, capfd, packed, flipped):
    whole = crawl(packed)
    path = tmp_path / ("crawl.warc.gz" if packed else "crawl.warc")
    found = set()
    for at in range(100, len(whole) - 10, 37):  # a file that does not even begin like a WARC is refused
        path.write_bytes(whole[:at] + (bytes([whole[at] ^ 65]) + whole[at + 1 :] if flipped else b""))
        articles, left_out = read(path)
        assert len(articles) <= 3 and left_out <= 3
        assert all(encode(article) for article in articles)
        found.add((len(articles), left_out))
    assert len(found) > 1 and (flipped or (2, 1) in found)
    assert "WARNING" not in capfd.readouterr().err


GOOD = b'{"url": "https://example.org/1", "title": "T"}'
ODD = {
    "deep arrays": (b"[" * 100_000, 0), "deep objects": (b'{"a":' * 100_000, 0), "no UTF-8": (b"\xff\xfe", 0),
    "a number too long": (b'{"id":' + b"9" * 5000 + b',"title":"T"}', 0), "null": (b"null", 0),
    "half a character in an id": (b'{"id":"\\ud800","title":"T"}', 1),
    "half a character everywhere": (b'{"url":"https://e.org/\\uD800","title":"\\ud800","html":"\\ud800"}', 1),
    "half a character in an article": (
        b'{"entry":{"id":"\\ud800","url":"x"},"version":"x","id":"1","feed":"f","outlet":"o"}', 1,
    ),
    "a title of 5 MB": (b'{"url":"https://e.org/2","title":"' + b"T" * 5_000_000 + b'"}', 1),
    "a line beyond all limits": (b"x" * (LINE + 5), 0),
    "an address that is none": (b'{"url":"http://[x","title":"T"}', 0),
}  # fmt: skip


@pytest.mark.parametrize(("line", "articles"), ODD.values(), ids=ODD.keys())
def test_an_odd_line_is_one_article_or_one_line_of_error_and_the_rest_goes_on(tmp_path, line, articles):
    path = tmp_path / "archive.jsonl"
    path.write_bytes(b"\n".join([GOOD, line, GOOD.replace(b"/1", b"/3")]))
    found, left_out = read(path)
    assert (len(found), left_out) == (2 + articles, 1 - articles)
    assert all(len(fit_article(article, 1_000_000)) <= 1_000_000 for article in found)
