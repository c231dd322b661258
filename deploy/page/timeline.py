"""Alerts by day and topic, as bars to draw. No I/O."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from deploy.page.rows import Row

#: The fewest and the most days that the timeline shows.
FEWEST, MOST = 14, 90


@dataclass(frozen=True)
class BarPart:
    """The alerts of one topic on one day; `bottom` and `height` are 0 to 1 of the highest bar. `place` is the place of
    the topic in the list of topics."""

    topic: str
    place: int
    count: int
    bottom: float
    height: float


@dataclass(frozen=True)
class Day:
    """A bar of the timeline."""

    day: str
    count: int
    parts: tuple[BarPart, ...]


def timeline(rows: Iterable[Row], topics: Sequence[str], today: date) -> list[Day]:
    """The days until today, oldest first: from that of the earliest alert on, but FEWEST at least and MOST at most."""
    counts = Counter(map(attrgetter("day", "topic"), rows))
    first = min((day for day, _ in counts), default=today)
    length = min(max((today - first).days + 1, FEWEST), MOST)
    days = [today - timedelta(days=back) for back in reversed(range(length))]
    sums = {day: sum(counts[day, topic] for topic in topics) for day in days}
    highest = max(sums.values()) or 1
    return [Day(day.isoformat(), sums[day], parts_of(day, counts, topics, highest)) for day in days]


def parts_of(day: date, counts: Counter[tuple[date, str]], topics: Sequence[str], highest: int) -> tuple[BarPart, ...]:
    found, below = [], 0
    for place, topic in enumerate(topics):
        if count := counts[day, topic]:
            found.append(BarPart(topic, place, count, below / highest, count / highest))
            below += count
    return tuple(found)


def common(values: Iterable[str], most: int) -> list[tuple[str, int]]:
    """The most frequent values, each with its count. Empty ones are ignored."""
    return Counter(filter(None, values)).most_common(most)
