"""Parses dates as publishers write them in feeds and pages, to UTC. Doubtful dates give None: no date is better than a
wrong one."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from dateutil import parser as dateutil_parser

from schemas.zones import without_zone

#: Dates before this are placeholders (1970-01-01, 0001-01-01, 1899-12-30), not news.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_MONTHS = {
    "ene": "Jan", "feb": "Feb", "mar": "Mar", "abr": "Apr", "may": "May", "jun": "Jun",
    "jul": "Jul", "ago": "Aug", "sep": "Sep", "set": "Sep", "oct": "Oct", "nov": "Nov", "dic": "Dec",
}  # fmt: skip
_SPANISH = re.compile(
    r"\b(ene(?:ro)?|feb(?:rero)?|mar(?:zo)?|abr(?:il)?|may(?:o)?|jun(?:io)?|jul(?:io)?|ago(?:sto)?|"
    r"sept?(?:iembre)?|set(?:iembre)?|oct(?:ubre)?|nov(?:iembre)?|dic(?:iembre)?)\b\.?",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"\b(?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo)\b[.,]*", re.IGNORECASE)
#: "mar" is Tuesday or March. It is a weekday if a comma or another month follows.
_SHORT_WEEKDAY = re.compile(
    r"^\s*(?:lun|mar|mi[eé]|jue|vie|s[aá]b|dom)\b\.?(?:\s*,|(?=\s+\d{1,2}[\s/-]+(?:de\s+)?[a-z]{3}))", re.IGNORECASE
)
#: Zone names used in news: seconds east of Greenwich (RFC 5322 §4.3), or the time zone of a place.
_ZONES: dict[str, int | tzinfo] = {
    "UT": 0, "GMT": 0, "EST": -18000, "EDT": -14400, "CST": -21600, "CDT": -18000, "MST": -25200, "MDT": -21600,
    "PST": -28800, "PDT": -25200, "AKST": -32400, "AKDT": -28800, "HST": -36000, "CET": 3600, "CEST": 7200, "BST": 3600,
    "ET": ZoneInfo("America/New_York"), "CT": ZoneInfo("America/Chicago"), "MT": ZoneInfo("America/Denver"),
    "PT": ZoneInfo("America/Los_Angeles"), "CDMX": ZoneInfo("America/Mexico_City"),
}  # fmt: skip
_AMERICAN = re.compile(
    r"(?:\b|(?<=\d))(eastern|central|mountain|pacific)(?: (standard|daylight))?(?: time\b|(?=\W*$))", re.IGNORECASE
)
#: The day of a month as Spanish writes the first ones: "1º de enero", "1ro. de enero".
_ORDINAL = re.compile(r"\b(\d{1,2})\.?\s?(?:[º°ª]|(?:ro|er|do|to)\b\.?)", re.IGNORECASE)
#: An offset after a zone name. People write "GMT-6" for 6 hours behind Greenwich; POSIX and dateutil invert the sign.
_NAMED_OFFSET = re.compile(
    r"(?<=[\s\d])\(?(?:GMT|UTC|UT|Z|[ECMP][SD]T)\s?(?P<sign>[+\-\u2013])\s?"
    r"(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?(?!\d)\)?"
)
_NAME_BEHIND_OFFSET = re.compile(r"(?<=[+-]\d\d)(:?\d\d)\s+\(?[A-Z]{2,4}\b\)?$")
_FIRST = (datetime(2000, 1, 1), datetime(2001, 2, 2))
#: The format of nearly all RSS feeds (RFC 5322 §3.3). It is read here, because `email.utils` needs five times as long.
_RFC_5322 = re.compile(
    r"(?:[A-Za-z]{3}, +)?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? +(?:([+-]\d{4})|GMT|UTC|UT)",
    re.ASCII,
)
_ENGLISH = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
#: 03/04/2026 is in March or in April, depending on the author.
_AMBIGUOUS = re.compile(r"(?<![\d/.:-])(0?[1-9]|1[0-2])([/.-])(0?[1-9]|1[0-2])\2((?:19|20)\d\d|\d\d)(?![\d/-])")
#: Words before or after a date: "Publicado el …", "at", "a las", "horas".
_AROUND = re.compile(
    r"\b(?:publicad[oa]|actualizad[oa]|fecha(?: de publicaci[oó]n)?|published|posted|updated|on|at|el|del?|a las?|"
    r"horas?|hrs?|h)\b[.:]?",
    re.I,
)
#: Seconds, milliseconds, microseconds or nanoseconds since 1970, as Unix, JavaScript and databases write them.
_SINCE_1970 = re.compile(r"@?(\d{9,10}|\d{12,13}|\d{15,16}|\d{18,19})(?:\.\d{1,9})?", re.ASCII)
#: The end of a day, which is the midnight of the next (ISO 8601-1:2019/Amd 1, 5.4.2.1), and a leap second.
_END_OF_DAY = re.compile(r"(?:(?<=[\sT,|])24:00(?::00(?:[.,]0{1,9})?)?|(?<=T)24(?:00){0,2})(?![\d:])", re.ASCII)
_LEAP_SECOND = re.compile(r"(?<=\d:[0-5]\d:)60(?!\d)", re.ASCII)
_HALF_DAY = re.compile(r"\b([ap])\.?\s?m\b\.?", re.IGNORECASE)


def plausible(when: datetime | None) -> datetime | None:
    """The date in UTC if it can be the date of a news article, else None."""
    if when is None:
        return None
    if when.tzinfo is not UTC:
        try:
            when = when.astimezone(UTC)
        except (OverflowError, ValueError):
            return None
    return when if EARLIEST <= when < LATEST else None


def parse_date(text: object, day_first: bool | None = None) -> datetime | None:
    """A date in ISO 8601, RFC 5322 or plain English or Spanish, 8 to 64 characters, or the time since 1970 as a number
    or as digits: seconds, or a thousandth, millionth or billionth of them. Without a zone it is UTC.

    Where day and month could be taken for each other, `day_first` says which comes first; None gives None then.
    """
    if isinstance(text, (int, float)) and not isinstance(text, bool) and abs(text) < 1e20:
        text = str(text)
    if not isinstance(text, str) or not 8 <= len(text := text.strip()) <= 64:
        return None
    if (match := _RFC_5322.fullmatch(text)) and (when := _rfc_5322(match)):
        return plausible(when)
    text, place = without_zone(text.replace("\u2212", "-"))
    if when := _since_1970(text):
        return when
    text, ends = _END_OF_DAY.subn(lambda end: end[0].replace("24", "00", 1), _LEAP_SECOND.sub("59", text), count=1)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = _loosely(text, day_first)
    if when is not None and when.tzinfo is None:
        when = when.replace(tzinfo=place or UTC)
    when = plausible(when)
    return plausible(when + timedelta(days=ends)) if when else None


def _since_1970(text: str) -> datetime | None:
    """The date that digits count from 1970; None if they are no plausible one, such as 202611231000, a date itself."""
    if not (match := _SINCE_1970.fullmatch(text)):
        return None
    seconds = int(match[1]) / 1000 ** ((len(match[1]) - 9) // 3)
    return plausible(datetime.fromtimestamp(seconds, UTC))


def _rfc_5322(match: re.Match[str]) -> datetime | None:
    """The date of a match of `_RFC_5322`; None if it is none, such as the 31st of a month of 30 days."""
    day, month, year, hour, minute, second, offset = match.groups()
    try:
        zone = timezone(timedelta(hours=int(offset[:3]), minutes=int(offset[0] + offset[3:]))) if offset else UTC
        number = _ENGLISH.get(month.lower(), 0)
        return datetime(int(year), number, int(day), int(hour), int(minute), int(second or 0), tzinfo=zone)
    except ValueError:
        return None


def _loosely(text: str, day_first: bool | None) -> datetime | None:
    if (match := _AMBIGUOUS.search(text)) and int(match[1]) != int(match[3]):
        if day_first is None:
            return None
        day, month = (match[1], match[3]) if day_first else (match[3], match[1])
        year = match[4] if len(match[4]) == 4 else f"20{match[4]}"
        text = f"{text[: match.start()]}{year}-{int(month):02}-{int(day):02}{text[match.end() :]}"
    text = _in_english(_offset(text))
    try:
        when, other = (dateutil_parser.parse(text, tzinfos=_zone, default=day) for day in _FIRST)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None
    return when if when.date() == other.date() else None  # if they differ, day, month or year is missing in the text


def _zone(name: str | None, offset: int | None) -> int | tzinfo | None:
    """The zone for dateutil: seconds east of Greenwich, or a place; None, and so UTC, for a name nobody knows."""
    return offset if offset is not None else _ZONES.get(name or "")


def _in_english(text: str) -> str:
    """Spanish names of months and weekdays, halves of the day and words around a date, as dateutil reads them."""
    text = _ORDINAL.sub(r"\1 ", _WEEKDAY.sub(" ", _SHORT_WEEKDAY.sub(" ", text)))
    text = _HALF_DAY.sub(lambda half: f"{half[1]}m", text)
    text = _SPANISH.sub(lambda month: _MONTHS[month[1].lower()[:3]], _AROUND.sub(" ", text))
    return re.sub(r"\s+[-–—|·,]+\s+|\s+", " ", text).strip(" ,.-–—|·")


def _offset(text: str) -> str:
    """Zones in words as abbreviations, and "GMT-0600" or "UTC−6" as "-0600"; a zone's name behind an offset goes."""
    text = _AMERICAN.sub(_short, text)
    text, found = _NAMED_OFFSET.subn(_numeric, _NAME_BEHIND_OFFSET.sub(r"\1", text))
    if found or re.search(r"[+-]\d\d:?\d\d\s*\(", text):
        text = re.sub(r"\([^()]*\)", "", text)
    return re.sub(r"\(([A-Z]{2,4})\)", r"\1", text).strip()


def _short(zone: re.Match[str]) -> str:
    middle = (zone[2] or "")[:1]
    return f"{zone[1][0]}{middle}T".upper()


def _numeric(match: re.Match[str]) -> str:
    sign = "+" if match["sign"] == "+" else "-"
    return f" {sign}{int(match['hours']):02}{match['minutes'] or '00'}"
