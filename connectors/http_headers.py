"""Reads numbers, dates and waiting times from HTTP headers. A value that cannot be read gives None, never an error."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_NUMBER = re.compile(r"[ \t\r\n]{0,20}+([0-9]{1,9}(?:\.[0-9]{1,3})?)[ \t\r\n]{0,20}")
_MAX_AGE = re.compile(r"\bmax-age\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)
_NOT_KEPT = re.compile(r"\bno-(?:cache|store)\b", re.IGNORECASE)


def number(text: str | None) -> float | None:
    """A decimal number in ASCII digits: no sign, at most nine digits before the point and three after it."""
    match = _NUMBER.fullmatch(text or "")
    return float(match[1]) if match else None


def http_date(text: str | None) -> datetime | None:
    """A date of an HTTP header (RFC 9110 §5.6.7), in UTC."""
    try:
        when = parsedate_to_datetime(text or "")
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait according to a Retry-After header (RFC 9110 §10.2.3), which holds seconds or a date."""
    if (seconds := number(value)) is not None:
        return seconds
    until = http_date(value)
    return None if until is None else max(0.0, (until - now).total_seconds())


def cache_seconds(cache_control: str, expires: str, date: str, now: datetime) -> float | None:
    """Seconds for which a response is fresh (RFC 9111 §4.2.1). max-age takes precedence over Expires.

    None when the response does not say, or says no-cache or no-store.
    """
    if _NOT_KEPT.search(cache_control):
        return None
    if match := _MAX_AGE.search(cache_control):
        return float(match[1])
    until = http_date(expires)
    if until is None:
        return None
    return max(0.0, (until - (http_date(date) or now)).total_seconds())
