"""What an HTML page or fragment says: its text, its long paragraphs, its canonical link. Takes linear time."""

import html
import re
from collections.abc import Iterable
from urllib.parse import unquote, urljoin, urlsplit

from connectors.entry_limits import ENTRY
from connectors.sites import same_site
from connectors.urls import canonical_url
from schemas.ids import fold, text_version

_TAG = re.compile(r"<(?:[a-zA-Z/!?][^>]*)>?")
_UNSEEN = re.compile(r"(?is)<(script|style|iframe|noscript)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_LINK_TAG = re.compile(r"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_CANONICAL = re.compile(r"\brel\s*=\s*[\"']?canonical\b", re.IGNORECASE)
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s>]+))", re.IGNORECASE)
_LINK_EDGE = re.compile(r"<(/?)a\b[^<>]{0,1000}>", re.IGNORECASE)
#: If no end tag follows within this many characters, the link is taken as not closed.
_LINK = 2000
_BLOCK_EDGE = re.compile(
    r"</?(?:br|div|section|article|main|header|footer|nav|aside|form|ul|ol|li|table|tr|td|h[1-6]|blockquote|title|head|"
    r"body)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_PARAGRAPH_EDGE = re.compile(r"</?p\b[^<>]{0,500}>", re.IGNORECASE)


def plain(text: str) -> str:
    """The text of an HTML fragment on one line, for comparisons and titles. Paragraphs are lost."""
    if "<" in text:
        text = _TAG.sub(" ", _UNSEEN.sub(" ", text))
    if "&" in text:
        text = html.unescape(text)
    return " ".join(text.split())


def long_paragraphs(text: str) -> list[str]:
    """The paragraphs that have at least 80 characters and are mostly not links: roughly the article of a page.

    If no <p> gives such a paragraph, other block elements and <br> are taken as paragraph borders.
    """
    seen = _UNSEEN.sub(" ", text)
    return _long(_PARAGRAPH_EDGE.split(seen)[1::2]) or _long(_BLOCK_EDGE.split(seen))


def _long(parts: Iterable[str]) -> list[str]:
    kept = []
    for part in parts:
        words = plain(part)
        if len(words) >= 80 and 2 * len(plain(_without_links(part))) > len(words):
            kept.append(words)
    return kept


def _without_links(text: str) -> str:
    """HTML without its links and their texts. Takes linear time."""
    kept, at, opened = [], 0, -1
    for edge in _LINK_EDGE.finditer(text):
        if not edge[1]:
            opened = edge.start() if opened < 0 or edge.start() - opened > _LINK else opened
        elif opened >= 0:
            if edge.start() - opened <= _LINK:
                kept.append(text[at:opened])
                at = edge.end()
            opened = -1
    return " ".join([*kept, text[at:]])


def page_fingerprint(paragraphs: Iterable[str]) -> str | None:
    """A hash of a page's long paragraphs; None if there are none. Menus, adverts and counters do not affect it."""
    kept = sorted({fold(paragraph) for paragraph in paragraphs})
    return text_version(kept) if kept else None


def canonical_link(text: str, page_url: str) -> str | None:
    """The URL in a page's `link rel=canonical`, if it is on the same site and not a home page."""
    tags = (tag[0] for tag in _LINK_TAG.finditer(text, 0, 200_000))
    found = next((tag for tag in tags if _CANONICAL.search(tag)), "")
    href = _HREF.search(found)
    if href is None:
        return None
    value = html.unescape(href[1] or href[2] or href[3])
    try:
        url = canonical_url(urljoin(page_url, value))
        theirs = urlsplit(url)
    except ValueError:
        return None
    if theirs.scheme not in ("http", "https") or not unquote(theirs.path).strip("/"):
        return None
    return url if len(url) <= ENTRY["url"] and same_site(page_url, url) else None
