"""Is this an article's page, and what does it say of itself? Pure: no network, no clock."""

from dataclasses import dataclass

from connectors.formats.walls import find_wall
from connectors.formats.xmltree import decode_feed
from connectors.identity import canonical_link, long_paragraphs, page_fingerprint, plain


@dataclass(frozen=True)
class Judged:
    """`error` says in words why it is no article's page, and `failure` is the kind (`Page.failure`).

    Else `canonical` is the address that the page gives itself, and `fingerprint` stands for its text.
    """

    error: str | None = None
    canonical: str | None = None
    fingerprint: str | None = None
    failure: str | None = None


def judge_page(body: bytes, url: str, status: int, content_type: str) -> Judged:
    """Tells an article's page from walls, failures and empty shells."""
    name = content_type.partition(";")[0].strip().lower()
    if name and not name.startswith("text/") and name != "application/xhtml+xml":
        return Judged(f"not a page: {name[:80]}", failure="not-a-page")
    text = decode_feed(body, content_type)
    paragraphs = long_paragraphs(text)
    if found := find_wall(text):
        return Judged(f"wall: {found}", failure="wall")
    if not 200 <= status < 300:
        return Judged(f"http-{status}", failure=f"http-{status}")
    if not paragraphs and len(plain(text[:300_000])) < 200:
        return Judged("empty", failure="empty")
    return Judged(None, canonical_link(text, url), page_fingerprint(paragraphs))
