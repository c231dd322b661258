"""Converts an RSS item or Atom entry of an XML tree to a `FeedEntry`. It reads the elements of RSS 2.0, of RSS 1.0 with
its modules and of RFC 4287. Elements of media and podcast modules are used only if others are missing, and captions of
pictures are never used."""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from connectors.formats.titles import title_line, without_marks
from connectors.formats.xmltree import NAMESPACES
from connectors.urls import absolute, web_address
from schemas.article import FeedEntry
from schemas.dates import parse_date
from schemas.ids import digest

_ATOM = frozenset(("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"))
#: Namespaces whose elements are treated as RSS elements; so is an item's own namespace.
_CORE = frozenset(("", "http://purl.org/rss/1.0/", "http://backend.userland.com/rss2", *_ATOM))
_MODULES = ("content", "dc", "dcterms", "feedburner", "googleplay", "itunes", "media", "xhtml")
_PUBLISHED = (
    "pubdate", "published", "issued", "dcterms:issued", "dcterms:created", "created", "dc:date", "date",
)  # fmt: skip
#: Elements in which podcasts and videos have their description.
_TEXT_ELSEWHERE = (
    "itunes:summary", "googleplay:description", "media:description", "media:text", "itunes:subtitle",
)  # fmt: skip
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
#: "Ana Ruiz (ana@example.org)" or "Ana Ruiz <ana@example.org>", and "ana@example.org (Ana Ruiz)".
_MAIL_BEHIND = re.compile(r"(?<=\w)\s*[(<][^\s()<>@]+@[^\s()<>]+[)>]$")
_MAIL_AND_NAME = re.compile(r"^[^\s@]+@[^\s@]+(?:\s*\((.*)\))?$", re.DOTALL)

_HREF = re.compile(r"<a\s[^<>]{0,500}?\bhref\s*+=\s*+(?:[\"']\s*+)?([^\"'\s<>]{1,4000})", re.IGNORECASE)

#: Most links, authors or dates of one kind that are read from an entry.
_MOST = 50


def _space(uri: str) -> str:
    """A namespace URI in a normal form, because publishers vary it: with https, without the final slash."""
    return uri.lower().removeprefix("https://").removeprefix("http://").rstrip("/#")


_PREFIXES = {_space(NAMESPACES[name]): name for name in _MODULES}
_XMLNS = re.compile(r'\sxmlns(?::[\w.-]+)?="[^"]*"')

#: Elements that hold the whole text of an entry.
_CONTENT = ("content:encoded", "content", "xhtml:body", "body", "fullitem")
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,40}/[\w.+-]{1,60}")

Fields = dict[str, list[Any]]


def read_entry(node: etree._Element, url: str) -> FeedEntry:
    """Reads an entry; `url` is the feed's URL. Raises ValueError if it has neither link nor title nor text.

    An entry that has only a text, as RSS 2.0 allows, is identified by it.
    """
    fields = _fields(node)
    guid = _text(fields, "guid", "id") or (node.get(_ABOUT) or "").strip()
    link = _link(fields, guid, url)
    title = title_line(_first(fields, "title", "dc:title", "media:title", "itunes:title"))
    content = "\n".join(filter(None, map(_markup, _all(fields, *_CONTENT))))
    summary = _first(fields, "description", "summary", "dc:description")
    if not (content or summary):
        summary = _first(fields, *_TEXT_ELSEWHERE)
    if not (link or title or content or summary):
        raise ValueError("an entry without address and text")
    return FeedEntry(
        id=guid or link or title or digest("text", content or summary, size=12),
        url=link,
        title=title,
        summary="" if summary == content else summary,
        content=content,
        authors=tuple(dict.fromkeys(_authors(fields))),
        published=_date(fields, *_PUBLISHED),
        updated=_date(fields, "updated", "modified", "dcterms:modified"),
    )


def _fields(node: etree._Element) -> Fields:
    """An entry's children by name: prefix and local name in lower case; no prefix for RSS and Atom elements."""
    own = str(node.tag).rpartition("}")[0][1:]
    fields: Fields = {}
    for child in node.iterchildren(tag=etree.Element):
        name = _short_name(child.tag, own)
        if name in fields:
            fields[name].append(child)
        else:
            fields[name] = [child]
        if name == "media:group" or (name == "media:content" and _is_film(child)):
            for inner in child.iterchildren(tag=etree.Element):
                fields.setdefault(_short_name(inner.tag, own), []).append(inner)
    return fields


