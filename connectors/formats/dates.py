"""Dates as feeds write them → aware UTC datetimes, or None: a wrong date is worse than none."""
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from dateutil import parser as dateutil_parser

#: Dates before this are placeholders (1970-01-01, 0001-01-01, 1899-12-30), not news.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_MONTHS = {
    "ene": "Jan", "feb": "Feb", "mar": "Mar", "abr": "Apr", "may": "May", "jun": "Jun",
    "jul": "Jul", "ago": "Aug", "sep": "Sep", "set": "Sep", "oct": "Oct", "nov": "Nov", "dic": "Dec",
}  # fmt: skip
_SPANISH = re.compile(rf"\b({'|'.join(_MONTHS)})[a-z]*\b\.?", re.IGNORECASE)
_WEEKDAY = re.compile(r"^\s*(lun|mar|mi[eé]|jue|vie|s[aá]b|dom)[a-zé]*\.?,\s*", re.IGNORECASE)
#: Zones that news feeds write by name, in seconds east of Greenwich; RFC 5322 §4.3 knows the American ones.
_ZONES = {
    "UT": 0, "GMT": 0, "EST": -18000, "EDT": -14400, "CST": -21600, "CDT": -18000, "MST": -25200, "MDT": -21600,
    "PST": -28800, "PDT": -25200, "CET": 3600, "CEST": 7200, "BST": 3600,
}  # fmt: skip
_FIRST = datetime(2000, 1, 1)
#: What nearly every RSS feed writes, and the library of the standard reads at once.
_RFC_5322 = re.compile(
    r"(?:[A-Za-z]{3}, +)?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d(?::\d\d)? +(?:[+-]\d{4}|GMT|UTC|UT)", re.ASCII
)
#: 03/04/2026 is in March or in April, depending on who wrote it.
_AMBIGUOUS = re.compile(r"\s*(0?[1-9]|1[0-2])[/.-](0?[1-9]|1[0-2])[/.-]\d{2,4}\b")


def plausible(when: datetime | None) -> datetime | None:
    """The date in UTC if it can be the date of a news article, else None."""
    if when is None:
        return None
    try:
        when = when.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return when if EARLIEST <= when < LATEST else None


def parse_date(text: object) -> datetime | None:
    """A date in ISO 8601, RFC 5322 or plain English or Spanish. Without a zone it is taken as UTC.

    Day and month that could be taken for each other give None.
    """
    if not isinstance(text, str) or not 8 <= len(text.strip()) <= 64:
        return None
    text = text.strip()
    try:
        if _RFC_5322.fullmatch(text):
            when: datetime | None = parsedate_to_datetime(text)
        else:
            when = datetime.fromisoformat(text)
    except ValueError:
        when = _loosely(text)
    if when is not None and when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return plausible(when)


def _loosely(text: str) -> datetime | None:
    if (match := _AMBIGUOUS.match(text)) and int(match[1]) != int(match[2]):
        return None
    text = _WEEKDAY.sub("", text)
    text = _SPANISH.sub(lambda month: _MONTHS[month[1].lower()], re.sub(r"\bde\b", " ", text))
    try:
        when: datetime = dateutil_parser.parse(text, tzinfos=_ZONES, default=_FIRST)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None
    return when
