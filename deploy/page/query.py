"""The filters and the page number in a URL, and the alerts that they select. No I/O."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import filterfalse
from typing import Self, get_args
from urllib.parse import urlencode

from deploy.page.rows import Row
from schemas.alert import AlertKind
from schemas.delivery import name_wanted, spoken
from schemas.ids import fold

_WORDS = re.compile(r'[“”"«]([^“”"«»]*)[“”"»]|([^\s“”"«»]+)')
#: A filter's text is cut to this length, because the page repeats it.
LONGEST = 100
FIELDS = ("topic", "speaker", "outlet", "lang", "kind", "day", "q", "marked")
LANGUAGES = ("en", "es")
#: What else a URL of the page may have: the language of the interface, and the page of a long list.
OTHER = ("ui", "page")


class UnknownValue(ValueError):
    """A filter, or the value of one, that there is not. `valid` are those that there are."""

    def __init__(self, name: str, value: str, valid: Sequence[str]) -> None:
        super().__init__(f"{name}: {value}")
        self.name, self.value, self.valid = name, value, valid


@dataclass(frozen=True)
class Query:
    """An empty field filters nothing. `day` is an ISO date (UTC), `page` counts from 1. `marked`: alerts that readers
    marked are left out if it is empty; `only` shows nothing else, `all` shows both."""

    topic: str = ""
    speaker: str = ""
    outlet: str = ""
    lang: str = ""
    kind: str = ""
    day: str = ""
    q: str = ""
    marked: str = ""
    page: int = 1

    @classmethod
    def read(cls, parameters: Mapping[str, str], topics: Sequence[str]) -> Self:
        """Read a URL's parameters. Raises UnknownValue. Invalid page numbers become 1."""
        for name in parameters:
            if name not in FIELDS and name not in OTHER:
                raise UnknownValue("filter", name[:LONGEST], FIELDS)
        found = {name: parameters.get(name, "").strip()[:LONGEST] for name in FIELDS}
        valid = {"topic": topics, "lang": LANGUAGES, "kind": get_args(AlertKind), "marked": ("only", "all")}
        for name, values in valid.items():
            if found[name] and found[name] not in values:
                raise UnknownValue(name, found[name], values)
        if found["day"] and not is_date(found["day"]):
            raise UnknownValue("day", found["day"], ("2026-11-24",))
        number = parameters.get("page", "")
        page = min(max(1, int(number[:9])), 10_000) if number.isascii() and number.isdigit() else 1
        return cls(**found, page=page)

    def select(self, rows: Iterable[Row], held: Callable[[Row], bool]) -> list[Row]:
        """The rows that pass all filters, in their order. `held` says whether readers marked an alert or its story."""
        found = list(rows)
        for takes in self.tests():
            found = list(filter(takes, found))
        if self.marked == "all":
            return found
        return list(filter(held, found)) if self.marked else list(filterfalse(held, found))

    def tests(self) -> Iterator[Callable[[Row], bool]]:
        """One test of a row for each filter that is set, the quick ones first."""
        if self.topic:
            yield lambda row: row.topic == self.topic
        if self.lang:
            yield lambda row: row.lang == self.lang
        if self.kind:
            yield lambda row: row.kind == self.kind
        if self.day:
            day = date.fromisoformat(self.day)
            yield lambda row: row.day == day
        if self.speaker:
            yield lambda row: spoken((self.speaker,), row.speaker)
        if self.outlet:
            yield lambda row: name_wanted((self.outlet,), row.outlet)
        if self.q:
            wanted = searched(self.q)
            yield lambda row: all(words in row.words for words in wanted)

    @property
    def fields(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in FIELDS if getattr(self, name)}

    def url(self, ui: str, path: str = "/", **changes: str | int) -> str:
        """The URL of a view with some fields changed. It starts at the first page, unless `page` is given. With an
        empty `ui` the browser's language counts."""
        changed = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        page = {"page": str(changed.page)} if changed.page > 1 else {}
        fields = {**changed.fields, **page, **({"ui": ui} if ui else {})}
        return path + (f"?{urlencode(fields)}" if fields else "")

    def feed(self, form: str) -> str:
        """The address of the feed (`atom` or `json`) with the same filters."""
        fields = {name: value for name, value in self.fields.items() if name != "topic"}
        return f"/feeds/{self.topic or 'all'}.{form}" + (f"?{urlencode(fields)}" if fields else "")


def searched(text: str) -> list[str]:
    """What a row's `words` must all have: each word, or its beginning; what stands in quotation marks in that order."""
    found = (phrase or word for phrase, word in _WORDS.findall(text))
    return [f" {words}" for part in found if (words := fold(part))]


def is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
