"""Shortens articles and feed states so that they fit into a Kafka record."""

from datetime import datetime

import structlog

from connectors.feeds.departed import WIDTH, with_rows
from schemas.article import RawArticle
from schemas.codec import encode
from schemas.feed import FeedState

log = structlog.get_logger()


def fit_article(article: RawArticle, limit: int) -> bytes:
    """Encodes an article in at most `limit` bytes. The page is cut first, then the texts of the feed entry.

    A cut page has `truncated` set, and a cut record is logged. Raises ValueError if the entry is too long even without
    its texts.
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
        article = article.model_copy(update={"page": None, "entry": article.entry.model_copy(update={"authors": ()})})
        data = encode(article)
    if len(data) > limit:
        raise ValueError(f"article {article.id}: {len(data)} bytes without its texts, the limit is {limit}")
    log.warning("record_cut", article=article.id, url=article.entry.url[:500], bytes=size, kept=len(data), limit=limit)
    return data


def fit_state(state: FeedState, limit: int, now: datetime) -> bytes:
    """Encodes a state in at most `limit` bytes. The oldest entries are reduced to short rows; the oldest rows are
    dropped.

    An entry that is dropped while it is still in the feed is sent again, with the same id and version.
    """
    data = encode(state)
    if (size := len(data)) <= limit:
        return data
    rows, kept = max(1, limit // 4 // WIDTH) * WIDTH, state
    while (kept.seen or kept.left) and len(data) > limit:
        keys = sorted(kept.seen, key=lambda key: kept.seen[key].at)
        gone = {key: kept.seen[key] for key in keys[: (len(keys) + 1) // 2]}
        seen = {key: entry for key, entry in kept.seen.items() if key not in gone}
        left = with_rows(kept.left, gone, now)[-rows:] if gone else ""
        kept = kept.model_copy(update={"seen": seen, "left": left})
        data = encode(kept)
    log.warning("state_cut", feed=state.url[:500], bytes=size, entries=len(state.seen), kept=len(kept.seen))
    return data
