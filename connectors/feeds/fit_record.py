"""An article as a Kafka record that fits."""
import structlog

from schemas.article import RawArticle
from schemas.codec import encode

log = structlog.get_logger()


def fit(article: RawArticle, limit: int) -> bytes:
    """Encodes an article in at most `limit` bytes: the page is cut first, then the feed's texts; never the record.

    A cut page says so (`truncated`); each cut is logged. Raises ValueError if even the bare entry is too long.
    """
    data = encode(article)
    if len(data) <= limit:
        return data
    size, page = len(data), article.page
    while page and page.body and len(data) > limit:
        keep = int(len(page.body) * min(0.9, 0.95 * limit / len(data)))
        page = page.model_copy(update={"body": page.body[: keep if keep > 1000 else 0], "truncated": True})
        article = article.model_copy(update={"page": page})
        data = encode(article)
    for name in ("content", "summary", "title"):
        while (text := getattr(article.entry, name)) and len(data) > limit:
            entry = article.entry.model_copy(update={name: text[: len(text) // 2]})
            article = article.model_copy(update={"entry": entry})
            data = encode(article)
    if len(data) > limit:
        raise ValueError(f"article {article.id}: {len(data)} bytes without its texts, the limit is {limit}")
    log.warning("record_cut", article=article.id, url=article.entry.url[:500], bytes=size, kept=len(data), limit=limit)
    return data
