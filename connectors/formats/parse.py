"""Parses feeds of all formats. Pure: no network, no clock. XML is first made a safe, well-formed tree."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from lxml import etree

from connectors.entry_limits import ENTRY, bounded
from connectors.errors import NotAFeed
from connectors.formats.feedparser_fallback import odd_entries
from connectors.formats.hints import Hints, read_hints
from connectors.formats.jsonfeed import parse_json_feed
from connectors.formats.rss_atom import head_authors, head_title, read_entry
from connectors.formats.sitemap import parse_index, parse_sitemap
from connectors.formats.titles import title_line
from connectors.formats.walls import find_wall, is_html
from connectors.formats.xmltree import decode_feed, lift_nested, load_xml
from schemas.article import FeedEntry
from schemas.lean_imports import unused

with unused("wcwidth"):  # for aligning text on a terminal
    import ftfy

#: Most entries taken from one feed. The longest real news feeds have a few hundred.
MOST = 5000
#: Characters per feed in which wrongly decoded text is repaired. ftfy needs up to 4 s for a million.
MENDED = 200_000
#: Root element → kind. Repairing broken XML sometimes leaves a channel as the root.
KINDS = {"rss": "rss", "rdf": "rdf", "feed": "atom", "channel": "rss"}
_MOJIBAKE = ("Ã", "â€", "Â")
#: The end of a feed: its root element is closed, or has nothing in it.
_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:rss|rdf|feed|channel|urlset|sitemapindex|backslash)\s*>|/>\s*$", re.I)
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class ParsedFeed:
    """The content of a feed.

    `kind` is rss, atom, rdf, json, sitemap, sitemap-index or listing. `children` are the URLs of an index's sitemaps.
    `bad` counts entries that could not be read. `cut` counts texts that were too long, by field. `nothing` says why a
    listing has no entries. `ends` is false for XML that was cut short.
    """

    kind: str
    entries: tuple[FeedEntry, ...] = ()
    title: str = ""
    lang: str | None = None
    hints: Hints = Hints()
    children: tuple[str, ...] = ()
    bad: int = 0
    nothing: str = ""
    cut: Mapping[str, int] = field(default_factory=dict)
    ends: bool = True


def parse_feed(data: bytes, url: str, content_type: str = "") -> ParsedFeed:
    """Parses RSS 0.9x–2.0, RDF, Atom 0.3 and 1.0, JSON Feed, sitemaps and sitemap indexes.

    The format is detected from the bytes; `content_type` is used only for the character encoding. Relative links are
    resolved against `xml:base` and `url`. Raises NotAFeed, and nothing else, for other bytes.
    """
    text = decode_feed(data, content_type).lstrip("\ufeff \t\r\n\0")
    if not text:
        raise NotAFeed("empty")
    if text[0] in "{[":
        found, title, lang, bad = parse_json_feed(text, url, MOST)
        entries, cut = _finished(found)
        return ParsedFeed("json", entries, _words(title), _lang(lang), bad=bad, cut=cut)
    if is_html(text):
        raise NotAFeed("an HTML page", find_wall(text))
    if "<" not in text[:8192]:
        raise NotAFeed("neither XML nor JSON")
    root = load_xml(text)
    ends = bool(_END.search(text[-200:]) or _END.search(text[-2000:]))
    name = _name(root).lower()
    if name == "html":
        raise NotAFeed("an HTML page", find_wall(text))
    if name == "urlset":
        found, lang, bad = parse_sitemap(root)
        entries, cut = _finished(found)
        return ParsedFeed("sitemap", entries, lang=_lang(lang), bad=bad, cut=cut, ends=ends)
    if name == "sitemapindex":
        return ParsedFeed("sitemap-index", children=parse_index(root), ends=ends)
    if name == "backslash":
        root = _from_backslash(root)
    return replace(_parse_xml(root, url), ends=ends)


def _parse_xml(root: etree._Element, url: str) -> ParsedFeed:
    kind = KINDS.get(_name(root).lower())
    lift_nested(root, "{*}item", "{*}entry")
    found, bad = [], 0
    for node in islice(root.iter("{*}item", "{*}entry"), MOST if kind else 0):
        try:
            found.append(read_entry(node, url))
        except ValueError:
            bad += 1
    if not found and not bad:
        found = list(odd_entries(root, url, MOST))
    if kind is None and not found:
        raise NotAFeed(f"XML, but no feed: its root is {_name(root)[:40]}")
    kind = kind or "rss"
    head = root.find("{*}channel") if kind != "atom" else root
    head = root if head is None else head
    if kind == "atom" and (authors := head_authors(root)):
        found = [entry if entry.authors else entry.model_copy(update={"authors": authors}) for entry in found]
    lang = head.findtext("{*}language") or head.get(_LANG) or root.get(_LANG)
    title = _words(head_title(head))
    entries, cut = _finished(found)
    return ParsedFeed(kind, entries, title, _lang(lang), read_hints(root), bad=bad, cut=cut)


def _finished(found: Iterable[FeedEntry]) -> tuple[tuple[FeedEntry, ...], Counter[str]]:
    """The entries, shortened to the limits of `connectors.entry_limits` and with their encoding repaired; the number of
    texts that were shortened, by field."""
    entries, cut, budget = [], Counter[str](), MENDED
    for entry in found:
        entry = bounded(entry, cut)
        if _is_mojibake(entry):
            budget -= len(entry.title) + len(entry.summary) + len(entry.content) + sum(map(len, entry.authors))
            entry = _mend(entry) if budget >= 0 else entry
        entries.append(entry)
    return tuple(entries), cut


def _is_mojibake(entry: FeedEntry) -> bool:
    texts = (entry.title, entry.summary, entry.content, *entry.authors)
    return any(sign in text for text in texts if not text.isascii() for sign in _MOJIBAKE)


def _mend(entry: FeedEntry) -> FeedEntry:
    """Repairs mojibake, that is, text decoded with the wrong encoding ("MÃ©rida"). Other text is not changed."""
    texts = (entry.title, entry.summary, entry.content, *entry.authors)
    title, summary, content, *authors = map(ftfy.fix_encoding, texts)
    return entry.model_copy(
        update={"title": title, "summary": summary, "content": content, "authors": tuple(authors)}
    )  # fmt: skip


def _words(text: str) -> str:
    """A feed's title as plain text on one line, cut to its limit."""
    return title_line(text[:20_000])[: ENTRY["title"]]


def _lang(value: Any) -> str | None:
    lang = str(value or "").strip().lower()[:2]
    return lang if lang.isascii() and lang.isalpha() and len(lang) == 2 else None


def _name(root: etree._Element) -> str:
    """An element's name without namespace or prefix. In a repaired document, the prefix may be undeclared."""
    return str(root.tag).rpartition("}")[2].rpartition(":")[2]


def _from_backslash(root: etree._Element) -> etree._Element:
    """Converts Slashdot's own format (backslash), which is still in use, to RSS."""
    names = {"title": "title", "url": "link", "time": "pubDate", "author": "author"}
    rss = etree.Element("rss", version="2.0")
    channel = etree.SubElement(rss, "channel")
    for story in root.iter("story"):
        item = etree.SubElement(channel, "item")
        for node in story:
            if node.tag in names:
                etree.SubElement(item, names[str(node.tag)]).text = node.text
    return rss
