"""Archives read for a replay: what is good in them is taken, what is not is counted."""
import gzip
import io
from datetime import UTC, datetime

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from connectors.feeds.archives import BadArchive, read_archive

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
