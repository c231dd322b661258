"""Compares what Borderwire reads from a document with what another reader's tests say."""

import calendar
import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.errors import ConnectorError
from connectors.formats.parse import ParsedFeed, parse_feed

_ENTRY = re.compile(rb"<(?:item|entry)(?:\s[^<>]*)?>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)[^<>]*>|<!--.*?-->|<[?!][^<>]*>", re.DOTALL)


@dataclass(frozen=True)
class Case:
    """A document, where it is from, and the value that one field of the feed or of its first entry must have."""

    name: str
    data: bytes
    url: str
    content_type: str
    field: str
    wanted: object


@dataclass(frozen=True)
class Verdict:
    """Whether a reading agrees; if not, both values, and the reason that holds for this kind of difference."""

    name: str
    field: str
    agrees: bool
    wanted: str = ""
    read: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Reason:
    """A kind of difference: for which document, field and values it holds, and why our reading is right or does not
    matter. `holds` gets the document's text, the field, the wanted value and ours."""

    told: str
    holds: Callable[[str, str, str, str], bool]


def read(data: bytes, url: str, content_type: str) -> ParsedFeed | str:
    """What Borderwire reads; or why it reads nothing."""
    try:
        return parse_feed(data, url, content_type)
    except ConnectorError as error:
        return str(error)


def value_of(feed: ParsedFeed, field: str) -> object:
    """One field of a feed or of its first entry."""
    if field == "feed title":
        return feed.title
    if field == "feed language":
        return feed.lang
    if not feed.entries:
        return None
    entry = feed.entries[0]
    if field == "author":
        return ", ".join(entry.authors)
    if field == "summary":
        return entry.summary or entry.content
    if field == "content":
        return entry.content or entry.summary
    return getattr(entry, field)


def same(field: str, wanted: object, found: object) -> bool:
    """Whether two values say the same: texts by their words, dates by their second, languages by their first part."""
    if isinstance(wanted, tuple) and isinstance(found, datetime):
        return calendar.timegm((*wanted[:6], 0, 0, 0)) == int(found.astimezone(UTC).timestamp())
    if field == "feed language":
        return str(wanted or "")[:2].lower() == str(found or "")
    if field in ("url", "id"):
        return str(wanted) == str(found)
    return words(str(wanted or "")) == words(str(found or ""))


def words(text: str) -> str:
    """The text as a reader sees it: without markup, with references decoded, spaces folded."""
    for _ in range(2):
        text = html.unescape(_TAG.sub(" ", text))
    return " ".join(unicodedata.normalize("NFC", text).split())


def compared(case: Case, reasons: Iterable[Reason]) -> Verdict:
    """Reads a document and compares one field.

    A document whose entry holds nothing but that field is given a title: alone, the entry would be no article.
    """
    found = read(case.data, case.url, case.content_type)
    if isinstance(found, ParsedFeed) and not found.entries and not case.field.startswith("feed"):
        found = read(_ENTRY.sub(rb"\g<0><title>x</title>", case.data, count=1), case.url, case.content_type)
    value = found if isinstance(found, str) else value_of(found, case.field)
    agrees = same(case.field, case.wanted, value)
    wanted, ours = str(case.wanted), str(value)
    text = case.data.decode("utf-8", "replace")
    why = "" if agrees else next((r.told for r in reasons if r.holds(text, case.field, wanted, ours)), "")
    return Verdict(case.name, case.field, agrees, wanted, ours, why)
