"""Reads from an RSS feed how often it asks to be polled: ttl, syndication module, skipHours, skipDays."""

from dataclasses import dataclass

from lxml import etree

from connectors.http_headers import number

#: Periods of RSS 1.0's syndication module, in seconds.
_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Hints:
    """`interval` is in seconds, from RSS `ttl` or `sy:updatePeriod`. Hours are in UTC; Monday is day 0."""

    interval: float | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


def read_hints(root: etree._Element) -> Hints:
    """The hints in an RSS or RDF tree. Invalid values are ignored; so is a list that skips every hour or every day."""
    channel = root.find("{*}channel")
    if channel is None:
        return Hints()
    interval = None
    if (ttl := number(channel.findtext("{*}ttl"))) is not None and ttl > 0:
        interval = ttl * 60
    period = (channel.findtext("{*}updatePeriod") or "").strip().lower()
    if interval is None and period in _PERIODS:
        interval = _PERIODS[period] / max(1, number(channel.findtext("{*}updateFrequency")) or 1)
    numbers = (number(node.text) for node in channel.iterfind("{*}skipHours/{*}hour"))
    hours = frozenset(int(number) % 24 for number in numbers if number is not None and 0 <= number <= 24)
    names = ((node.text or "").strip().lower() for node in channel.iterfind("{*}skipDays/{*}day"))
    days = frozenset(_DAYS.index(name) for name in names if name in _DAYS)
    return Hints(interval, hours if len(hours) < 24 else frozenset(), days if len(days) < 7 else frozenset())
