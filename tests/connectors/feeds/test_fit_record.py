"""A record that is larger than Kafka takes is cut, and says so."""

from connectors.feeds.fit_record import fit_article
from schemas.article import FeedEntry, Page, RawArticle
from schemas.codec import decode


def raw(body: bytes, content: str = "") -> RawArticle:
    entry = FeedEntry(id="1", url="https://example.org/1", title="A title", content=content)
    return RawArticle(
        id="a", version="v", feed="https://example.org/f", outlet="O", entry=entry, seen="2026-03-02T12:00:00Z",
        page=Page(url=entry.url, status=200, body=body, size=len(body)),
    )  # fmt: skip


def test_a_record_that_is_too_large_loses_the_end_of_its_page_and_says_so():
    body = b"".join(b"%d " % (i * 7919 % 1_000_003) for i in range(60_000))
    data = fit_article(raw(body), 50_000)
    kept = decode(RawArticle, data)
    assert len(data) <= 50_000 and kept.page.truncated
    assert kept.page.size == len(body) and body.startswith(kept.page.body) and len(kept.page.body) > 30_000


def test_a_record_with_an_endless_feed_text_is_cut_not_lost():
    data = fit_article(raw(b"", "word " * 100_000), 50_000)
    assert len(data) <= 50_000 and decode(RawArticle, data).entry.title == "A title"
