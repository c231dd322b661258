"""Keeps the page's store up to date from Kafka, and writes marks."""

import itertools
import threading
from datetime import UTC, datetime

import structlog
from kafka.errors import KafkaError

from deploy.alerts.marks import Marks, write_mark
from deploy.machine.command import beat
from deploy.page.store import PageStore
from schemas.alert import Alert
from schemas.kafka.topic_tail import TopicTail
from schemas.mark import Judgement
from schemas.settings import Settings

log = structlog.get_logger()

#: Seconds between two reads of the topics; the marks are read at every `MARKS`th of them.
LOOK, MARKS = 3, 3


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
        topics = [*(f"alerts.{topic}" for topic in self.store.topics), "statements", "articles.tagged", "feeds.state"]
        tail, marks = TopicTail(self.settings.kafka, topics), Marks(self.settings)
        try:
            for look in itertools.count():
                if self.stop.is_set():
                    return
                for topic, _, value in tail.read():
                    self.store.put(topic, value)
                if look % MARKS == 0:
                    marks.refresh()
                    self.store.put_marks(marks.by_alert)
                self.store.sort()
                self.store.refreshed = datetime.now(UTC)
                beat(self.settings.data, "page")
                self.stop.wait(LOOK)
        finally:
            marks.close()
            tail.close()

    def mark(self, alert: Alert, judgement: Judgement | None, note: str, reader: str | None) -> None:
        """Write a mark, or with None remove it; the store shows it at once. Raises BrokerGone."""
        self.store.put_mark(alert.id, write_mark(self.settings, alert, judgement, note, reader))
