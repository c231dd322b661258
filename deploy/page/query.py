"""The filters and page number in the URL of the list, and the alerts that they select. No I/O."""

import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self
from urllib.parse import urlencode

from schemas.alert import Alert
from schemas.delivery import name_wanted, spoken
from schemas.ids import fold

PER_PAGE = 30
#: How many days the timeline shows.
DAYS = 30
#: A filter's text is cut to this length, because the page repeats it.
LONGEST = 100
FIELDS = ("topic", "speaker", "outlet", "lang", "kind", "day", "q")


@dataclass(frozen=True)
class Query:
    """An empty field filters nothing. `day` is an ISO date (UTC), `page` counts from 1."""

    topic: str = ""
    speaker: str = ""
    outlet: str = ""
    lang: str = ""
    kind: str = ""
    day: str = ""
    q: str = ""
    page: int = 1

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> Self:
        """Read a URL's parameters. Invalid page numbers become 1."""
        number = parameters.get("page", "")
        return cls(
            **{name: parameters.get(name, "").strip()[:LONGEST] for name in FIELDS},
            page=min(max(1, int(number[:9])), 10_000) if number.isascii() and number.isdigit() else 1,
        )

    def takes(self, alert: Alert) -> bool:
        return (
            self.topic in ("", alert.topic)
            and self.lang in ("", alert.lang)
            and self.kind in ("", alert.kind)
            and self.day in ("", alert.alerted.date().isoformat())
            and spoken((self.speaker,) if self.speaker else (), alert.speaker)
            and name_wanted((self.outlet,) if self.outlet else (), alert.article.outlet)
            and (not self.q or fold(self.q) in query_words(alert))
        )

    def url(self, ui: str, **changes: str | int) -> str:
        """The URL of the list with some fields changed. It starts at the first page, unless `page` is given."""
        changed = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        fields = {name: getattr(changed, name) for name in FIELDS if getattr(changed, name)}
        if changed.page > 1:
            fields["page"] = changed.page
        return "/?" + urlencode({**fields, "ui": ui})


def query_words(alert: Alert) -> str:
    return _folded(" ".join([alert.article.title, *(statement.text for statement in alert.statements)]))


_folded = functools.lru_cache(maxsize=5000)(fold)


@dataclass(frozen=True)
class Day:
    """A bar of the timeline; `height` is 0 to 1."""

    day: str
    count: int
    height: float


def timeline(alerts: Iterable[Alert], today: date) -> list[Day]:
    """The number of alerts on each of the last DAYS days, oldest first."""
    counts = Counter(alert.alerted.date() for alert in alerts)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    most = max((counts[day] for day in days), default=0) or 1
    return [Day(day.isoformat(), counts[day], counts[day] / most) for day in days]


def common(values: Iterable[str], most: int = 12) -> list[tuple[str, int]]:
    """The most frequent values, each with its count. Empty ones are ignored."""
    return Counter(value for value in values if value).most_common(most)


def shown(alerts: Sequence[Alert], query: Query) -> Sequence[Alert]:
    return alerts[(query.page - 1) * PER_PAGE : query.page * PER_PAGE]
