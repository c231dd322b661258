"""Finds the feeds of a page: those it links to, those at common paths, or the page itself as a list of articles."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

from connectors.errors import ConnectorError
from connectors.formats.parse import ParsedFeed
from connectors.formats.parsers import Parsers
from connectors.formats.titles import title_line
from connectors.formats.xmltree import decode_feed
from connectors.urls import web_address
from connectors.web.fetcher import Fetcher, Response
from schemas.feed import Selectors

#: Common paths of feeds that pages do not link to.
PLACES = ("feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json", "sitemap-news.xml")
MOST = 10
_LINK = re.compile(r"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(rel|type|href|title)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_FEED_TYPE = re.compile(r"(?:rss|atom|rdf)\+xml|feed\+json|^(?:application|text)/(?:xml|json)$", re.IGNORECASE)


@dataclass(frozen=True)
class Offer:
    """A feed that a page offers, with its content. `type` is as in a feed list."""

    url: str
    feed: ParsedFeed
    type: str = "feed"

    def line(self, outlet: str) -> str:
        """One line for a feed list."""
        kind = "" if self.type == "feed" else f", type: {self.type}"
        lang = f", lang: {self.feed.lang}" if self.feed.lang else ""
        return f'- {{url: "{self.url}", outlet: "{outlet}"{kind}{lang}}}'


async def offers(fetcher: Fetcher, parsers: Parsers, page: Response) -> list[Offer]:
    """The feeds of a page, best first: those it links to, else the first at a common path, else its own listing.

    Empty when there is none; parsing the listing may raise NotAFeed.
    """
    kind = page.headers.get("content-type", "")
    named = linked_feeds(decode_feed(page.body, kind), page.url)
    found = [offer for url in named if (offer := await _try(fetcher, parsers, url))]
    if not found:
        below = [f"{page.url.rstrip('/')}/feed/"] if urlsplit(page.url).path.strip("/") else []
        for url in [*below, *(urljoin(page.url, f"/{place}") for place in PLACES)]:
            if offer := await _try(fetcher, parsers, url):
                found.append(offer)
                break
    if found:
        return found
    listing = await parsers.listing(page.body, page.url, kind, Selectors())
    return [Offer(page.url, listing, "listing")] if listing.entries else []


def linked_feeds(text: str, url: str) -> list[str]:
    """The feeds in a page's `link rel=alternate` tags, without feeds of comments."""
    found: dict[str, None] = {}
    for tag in _LINK.findall(text[:500_000]):
        has = {name.lower(): unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag)}
        if "alternate" not in has.get("rel", "").lower().split() or not _FEED_TYPE.search(has.get("type", "")):
            continue
        try:
            address = web_address(urljoin(url, has.get("href", "").strip()))
        except ValueError:
            continue
        if address and not re.search(r"comment|oembed|wp-json", address + has.get("title", ""), re.IGNORECASE):
            found.setdefault(address)
    return list(found)[:MOST]


async def _try(fetcher: Fetcher, parsers: Parsers, url: str) -> Offer | None:
    try:
        answer = await fetcher.get(url)
        if answer.status != 200:
            return None
        feed = await parsers.feed(answer.body, answer.url, answer.headers.get("content-type", ""))
    except ConnectorError:
        return None
    return Offer(answer.permanent or url, feed) if feed.entries or feed.children else None


def outlet_of(page: Response) -> str:
    """The name of a page's site: the last part of its title, else its host name."""
    head = decode_feed(page.body[:300_000], page.headers.get("content-type", ""))
    found = re.search(r"(?is)<title[^<>]*>([^<]{1,300})", head)
    parts = re.split(r"\s{1,9}+[|–—-]\s+", title_line(found[1])) if found else []
    name = parts[-1] if parts else ""
    return re.sub(r'["\\]', "", name) or (urlsplit(page.url).hostname or page.url)
