"""Checks whether a response is an article's page, and reads its canonical URL. Pure: no network, no clock."""

from dataclasses import dataclass

from connectors.formats.walls import find_wall
from connectors.formats.xmltree import decode_feed
from connectors.page_text import canonical_link, long_paragraphs, page_fingerprint, plain


@dataclass(frozen=True)
class Judged:
    """The result of `judge_page`. `error` says in words why it is not an article's page, `failure` is the kind of
    failure (`Page.failure`).

    Without an error, `canonical` is the URL in `link rel=canonical`, and `fingerprint` a hash of the text.
    """

    error: str | None = None
    canonical: str | None = None
    fingerprint: str | None = None
    failure: str | None = None


def judge_page(body: bytes, url: str, status: int, content_type: str) -> Judged:
    """Distinguishes an article's page from walls, error pages and pages without text."""
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
