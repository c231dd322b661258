"""The page's data in memory, prepared so that a request only chooses from it. Its reader is in store_reader.py."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from operator import attrgetter

import structlog

from connectors.delivery.route_runner import by_what_they_mute, muted
from deploy.page.answers import Versions
from deploy.page.rows import Row, row_of
from schemas.alert import Alert
from schemas.article import TaggedArticle
from schemas.codec import DecodeError, decode
from schemas.feed import FeedState
from schemas.mark import Mark
from schemas.statement import LedgerEntry, Sighting

log = structlog.get_logger()

#: How many alerts are kept, and how many texts of articles.
ALERTS, ARTICLES = 20_000, 2000
#: The oldest alerts are removed only when there are this many too many, because removing takes a while.
SPARE = 200


class PageStore:
    """`rows` are newest first. `rows`, `marks` and `feeds` are replaced, never changed: other threads may read them,
    but one request should read each only once. `versions` change whenever something that is shown does."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.topics = topics
        self.rows: tuple[Row, ...] = ()
        self.outlets: tuple[str, ...] = ()
        self.marks: Mapping[str, Mark] = {}
        self.feeds: Mapping[str, FeedState] = {}
        self.refreshed: datetime | None = None
        self.versions = Versions(0, 0)
        self._muting: Mapping[str, Mark] = {}
        self._by_key: dict[tuple[str, str], Row] = {}
        self._by_statement: Mapping[str, Row] = {}
        self._twins: Mapping[str, set[str]] = {}
        self._sightings: dict[str, tuple[Sighting, ...]] = {}
        self._articles: OrderedDict[str, str] = OrderedDict()
        self._states: dict[str, FeedState] = {}
        self._changed = False

    def put(self, topic: str, value: bytes | None) -> None:
        """Add one record; an unreadable one is skipped (logged). Call `sort` after the last one."""
        try:
            if topic == "statements":
                entry = decode(LedgerEntry, value)
                if entry.alert and len(entry.sightings) > 1:  # the first sighting is in the alert
                    self._sightings[entry.id] = entry.sightings
            elif topic == "articles.tagged":
                tagged = decode(TaggedArticle, value)
                self._articles[tagged.id] = tagged.article.text
                self._articles.move_to_end(tagged.id)
                if len(self._articles) > ARTICLES:
                    self._articles.popitem(last=False)
            elif topic == "feeds.state":
                state = decode(FeedState, value).model_copy(update={"seen": {}, "left": ""})  # large, and not shown
                self._states[state.url] = state
            else:
                alert = decode(Alert, value)
                self._by_key[alert.topic, alert.id] = row_of(alert, value)
            self._changed = True
        except DecodeError as error:
            if value is not None:
                log.warning("unreadable record left out", topic=topic, error=str(error))

    def sort(self) -> None:
        """Prepare what was put since the last call to be shown."""
        if not self._changed:
            return
        self._changed = False
        newest = sorted(self._by_key.values(), key=attrgetter("at", "alerted", "id"), reverse=True)
        if len(newest) > ALERTS + SPARE:
            newest = newest[:ALERTS]
            self._by_key = {(row.topic, row.id): row for row in newest}
            shown = {statement for row in newest for statement in row.statements}
            self._sightings = {name: found for name, found in self._sightings.items() if name in shown}
        self._by_statement = {statement: row for row in newest for statement in row.statements if row.kind == "new"}
        twins = defaultdict[str, set[str]](set)
        for row in newest:
            for one in row.statements if row.twins else ():
                for other in row.twins:
                    twins[one].add(other)
                    twins[other].add(one)
        self._twins = twins
        self.rows, self.feeds = tuple(newest), dict(self._states)
        self.outlets = tuple(sorted({row.outlet for row in newest}))
        self.versions = Versions(self.versions.data + 1, self.versions.marks)

    def put_marks(self, marks: Mapping[str, Mark]) -> None:
        if marks != self.marks:
            self.marks, self._muting = marks, by_what_they_mute(marks)
            self.versions = Versions(self.versions.data, self.versions.marks + 1)

    def put_mark(self, alert: str, mark: Mark | None) -> None:
        """Show a reader's mark of an alert at once, or with None its removal."""
        others = {name: found for name, found in self.marks.items() if name != alert}
        self.put_marks({**others, alert: mark} if mark else others)

    def held(self, row: Row) -> bool:
        """Whether readers marked the alert or muted its story."""
        return bool(self._muting) and muted(row, self._muting)

    def find(self, topic: str, name: str) -> Row | None:
        return self._by_key.get((topic, name))

    def twins(self, row: Row) -> Iterator[Row]:
        """The alerts with statements in the other language that may be the same as one of this alert's."""
        twins = (twin for one in row.statements for twin in sorted(self._twins.get(one, ())))
        yield from (found for twin in twins if (found := self._by_statement.get(twin)))

    def sightings(self, alert: Alert) -> tuple[Sighting, ...]:
        """The articles in which the alert's statements have been seen so far, the earliest first."""
        found = {s.article: s for st in alert.statements for s in self._sightings.get(st.id, st.sightings)}
        return tuple(sorted(found.values(), key=lambda sighting: sighting.at))

    def text(self, alert: Alert) -> str | None:
        return self._articles.get(alert.article.id)
