"""Reads entries from an HTML page that lists articles, for sources without a feed. The items are found by CSS selectors
or, without selectors, by their similar markup. Pure: no network, no clock."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from statistics import median
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import lxml.html
from lxml import etree
from lxml.cssselect import CSSSelector

from connectors.errors import NotAFeed
from connectors.formats.parse import ParsedFeed
from connectors.formats.titles import title_line
from connectors.formats.walls import find_wall
from connectors.formats.xmltree import decode_feed
from connectors.sites import same_site
from connectors.urls import web_address
from schemas.article import FeedEntry
from schemas.dates import parse_date
from schemas.feed import Selectors

#: Items taken from one page, the first ones, because a listing has its newest on top.
MOST = 200
#: Most links that are examined, and most characters of a page that are read.
LINKS, LONGEST = 20_000, 6_000_000
#: Without selectors: a block needs at least so many links, and their titles a median of at least so many words.
FEWEST, WORDS = 3, 4
_AROUND = ("script", "style", "noscript", "template", "nav", "footer", "form", "svg", "iframe")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_DATED = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2}\b")
_LOGIN = re.compile(r"""<input\b[^<>]{0,500}\btype\s*=\s*["']?password""", re.IGNORECASE)

#: An lxml element. The type stubs of lxml do not give the types of selectors and iterators.
Node = Any


def parse_listing(data: bytes, url: str, content_type: str, select: Selectors) -> ParsedFeed:
    """The items of a page as entries, in the order of the page. If there are none, `ParsedFeed.nothing` says why.

    Raises NotAFeed if the page cannot be a listing: it is empty, a login, another wall, or not HTML.
    """
    text = decode_feed(data, content_type)[:LONGEST]
    if not text.strip():
        raise NotAFeed("an empty page")
    if found := find_wall(text):
        raise NotAFeed("no listing but a wall", found)
    try:
        parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        tree: Node = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise NotAFeed("no HTML") from None
    lang = (tree.get("lang") or "")[:2].lower() or None
    title = title_line(tree.findtext(".//title") or "")
    for tag in list(tree.iter(*_AROUND)):
        if tag.getparent() is not None:
            tag.drop_tree()
    rows = _selected(tree, url, select) if select.items else _found(tree, url)
    entries: dict[str, FeedEntry] = {}
    for address, words, item in rows:
        if address not in entries and len(entries) < MOST:
            entries[address] = FeedEntry(id=address, url=address, title=words, published=_date(item, select, lang))
    if not entries and _LOGIN.search(text):
        raise NotAFeed("no listing but a login", "login")
    why = f"{select.items!r} finds no item with a link" if select.items else "no block of alike links"
    lang = lang if lang and lang.isascii() and lang.isalpha() else None
    return ParsedFeed("listing", tuple(entries.values()), title, lang, nothing="" if entries else why)


def _selected(tree: Node, url: str, select: Selectors) -> Iterator[tuple[str, str, Node]]:
    for item in _css(select.items or "a", tree)[:LINKS]:
        links = _css(select.link or "a[href]", item)
        link = next((one for one in [*([item] if item.tag == "a" else []), *links] if one.get("href")), None)
        address = _address(link, url) if link is not None else ""
        if link is None or not address:
            continue
        named = _css(select.title, item) if select.title else []
        words = title_line(named[0].text_content()) if named else _title(item, link)
        yield address, words, item


def _css(selector: str, node: Node) -> list[Node]:
    found = CSSSelector(selector, translator="html")(node)
    return found if isinstance(found, list) else []


def _found(tree: Node, url: str) -> Iterator[tuple[str, str, Node]]:
    """The items of the best block of similar links, those with the same elements and classes around them. Best means
    most links times usual length of their titles (in words, up to 12)."""
    addresses = {link: address for link in islice(tree.iter("a"), LINKS) if (address := _address(link, url))}
    titles: dict[str, str] = {}
    blocks: dict[tuple[str, ...], dict[str, Node]] = {}
    for link, address in addresses.items():
        words = title_line(link.text_content()) or title_line(link.get("title") or "")
        if len(titles.get(address, "")) < len(words) <= 300:
            titles[address] = words
        blocks.setdefault(_around(link), {}).setdefault(address, link)
    best: tuple[float, list[tuple[str, str, Node]]] = (0.0, [])
    for block in blocks.values():
        some = dict(islice(block.items(), MOST))
        if len(some) < FEWEST or sum(map(_like_an_article, some)) * 2 < len(some):
            continue
        items = {address: _item(link, some, addresses) for address, link in some.items()}
        rows = [(address, _words_of(item, titles.get(address, "")), item) for address, item in items.items()]
        usual = median(len(words.split()) for _, words, _ in rows)
        if usual >= WORDS and len(block) * min(12, usual) > best[0]:
            best = (len(block) * min(12, usual), rows)
    yield from best[1]


def _address(link: Node, url: str) -> str:
    """The URL of a link if it leads to another page of the same site, else ""."""
    href = (link.get("href") or "").strip()
    if not href or href.startswith(("#", "javascript:", "mailto:", "tel:")):
        return ""
    try:
        address = web_address(urldefrag(urljoin(url, href))[0])
        path = urlsplit(address).path.strip("/")
    except ValueError:
        return ""
    here = urldefrag(url)[0].rstrip("/")
    if not address or not (path or urlsplit(address).query) or address.rstrip("/") == here:
        return ""
    return address if same_site(address, url) else ""


def _around(link: Node) -> tuple[str, ...]:
    """The elements around a link with their classes, without digits. Similar links have the same value."""
    names = []
    for node in [link, *islice(link.iterancestors(), 5)]:
        classes = sorted(re.sub(r"\d+", "", name) for name in (node.get("class") or "").split())
        names.append(".".join([str(node.tag), *classes[:4]]))
    return tuple(names)


def _like_an_article(address: str) -> bool:
    parts = urlsplit(address)
    last = parts.path.rstrip("/").rpartition("/")[2]
    return bool(re.search(r"\d", parts.path + parts.query)) or last.count("-") >= 2 or last.count("_") >= 2


def _item(link: Node, block: Mapping[str, Node], addresses: Mapping[Node, str]) -> Node:
    """The part of the page that belongs to a link: the largest element around it without another link of the block."""
    item, own = link, addresses[link]
    for roof in islice(link.iterancestors(), 6):
        inside = {addresses.get(other, "") for other in islice(roof.iter("a"), 60)}
        if any(address != own and address in block for address in inside):
            break
        item = roof
    return item


def _words_of(item: Node, longest: str) -> str:
    """The title of an item: the longest text of its links, or its heading if that text is short ("read more")."""
    if len(longest.split()) >= WORDS:
        return longest
    return _title(item, item) or longest


def _title(item: Node, link: Node) -> str:
    heads = (title_line(head.text_content()) for head in item.iter(*_HEADINGS))
    return next(filter(None, heads), "") or title_line(link.text_content()) or title_line(link.get("title") or "")


def _date(item: Node, select: Selectors, lang: str | None) -> datetime | None:
    nodes = _css(select.date, item)[:5] if select.date else list(islice(item.iter(), 200))
    first = True if lang in ("es", "pt", "fr", "it") else None
    for node in nodes:
        own = node.text_content() if select.date else (node.text or "")
        for value in (node.get("datetime"), " ".join(own.split())):
            if value and _DATED.search(value) and (when := parse_date(value, first)):
                return when
    return None
