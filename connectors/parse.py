"""Feed bytes → entries. Pure: no network, no clock. feedparser gets bytes that were made safe and well-formed first."""
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import ftfy
from lxml import etree
from pydantic import ValidationError

from connectors.dates import from_struct, parse_date
from connectors.errors import NotAFeed
from connectors.hints import Hints, read_hints
from connectors.identity import plain
from connectors.jsonfeed import parse_json_feed
from connectors.sitemap import parse_index, parse_sitemap
from connectors.walls import is_html, wall
from connectors.xmltree import decode, load
from schemas.article import FeedEntry

#: Entries taken of one feed. The longest real news feeds hold a few hundred.
MOST = 5000


@dataclass(frozen=True)
class ParsedFeed:
    """What a feed's bytes say.

    `kind` is rss, atom, rdf, json, sitemap or sitemap-index; `children` are the sitemaps of an index. `bad` counts
    entries left out because nothing could be made of them.
    """

    kind: str
    entries: tuple[FeedEntry, ...] = ()
    title: str = ""
    lang: str | None = None
    hints: Hints = Hints()
    children: tuple[str, ...] = ()
    bad: int = 0


def parse_feed(data: bytes, url: str, content_type: str = "") -> ParsedFeed:
    """Parses RSS 0.9x–2.0, RDF, Atom 0.3 and 1.0, JSON Feed, sitemaps and sitemap indexes, whatever HTTP calls them.

    Relative links are resolved against `xml:base` and `url`. Raises NotAFeed, and nothing else, for other bytes.
    """
    text = decode(data, content_type).lstrip("\ufeff \t\r\n\0")
    if not text:
        raise NotAFeed("empty")
    if text[0] in "{[":
        entries, title, lang, bad = parse_json_feed(text, url)
        return ParsedFeed("json", tuple(map(_mend, entries[:MOST])), _words(title), _lang(lang), bad=bad)
    if is_html(text):
        raise NotAFeed("an HTML page", wall(text))
    if "<" not in text[:8192]:
        raise NotAFeed("neither XML nor JSON")
    root = load(text)
    name = _name(root).lower()
    if name == "html":
        raise NotAFeed("an HTML page", wall(text))
    if name == "urlset":
        entries, lang, bad = parse_sitemap(root)
        return ParsedFeed("sitemap", tuple(map(_mend, entries)), lang=_lang(lang), bad=bad)
    if name == "sitemapindex":
        return ParsedFeed("sitemap-index", children=parse_index(root))
    if name == "backslash":
        root = _from_backslash(root)
    return _parse_xml(root, url)


def _parse_xml(root: etree._Element, url: str) -> ParsedFeed:
    _lift_nested(root)
    hints = read_hints(root)
    try:
        found = feedparser.parse(
            io.BytesIO(etree.tostring(root, encoding="utf-8")),
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
        raise NotAFeed(f"XML that feedparser fails on: {type(error).__name__}: {error}"[:200]) from None
    version = found.get("version") or ""
    if not version:
        raise NotAFeed(f"XML, but no feed: its root is {_name(root)[:40]}")
    kind = "rdf" if version in ("rss090", "rss10") else "atom" if version.startswith("atom") else "rss"
    entries, bad = [], 0
    for raw in found["entries"][:MOST]:
        try:
            entries.append(_mend(_entry(raw, url)))
        except (ValidationError, ValueError, TypeError, AttributeError, KeyError):
            bad += 1
    feed = found["feed"]
    title = _words(str(feed.get("title") or ""))
    return ParsedFeed(kind, tuple(entries), title, _lang(feed.get("language")), hints, bad=bad)


def _entry(raw: Any, url: str) -> FeedEntry:
    """One entry of feedparser's → ours. Raises ValueError when it has neither address, id nor text."""
    link = _link(raw, url)
    content = "\n".join(part["value"] for part in raw.get("content", ()) if part.get("value"))
    summary = str(raw.get("summary") or "")
    title = _words(str(raw.get("title") or ""))
    guid = str(raw.get("id") or "").strip() or link or title
    if not guid or not (link or title or content or summary):
        raise ValueError("an entry without address, id and text")
    authors = [author.get("name") for author in raw.get("authors", ())] or [raw.get("author")]
    return FeedEntry(
        id=guid,
        url=link,
        title=title,
        summary="" if summary == content else summary,
        content=content,
        authors=tuple(dict.fromkeys(name for author in authors if author and (name := plain(str(author))))),
        published=_date(raw, "published", "created"),
        updated=_date(raw, "updated"),
    )


def _date(raw: Any, *names: str) -> Any:
    for name in names:
        if dict.__contains__(raw, name):
            when = from_struct(dict.get(raw, f"{name}_parsed")) or parse_date(dict.get(raw, name))
            if when:
                return when
    return None


def _link(raw: Any, url: str) -> str:
    guid = str(raw.get("id") or "")
    for link in (raw.get("feedburner_origlink"), raw.get("link"), guid if guid.startswith("http") else ""):
        if not link:
            continue
        try:
            link = urljoin(url, str(link).strip())
        except ValueError:
            continue
        if link.startswith(("http://", "https://")):
            return link
    return ""


def _mend(entry: FeedEntry) -> FeedEntry:
    """Text decoded twice in the wrong way ("MÃ©rida") is put right; other text stays as it is."""
    bad = {
        name: ftfy.fix_encoding(text)
        for name in ("title", "summary", "content")
        if ("Ã" in (text := getattr(entry, name)) or "â€" in text or "Â" in text)
    }
    return entry.model_copy(update=bad) if bad else entry


def _words(text: str) -> str:
    """A title as text: publishers put markup and twice-escaped characters into it."""
    return plain(plain(text))


def _lang(value: Any) -> str | None:
    lang = str(value or "").strip().lower()[:2]
    return lang if lang.isascii() and lang.isalpha() and len(lang) == 2 else None


def _name(root: etree._Element) -> str:
    """An element's name without namespace or prefix; a prefix may be undeclared in a mended document."""
    return str(root.tag).rpartition("}")[2].rpartition(":")[2]


def _lift_nested(root: etree._Element) -> None:
    """An entry that was not closed holds all that follow it: put them beside it again."""
    for nested in list(root.iterfind(".//{*}item//{*}item")):
        outer = next(node for node in nested.iterancestors("{*}item"))
        outer.addnext(nested)


def _from_backslash(root: etree._Element) -> etree._Element:
    """Slashdot's own format, which press collections still carry, as RSS."""
    names = {"title": "title", "url": "link", "time": "pubDate", "author": "author"}
    rss = etree.Element("rss", version="2.0")
    channel = etree.SubElement(rss, "channel")
    for story in root.iter("story"):
        item = etree.SubElement(channel, "item")
        for node in story:
            if node.tag in names:
                etree.SubElement(item, names[str(node.tag)]).text = node.text
    return rss


def parse_file(path: Path, url: str) -> Iterator[dict[str, Any]]:
    """The entries of a feed in a file, as `borderwire parse` prints them. Raises NotAFeed and OSError."""
    for entry in parse_feed(path.read_bytes(), url).entries:
        yield json.loads(entry.model_dump_json())
