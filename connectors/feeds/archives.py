"""Replays archives into `articles.raw`, marked as back-fill: JSONL with articles or WARC with pages.

Delivery: at least once. A replay that was interrupted can be run again, because ids and versions are derived from the
content.
"""

import contextlib
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import structlog
from pydantic import ValidationError
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader

from connectors.entry_limits import ENTRY, bounded
from connectors.errors import ConnectorError, FetchError, why
from connectors.feeds.fit_record import fit_article
from connectors.formats.titles import title_line
from connectors.formats.xmltree import decode_feed
from connectors.identity import entry_version, id_of
from connectors.kafka import Publisher
from connectors.page_text import canonical_link, long_paragraphs, page_fingerprint
from connectors.web.content_codings import decoded
from schemas.article import FeedEntry, Page, RawArticle
from schemas.base import UNPACKED_LIMIT
from schemas.dates import parse_date
from schemas.ids import text_version
from schemas.limits import sound
from schemas.settings import Settings

log = structlog.get_logger()

BATCH = 200
#: Longest line of JSONL in bytes: enough for the largest page allowed, written as JSON.
LINE = 4 * UNPACKED_LIMIT


class BadArchive(ConnectorError):
    """The file is neither JSONL nor WARC."""

    mistake = True

    kind = "archive"


def replay(settings: Settings, files: Iterable[Path]) -> dict[str, int]:
    """Publishes all articles of the files. Returns the number of articles published, and of lines or records left out
    (most of which are logged).

    Raises BadArchive, OSError, BrokerGone, RecordRefused.
    """
    publisher = Publisher(settings.kafka)
    counts = {"published": 0, "left out": 0}
    batch: list[tuple[str, str, bytes]] = []
    try:
        for path in files:
            for article in read_archive(path, lambda: datetime.now(UTC), counts):
                try:
                    batch.append(("articles.raw", article.id, fit_article(article, settings.kafka.max_record_bytes)))
                except ValueError as error:
                    counts["left out"] += 1
                    log.warning("replay_left_out", file=path.name, why=str(error)[:300])
                if len(batch) >= BATCH:
                    publisher.publish(batch)
                    counts["published"] += len(batch)
                    batch = []
        publisher.publish(batch)
        counts["published"] += len(batch)
    finally:
        publisher.close()
    return counts


def read_archive(path: Path, clock: Callable[[], datetime], counts: dict[str, int]) -> Iterator[RawArticle]:
    """The articles of one file. The name gives the format: *.jsonl, *.ndjson, *.json or *.warc; .jsonl and .warc also
    with .gz.

    A damaged file is read up to the damage; the rest counts as one record left out. Raises BadArchive.
    """
    name = path.name.lower()
    if ".warc" in name:
        rows = _warc(path, path.name, clock, counts)
    elif name.endswith((".jsonl", ".jsonl.gz", ".json", ".ndjson")):
        rows = _jsonl(path, path.name, clock, counts)
    else:
        raise BadArchive(f"{path}: neither JSONL nor WARC by its name; expected *.jsonl[.gz] or *.warc[.gz]")
    try:
        yield from rows
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        counts["left out"] += 1
        log.warning("replay_left_out", file=path.name, why=f"damaged, the rest cannot be read: {error}")


def _jsonl(path: Path, feed: str, clock: Callable[[], datetime], counts: dict[str, int]) -> Iterator[RawArticle]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(whole_lines(lines), 1):
            if line is not None and not line.strip():
                continue
            try:
                yield from_row(read_row(line), feed, clock())
            except (ValueError, ValidationError, RecursionError) as error:
                counts["left out"] += 1
                log.warning("replay_left_out", file=path.name, line=number, why=str(error)[:300])


def whole_lines(lines: IO[bytes] | gzip.GzipFile) -> Iterator[bytes | None]:
    """The lines of a file; None for a line longer than `LINE` bytes, which is never held in memory as a whole."""
    while line := lines.readline(LINE):
        if len(line) < LINE or line.endswith(b"\n"):
            yield line
            continue
        while (rest := lines.readline(LINE)) and not rest.endswith(b"\n"):
            pass
        yield None


def read_row(line: bytes | None) -> Any:
    """The JSON value of a line, with U+FFFD in place of lone surrogates. Raises ValueError and RecursionError."""
    if line is None:
        raise ValueError(f"longer than {LINE} bytes")
    row = json.loads(line)
    return json.loads(sound(json.dumps(row, ensure_ascii=False))) if b"\\ud" in line.lower() else row


