"""Tells entries apart that have link, guid and title in common with another entry of the same poll."""

import re

from connectors.page_text import plain
from schemas.article import FeedEntry
from schemas.ids import article_id, fold

_WORD = re.compile(r"\w+")
#: Entries with at least this share of words in common, and the same figures, are copies of one entry.
COPY = 0.6


def is_copy(one: FeedEntry, other: FeedEntry) -> bool:
    """Whether two entries under one link and title are the same one, perhaps with small differences in the text."""
    a, b = (set(_WORD.findall(_text(entry))) for entry in (one, other))
    if not a or not b:
        return True
    figures = ({word for word in words if any(map(str.isdigit, word))} for words in (a, b))
    return len(a & b) >= COPY * len(a | b) and len(set(map(frozenset, figures))) == 1


def id_by_text(entry: FeedEntry, feed: str) -> str:
    """Article id from the link (or the feed's URL) and the text."""
    return article_id(f"{entry.url or feed}#{_text(entry)}")


def _text(entry: FeedEntry) -> str:
    return fold(plain(entry.summary or entry.content))