def _is_film(node: etree._Element) -> bool:
    """Whether a media:content is a film or a sound, whose description is that of the entry."""
    return (node.get("medium") or node.get("type") or "").lower().startswith(("video", "audio"))


@lru_cache(2000)
def _short_name(tag: str, own: str) -> str:
    space, _, name = tag.rpartition("}")
    space = space[1:]
    if space in _CORE or space == own:
        return name.lower()
    prefix = _PREFIXES.get(_space(space))
    return f"{prefix}:{name.lower()}" if prefix else ""


def _all(fields: Fields, *names: str) -> list[Any]:
    return [node for name in names for node in fields.get(name, ())]


def _text(fields: Fields, *names: str) -> str:
    for name in names:
        for node in fields.get(name, ()):
            if text := without_marks(_inner(node) if len(node) else node.text or "").strip():
                return text
    return ""


def head_title(node: etree._Element) -> str:
    """The title of a feed as HTML; `node` is its root or channel."""
    own = (child for child in node.iterchildren(tag=etree.Element) if _local(child) == "title")
    return next(filter(None, map(_markup, own)), "")


def head_authors(root: etree._Element) -> tuple[str, ...]:
    """The authors of an Atom feed. They are those of each entry that names none (RFC 4287 §4.2.1)."""
    found = [child for child in root.iterchildren(tag=etree.Element) if _local(child) == "author"]
    return tuple(dict.fromkeys(_authors({"author": found})))


def _local(node: etree._Element) -> str:
    return str(node.tag).rpartition("}")[2].lower()


def _first(fields: Fields, *names: str) -> str:
    """The first of the elements that is not empty, as HTML."""
    for name in names:
        for node in fields.get(name, ()):
            if text := _markup(node):
                return text
    return ""


def _inner(node: etree._Element) -> str:
    """The content of an element that contains unescaped markup, as HTML."""
    parts = [node.text or ""]
    for child in node:
        for part in child.iter(etree.Element):
            part.tag = str(part.tag).rpartition("}")[2]
        parts.append(_XMLNS.sub("", etree.tostring(child, encoding="unicode", method="html")))
    return "".join(parts)


def _is_binary(media_type: str) -> bool:
    """Whether content of this type is neither text nor XML."""
    if not (kind := media_type.lower()):
        return False
    words = kind.startswith("text/") or any(word in kind for word in ("xml", "html", "json"))
    return not words and _MEDIA_TYPE.fullmatch(kind) is not None


def _markup(node: etree._Element) -> str:
    """An element's content as HTML: escaped, unescaped, XHTML, or base64 (Atom 0.3; RFC 4287 §4.1.3.3 item 6)."""
    text = without_marks(_inner(node) if len(node) else node.text or "").strip()
    if node.keys() and (node.get("mode") == "base64" or _is_binary(node.get("type") or "")):
        try:
            return base64.b64decode(text).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return ""
    return text


def _link(fields: Fields, guid: str, url: str) -> str:
    """The entry's URL: FeedBurner's original link, else `link` (in Atom: rel=alternate or no rel), else the guid."""
    for node in islice(_all(fields, "feedburner:origlink", "link"), _MOST):
        if node.get("rel", "alternate") == "alternate":
            found = without_marks(node.text or "").strip() or node.get("href", "").strip()
            if (len(node) or "<" in found) and not web_address(found) and (inside := _HREF.search(_inner(node))):
                found = inside[1]  # an HTML link where its address belongs
            if found and (found := _absolute(found, node, url)):
                return found
    inside = _HREF.search(guid) if "<" in guid else None
    return web_address(inside[1] if inside else guid)


def _absolute(link: str, node: etree._Element, url: str) -> str:
    if address := web_address(link):
        return address
    try:
        base = urljoin(url, node.base or "")
    except ValueError:
        base = url
    return absolute(link, base)


def _authors(fields: Fields) -> Iterator[str]:
    stated = [*_all(fields, "dc:creator", "author", "dc:author")]
    for node in islice(stated or _all(fields, "itunes:author", "googleplay:author"), _MOST):
        name = without_marks((node.findtext("{*}name") if len(node) else node.text) or "").strip()
        if "@" in name:
            name = _MAIL_BEHIND.sub("", name)
            if match := _MAIL_AND_NAME.match(name):
                name = match[1] or ""
        if name := title_line(name):
            yield name


def _date(fields: Fields, *names: str) -> datetime | None:
    for name in names:
        for node in fields.get(name, ())[:_MOST]:
            if when := parse_date(without_marks(node.text or "")):
                return when
    return None
