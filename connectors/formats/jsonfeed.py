"""Reads entries from JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

import json
from collections.abc import Iterator
from typing import Any

from connectors.entry_limits import ENTRY
from connectors.errors import NotAFeed
from connectors.formats.titles import as_html, title_line, without_marks
from connectors.urls import absolute, web_address
from schemas.article import FeedEntry
from schemas.dates import parse_date
from schemas.limits import sound


def parse_json_feed(text: str, url: str, most: int) -> tuple[list[FeedEntry], str, str | None, int]:
    """Text of a JSON Feed → (at most `most` entries, title, language, entries left out). Raises NotAFeed."""
    try:
        feed = json.loads(text, strict=False)  # line ends in strings, which some publishers do not escape
    except RecursionError:
        raise NotAFeed("no JSON: nested too deep") from None
    except ValueError as error:
        raise NotAFeed(f"no JSON: {error}"[:200]) from None
    if not isinstance(feed, dict):
        raise NotAFeed("JSON, but no object")
    items = feed.get("items")
    version = feed.get("version")
    if not (isinstance(version, str) and "jsonfeed.org/version/" in version) and not isinstance(items, list):
        raise NotAFeed("JSON, but no JSON Feed: no version and no items")
    if not isinstance(items, list):
        items = []
    entries = [_entry(item, feed, url) for item in items[:most]]
    found = [entry for entry in entries if entry is not None]
    return found, _text(feed, "title"), _text(feed, "language") or None, len(entries) - len(found)


def _entry(item: Any, feed: dict[str, Any], base: str) -> FeedEntry | None:
    """The entry of an item, or None. The standard says to discard items without id; with a URL they are kept here."""
    if not isinstance(item, dict):
        return None
    link = _text(item, "url") or _text(item, "external_url")
    guid = item.get("id")
    guid = sound(str(guid)).strip() if isinstance(guid, (str, int, float)) else ""
    link = absolute(link, base) if link else web_address(guid)
    content = _text(item, "content_html") or as_html(_text(item, "content_text"))
    title = title_line(_text(item, "title"))
    if not (guid or link) or not (link or content or title):
        return None
    return FeedEntry(
        id=guid or link,
        url=link,
        title=title,
        summary=as_html(_text(item, "summary")),
        content=content,
        authors=tuple(dict.fromkeys(_authors(item) or _authors(feed))),
        published=parse_date(item.get("date_published")),
        updated=parse_date(item.get("date_modified")),
    )


def _authors(thing: dict[str, Any]) -> Iterator[str] | list[str]:
    listed = thing.get("authors")
    authors = listed[: ENTRY["authors"]] if isinstance(listed, list) else [thing.get("author")]
    return [name for author in authors if isinstance(author, dict) and (name := title_line(_text(author, "name")))]


def _text(thing: dict[str, Any], key: str) -> str:
    value = thing.get(key)
    return without_marks(sound(value)).strip() if isinstance(value, str) else ""
