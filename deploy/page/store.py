"""The page's data in memory, read from the topics every few seconds."""

import itertools
import threading
from collections import OrderedDict
from datetime import UTC, datetime

import structlog
from kafka.errors import KafkaError

from deploy.alerts.marks import Marks, write_mark
from deploy.machine.command import beat
from pipelines.kafka.clients import TopicTail
from schemas.alert import Alert
from schemas.article import TaggedArticle
from schemas.codec import DecodeError, decode
from schemas.mark import Verdict
from schemas.settings import Settings
from schemas.statement import LedgerEntry, Sighting

log = structlog.get_logger()

#: How many alerts are kept, and how many texts of articles.
ALERTS, ARTICLES = 3000, 2000
#: Seconds between two reads of the topics; the marks are read at every `MARKS`th of them.
LOOK, MARKS = 3, 3


class PageStore:
    """`alerts` are newest first. `alerts` and `marks` are replaced, never changed: other threads may read them, but one
    request should read each only once."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.topics = topics
        self.alerts: tuple[Alert, ...] = ()
        self.marks: dict[str, Verdict] = {}
        self.refreshed: datetime | None = None
        self._by_key: dict[tuple[str, str], Alert] = {}
        self._sightings: dict[str, tuple[Sighting, ...]] = {}
        self._articles: OrderedDict[str, str] = OrderedDict()

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
            else:
                alert = decode(Alert, value)
                self._by_key[alert.topic, alert.id] = alert
        except DecodeError as error:
            log.warning("unreadable record left out", topic=topic, error=str(error))

    def sort(self) -> None:
        newest = sorted(self._by_key.values(), key=lambda alert: alert.alerted, reverse=True)
        if len(newest) > ALERTS:
            newest = newest[:ALERTS]
            self._by_key = {(alert.topic, alert.id): alert for alert in newest}
            shown = {statement.id for alert in newest for statement in alert.statements}
            self._sightings = {name: found for name, found in self._sightings.items() if name in shown}
        self.alerts = tuple(newest)

    def find(self, topic: str, name: str) -> Alert | None:
        return self._by_key.get((topic, name))

    def sightings(self, alert: Alert) -> tuple[Sighting, ...]:
        """The articles in which the alert's statements have been seen so far, the earliest first."""
        found = {s.article: s for st in alert.statements for s in self._sightings.get(st.id, st.sightings)}
        return tuple(sorted(found.values(), key=lambda sighting: sighting.at))

    def text(self, alert: Alert) -> str | None:
        return self._articles.get(alert.article.id)


class StoreReader(threading.Thread):
    """Keeps a store up to date from Kafka until `stop` is set, and writes marks."""

    def __init__(self, settings: Settings, store: PageStore, stop: threading.Event) -> None:
        super().__init__(name="page-reader", daemon=True)
        self.settings, self.store, self.stop = settings, store, stop

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.follow()
            except (KafkaError, LookupError, OSError) as error:
                log.warning("kafka is gone", error=str(error))
                beat(self.settings.data, "page")
                self.stop.wait(3)

    def follow(self) -> None:
        """Read until stopped. Marks are read at every `MARKS`th round only: other processes rarely write them."""
        alerts = [f"alerts.{topic}" for topic in self.store.topics]
        tail, marks = TopicTail(self.settings.kafka, [*alerts, "statements", "articles.tagged"]), Marks(self.settings)
        try:
            for look in itertools.count():
                if self.stop.is_set():
                    return
                for topic, _, value in tail.read():
                    self.store.put(topic, value)
                if look % MARKS == 0:
                    marks.refresh()
                    self.store.marks = {name: mark.verdict for name, mark in marks.by_alert.items()}
                self.store.sort()
                self.store.refreshed = datetime.now(UTC)
                beat(self.settings.data, "page")
                self.stop.wait(LOOK)
        finally:
            marks.close()
            tail.close()

    def mark(self, alert: Alert, verdict: Verdict | None) -> None:
        """Write a mark, or with None remove it; the store shows it at once. Raises BrokerGone."""
        write_mark(self.settings, alert, verdict)
        marks = {name: found for name, found in self.store.marks.items() if name != alert.id}
        self.store.marks = {**marks, alert.id: verdict} if verdict else marks
