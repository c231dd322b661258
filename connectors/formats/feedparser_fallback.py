"""Feeds in which our own reader finds no entry: feedparser knows more odd ones, such as those with names in capitals.

It gets the bytes of a tree that was made safe and small before, never an address to fetch from.
"""

import io
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urljoin

import feedparser
from lxml import etree

from connectors.formats.titles import title_line, without_marks
from connectors.identity import web_address
from connectors.limits import sound
from schemas.article import FeedEntry
from schemas.dates import parse_date

#: Bytes that feedparser is given at most: it needs 2 to 3 s for a million.
LARGEST = 2_000_000


def odd_entries(root: etree._Element, url: str, most: int) -> Iterator[FeedEntry]:
    """What feedparser makes of a tree that it calls a feed; an entry without address, id and text is left out."""
    data = etree.tostring(root, encoding="utf-8")
    if len(data) > LARGEST:
        return
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        found = feedparser.parse(
            io.BytesIO(data), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
        )
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError):
        return  # what it raises on nonsense; then the bytes are no feed
    if not found.get("version"):
        return
    for raw in islice(found["entries"], most):
        entry = _entry(raw, url)
        if entry.id and (entry.url or entry.title or entry.summary):
            yield entry


def _entry(raw: Any, url: str) -> FeedEntry:
    try:
        link = web_address(urljoin(url, _said(raw, "link").strip()))
    except ValueError:
        link = ""
    title = title_line(_said(raw, "title"))
    return FeedEntry(
        id=_said(raw, "id").strip() or link or title,
        url=link,
        title=title,
        summary=_said(raw, "summary"),
        content=sound("\n".join(part["value"] for part in raw.get("content", ()) if part.get("value"))),
        authors=(title_line(_said(raw, "author")),) if raw.get("author") else (),
        published=parse_date(raw.get("published") if "published" in raw else None),
        updated=parse_date(raw.get("updated") if "updated" in raw else None),
    )


def _said(raw: Any, name: str) -> str:
    return without_marks(sound(str(raw.get(name) or "")))