def from_row(row: Any, feed: str, now: datetime) -> RawArticle:
    """An article from one line: a RawArticle as in Kafka, or a mapping with url (or id), title, text or html, dates.

    Known names: url|link, id|guid, title, summary|description, content|text|body, html, authors|author,
    published|date|pubDate, updated, outlet|source, lang|language. Raises ValueError.
    """
    if not isinstance(row, dict):
        raise ValueError("no JSON object")
    if "entry" in row and "version" in row:
        article = RawArticle.model_validate({**row, "origin": "backfill", "seen": now})
        return article.model_copy(update={"entry": bounded(article.entry)})

    def first(*names: str) -> str:
        return next((value.strip() for name in names if isinstance(value := row.get(name), str) and value.strip()), "")

    url = first("url", "link")
    guid = first("id", "guid") or str(row.get("id", "")) or url
    authors = row.get("authors") or [first("author")]
    entry = FeedEntry(
        id=guid,
        url=url,
        title=title_line(first("title", "headline")),
        summary=first("summary", "description"),
        content=first("content", "text", "body"),
        authors=tuple(str(author) for author in authors if author) if isinstance(authors, list) else (str(authors),),
        published=parse_date(first("published", "date", "pubDate", "date_published", "published_at")),
        updated=parse_date(first("updated", "modified", "date_modified")),
    )
    entry = bounded(entry)
    url = entry.url
    html = first("html", "page")
    if not guid or not (entry.title or entry.content or html):
        raise ValueError("no url or id, or no title, text or html")
    body = html.encode("utf-8", "replace")
    page = Page(url=url, status=200, content_type="text/html; charset=utf-8", body=body, size=len(body))
    lang = first("lang", "language")[:2].lower()
    return RawArticle(
        id=id_of(url) if url else id_of(f"replay:{feed}#{guid}"),
        version=_version(entry, html),
        feed=f"replay:{feed}",
        outlet=first("outlet", "source", "publisher") or urlsplit(url).hostname or feed,
        lang=lang if len(lang) == 2 else None,
        entry=entry,
        page=page if html else None,
        origin="backfill",
        seen=now,
    )


def _version(entry: FeedEntry, html: str) -> str:
    """The version that the entry would have had from a feed; for a page without texts, from its paragraphs."""
    if entry.title or entry.summary or entry.content:
        return entry_version(entry)
    return text_version((page_fingerprint(long_paragraphs(html)) or html,))


def _warc(path: Path, feed: str, clock: Callable[[], datetime], counts: dict[str, int]) -> Iterator[RawArticle]:
    """The HTML responses of a WARC file (ISO 28500), each as a page with an entry that has only the URL."""
    with path.open("rb") as stream:
        head = stream.read(2048)
        if head.startswith(b"\x1f\x8b"):
            head = zlib.decompressobj(47).decompress(head, 5)
        if not head.startswith(b"WARC/"):
            raise BadArchive(f"{path}: no WARC: it does not begin like one")
        stream.seek(0)
        try:
            for record in _quietly(ArchiveIterator(stream)):
                if record.rec_type not in ("response", None):
                    continue
                article = _from_warc(record, feed, clock())
                if article is None:
                    counts["left out"] += 1
                    continue
                yield article
        except Exception as error:  # warcio raises many types of exceptions for damaged bytes
            counts["left out"] += 1
            told = why(error)[:300]
            log.warning("replay_left_out", file=path.name, why=f"damaged, the rest cannot be read: {told}")


def _quietly(records: Iterable[Any]) -> Iterator[Any]:
    """The records, with standard error suppressed: warcio prints warnings there that contain bytes of the file."""
    found = iter(records)
    while True:
        with contextlib.redirect_stderr(io.StringIO()):
            record = next(found, None)
        if record is None:
            return
        yield record


def _from_warc(record: Any, feed: str, now: datetime) -> RawArticle | None:
    if record.rec_type is None or record.http_headers is None:
        log.warning("replay_left_out", file=feed, why="a record without headers, perhaps cut short")
        return None
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    kind = record.http_headers.get_header("Content-Type") or ""
    status = record.http_headers.get_statuscode()
    if len(url) > ENTRY["url"] or sound(url) != url:
        return None
    if status != "200" or "html" not in kind.lower() or not url.startswith(("http://", "https://")):
        return None
    try:
        coding = record.http_headers.get_header("Content-Encoding") or ""
        chunked = "chunked" in (record.http_headers.get_header("Transfer-Encoding") or "").lower()
        stream = ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream
        parts = islice(iter(partial(stream.read, 65536), b""), UNPACKED_LIMIT // 65536)
        body = decoded(b"".join(parts), coding, UNPACKED_LIMIT)
        if getattr(record.raw_stream, "limit", 0) > 0:
            raise FetchError("too-large", f"cut short, or larger than {UNPACKED_LIMIT} bytes")
    except FetchError as error:
        log.warning("replay_left_out", file=feed, url=url[:500], why=str(error))
        return None
    text = decode_feed(body, kind)
    return RawArticle(
        id=id_of(canonical_link(text, url) or url),
        version=_version(FeedEntry(id=url, url=url), text),
        feed=f"replay:{feed}",
        outlet=urlsplit(url).hostname or feed,
        entry=FeedEntry(id=url, url=url),
        page=Page(url=url, status=200, content_type=kind[:200], body=body, size=len(body)),
        origin="backfill",
        seen=now,
    )
