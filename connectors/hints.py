"""How often a feed asks to be polled: in its own elements and in HTTP headers."""
import re
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from connectors.dates import http_date

#: Seconds of the periods of RSS 1.0's syndication module.
_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Hints:
    """`interval` in seconds, from RSS `ttl` or `sy:updatePeriod`. Hours are of UTC, days of the week from Monday 0."""

    interval: float | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


def read_hints(root: etree._Element) -> Hints:
    """What an RSS or RDF tree says of its rhythm. Nonsense is no hint; skipping every hour or day is nonsense."""
    channel = root.find("{*}channel")
    if channel is None:
        return Hints()
    interval = None
    if (ttl := _number(channel.findtext("{*}ttl"))) is not None and ttl > 0:
        interval = ttl * 60
    period = (channel.findtext("{*}updatePeriod") or "").strip().lower()
    if interval is None and period in _PERIODS:
        interval = _PERIODS[period] / max(1, _number(channel.findtext("{*}updateFrequency")) or 1)
    numbers = (_number(node.text) for node in channel.iterfind("{*}skipHours/{*}hour"))
    hours = frozenset(int(number) % 24 for number in numbers if number is not None and 0 <= number <= 24)
    names = ((node.text or "").strip().lower() for node in channel.iterfind("{*}skipDays/{*}day"))
    days = frozenset(_DAYS.index(name) for name in names if name in _DAYS)
    return Hints(interval, hours if len(hours) < 24 else frozenset(), days if len(days) < 7 else frozenset())


def cache_seconds(cache_control: str, expires: str, date: str, now: datetime) -> float | None:
    """How long an answer says it is fresh (RFC 9111 §4.2.1): max-age before Expires; None when it says nothing."""
    if re.search(r"\bno-(?:cache|store)\b", cache_control, re.IGNORECASE):
        return None
    if match := re.search(r"\bmax-age\s*=\s*\"?(\d{1,9})", cache_control, re.IGNORECASE):
        return float(match[1])
    until = http_date(expires)
    if until is None:
        return None
    return max(0.0, (until - (http_date(date) or now)).total_seconds())


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110 §10.2.3), written in seconds or as a date."""
    if not value:
        return None
    if (seconds := _number(value)) is not None:
        return max(0.0, seconds)
    until = http_date(value)
    return None if until is None else max(0.0, (until - now).total_seconds())


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\s*\d{1,9}(?:\.\d{1,3})?\s*", text) else None
