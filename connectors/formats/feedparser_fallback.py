"""Fallback for feeds in which our reader finds no entries. feedparser knows more variants, such as upper-case tags.

It receives the bytes of a tree that was already made safe and small, and never a URL to fetch.
"""

import io
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urljoin

import feedparser
from lxml import etree

from connectors.formats.titles import title_line, without_marks
from connectors.urls import web_address
from schemas.article import FeedEntry
from schemas.dates import parse_date
from schemas.limits import sound

#: Largest input for feedparser, in bytes. It needs 2 to 3 s for a million.
LARGEST = 2_000_000


def odd_entries(root: etree._Element, url: str, most: int) -> Iterator[FeedEntry]:
    """The entries that feedparser finds in a tree, none if it is not a feed. Entries without id or without URL, title
    and summary are left out."""
    data = etree.tostring(root, encoding="utf-8")
    if len(data) > LARGEST:
        return
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        found = feedparser.parse(
            io.BytesIO(data), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
        )
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError):
        return  # feedparser raises these for invalid input; then it is not a feed
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
