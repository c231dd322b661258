"""Sitemaps and sitemap indexes (sitemaps.org 0.9) with Google News tags (schemas/sitemap-news/0.9) → entries."""
from lxml import etree

from connectors.dates import parse_date
from schemas.article import FeedEntry

#: Entries taken of one sitemap, newest first: a news sitemap has at most 1,000, a plain one up to 50,000.
MOST = 1000


def parse_sitemap(root: etree._Element) -> tuple[list[FeedEntry], str | None, int]:
    """Root `urlset` → (entries, language, entries left out because they have no address)."""
    entries, lang, bad = [], None, 0
    for node in root.iter("{*}url"):
        link = _text(node, "loc")
        if not link.startswith(("http://", "https://")):
            bad += 1
            continue
        news = node.find("{*}news")
        lang = lang or (_text(news, "publication/{*}language") if news is not None else "") or None
        published = parse_date(_text(news, "publication_date")) if news is not None else None
        entries.append(
            FeedEntry(
                id=link,
                url=link,
                title=_text(news, "title") if news is not None else "",
                published=published,
                updated=parse_date(_text(node, "lastmod")),
            )
        )
    entries.sort(key=lambda e: when.timestamp() if (when := e.published or e.updated) else 0, reverse=True)
    return entries[:MOST], lang, bad


def parse_index(root: etree._Element) -> tuple[str, ...]:
    """Root `sitemapindex` → addresses of its sitemaps: the latest changed first, those that say news before others."""
    found = []
    for order, node in enumerate(root.iter("{*}sitemap")):
        link = _text(node, "loc")
        if link.startswith(("http://", "https://")):
            changed = parse_date(_text(node, "lastmod"))
            found.append(("news" not in link.lower(), -changed.timestamp() if changed else 0, order, link))
    return tuple(link for *_, link in sorted(found))


def _text(node: etree._Element, path: str) -> str:
    found = node.find("{*}" + path)
    return "".join(map(str, found.itertext())).strip() if found is not None else ""
