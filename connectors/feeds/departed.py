"""Entries that left their feed, each stored as a row of fixed width in one string, which is searched as text.

A state may hold thousands of entries and is written at each poll. So a row holds only what is needed to recognise an
entry that comes back, and which text of it was sent: article id (20 characters), hash of the guid (12), version (16),
hash of words and date (12), day last seen (4). The oldest row comes first.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from schemas.feed import SeenEntry
from schemas.ids import digest

KEPT = timedelta(days=45)
MOST = 3000
_WIDTHS = {"key": 20, "guid": 12, "version": 16, "words": 12, "day": 4}
WIDTH = sum(_WIDTHS.values())
_STARTS = {name: sum(list(_WIDTHS.values())[:n]) for n, name in enumerate(_WIDTHS)}
_DAY = 86400


def row_words(version: str, date: datetime | None) -> str:
    """A hash of an entry's words and date. The date is needed because a column may have the same words every week."""
    return digest(version, date.astimezone(UTC).isoformat() if date else "", size=6)


def readable(left: str) -> bool:
    """Whether a text consists of complete rows, each with a valid day."""
    try:
        return len(left) % WIDTH == 0 and all(_day(left, start) >= 0 for start in range(0, len(left), WIDTH))
    except ValueError:
        return False


def with_rows(left: str, gone: Mapping[str, SeenEntry], now: datetime) -> str:
    """`left` plus a row for each entry of `gone`. Rows older than `KEPT` or beyond the latest `MOST` are dropped."""
    rows = [_row(key, gone[key]) for key in sorted(gone, key=lambda key: gone[key].at)]
    left = (left + "".join(row for row in rows if len(row) == WIDTH))[-MOST * WIDTH :]
    oldest = int((now - KEPT).timestamp()) // _DAY
    start = 0
    while start < len(left) and _day(left, start) < oldest:
        start += WIDTH
    return left[start:]


def recall(left: str, **wanted: str | None) -> tuple[str, SeenEntry] | None:
    """(article id, entry) of the latest row with the given key, guid or words, tried in the order given; else None."""
    for name, value in wanted.items():
        at = left.rfind(value) if value and value in left else -1  # `in` is faster than `rfind`, and most are new
        while at >= 0 and (at % WIDTH != _STARTS[name] or len(value or "") != _WIDTHS[name]):
            at = left.rfind(value or "", 0, at + len(value or "") - 1)
        if at >= 0:
            return _read(left, at - _STARTS[name])
    return None


def _row(key: str, seen: SeenEntry) -> str:
    guid = seen.guid or "-" * _WIDTHS["guid"]
    return f"{key}{guid}{seen.version}{row_words(seen.version, seen.date)}{int(seen.at.timestamp()) // _DAY:04x}"


def _read(left: str, start: int) -> tuple[str, SeenEntry]:
    part = {name: left[start + at : start + at + _WIDTHS[name]] for name, at in _STARTS.items()}
    day = datetime.fromtimestamp(int(part["day"], 16) * _DAY, UTC)
    guid = part["guid"] if part["guid"].strip("-") else None
    return part["key"], SeenEntry(version=part["version"], at=day, first=day, guid=guid)


def _day(left: str, start: int) -> int:
    return int(left[start + _STARTS["day"] : start + WIDTH], 16)
