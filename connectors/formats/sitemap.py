"""Reads entries from sitemaps and sitemap indexes (sitemaps.org 0.9) with Google News tags (sitemap-news/0.9)."""

from heapq import nlargest

from lxml import etree

from connectors.entry_limits import ENTRY
from connectors.formats.titles import title_line, without_marks
from connectors.formats.xmltree import lift_nested
from connectors.urls import web_address
from schemas.article import FeedEntry
from schemas.dates import parse_date

#: Entries taken from one sitemap, the newest. A news sitemap has at most 1,000, an ordinary one up to 50,000.
MOST = 1000


def parse_sitemap(root: etree._Element) -> tuple[list[FeedEntry], str | None, int]:
    """Root `urlset` → (entries, language, number of entries left out because they have no valid URL)."""
    lift_nested(root, "{*}url")
    dated, bad = [], 0
    for order, node in enumerate(root.iter("{*}url")):
        if not web_address(_text(node, "loc")):
            bad += 1
            continue
        when = parse_date(_text(node, "news/{*}publication_date")) or parse_date(_text(node, "lastmod"))
        dated.append((when.timestamp() if when else 0.0, -order, node))
    nodes = [node for *_, node in nlargest(MOST, dated)]
    lang = next(filter(None, (_text(node, "news/{*}publication/{*}language") for node in nodes)), None)
    return [_entry(node) for node in nodes], lang, bad


def _entry(node: etree._Element) -> FeedEntry:
    link = _text(node, "loc")
    return FeedEntry(
        id=link,
        url=web_address(link),
        title=title_line(_text(node, "news/{*}title")),
        published=parse_date(_text(node, "news/{*}publication_date")),
        updated=parse_date(_text(node, "lastmod")),
    )


def parse_index(root: etree._Element) -> tuple[str, ...]:
    """Root `sitemapindex` → URLs of its sitemaps: those with "news" in the URL first, then by latest change."""
    lift_nested(root, "{*}sitemap")
    found = []
    for order, node in enumerate(root.iter("{*}sitemap")):
        link = _text(node, "loc")
        if web_address(link) and len(link) <= ENTRY["url"]:
            changed = parse_date(_text(node, "lastmod"))
            found.append(("news" not in link.lower(), -changed.timestamp() if changed else 0, order, link))
    return tuple(link for *_, link in sorted(found))


def _text(node: etree._Element, path: str) -> str:
    found = node.find("{*}" + path)
    return without_marks("".join(map(str, found.itertext()))).strip() if found is not None else ""
