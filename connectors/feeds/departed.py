"""What is remembered of entries that left their feed: one short row of text each, found without reading the others.

A state may remember thousands of entries and is written at each poll, so a row holds only what tells an entry that
comes back, and which text of it was sent: 20 characters of its article id, 12 of its guid, 16 of its version, 12 of its
words and date, 4 of the day it was last seen; the oldest first.
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
    """Stands for an entry's words together with their date: a column may have the same words every week."""
    return digest(version, date.astimezone(UTC).isoformat() if date else "", size=6)


def readable(left: str) -> bool:
    """Whether a text is whole rows, each with its day."""
    try:
        return len(left) % WIDTH == 0 and all(_day(left, start) >= 0 for start in range(0, len(left), WIDTH))
    except ValueError:
        return False


def with_rows(left: str, gone: Mapping[str, SeenEntry], now: datetime) -> str:
    """`left` with a row for each of `gone`, without those too old or too many."""
    rows = [_row(key, gone[key]) for key in sorted(gone, key=lambda key: gone[key].at)]
    left = (left + "".join(row for row in rows if len(row) == WIDTH))[-MOST * WIDTH :]
    oldest = int((now - KEPT).timestamp()) // _DAY
    start = 0
    while start < len(left) and _day(left, start) < oldest:
        start += WIDTH
    return left[start:]


def recall(left: str, **wanted: str | None) -> tuple[str, SeenEntry] | None:
    """The latest row that has a key, a guid or words: `recall(left, guid=…)`."""
    for name, value in wanted.items():
        at = left.rfind(value) if value else -1
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
