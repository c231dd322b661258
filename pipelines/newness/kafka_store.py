"""The store of the alert step: its topics in Kafka, and the snapshots of them."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog

from pipelines.item import Message
from pipelines.kafka.outbox import Outbox
from pipelines.newness.known import Known
from pipelines.newness.ledger import Ledger
from pipelines.newness.snapshot_file import SnapshotUnusable
from pipelines.newness.snapshots import Snapshots, take_new
from pipelines.newness.stories import StoryIndex
from schemas.kafka.clients import admin
from schemas.kafka.topic_tail import Row, TopicTail
from schemas.settings import Settings

log = structlog.get_logger()


class KafkaTopics:
    """The topics in the order in which they are read: the ledger first, so an alert without entry means a crash."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.kafka
        alerts = [f"alerts.{topic}" for topic in settings.pipeline.alert_topics]
        self._names = (["statements"], [*alerts, "articles.tagged"])
        self._tails: list[TopicTail] = []

    def ids(self) -> dict[str, str]:
        names = [self._settings.topic(name) for names in self._names for name in names]
        with admin(self._settings) as client:
            return {str(topic["name"]): str(topic["topic_id"]) for topic in client.describe_topics(names)}

    def begin(self, places: Mapping[str, int]) -> None:
        self.close()
        self._tails = [TopicTail(self._settings, names, places=places) for names in self._names]
        if any(tail.behind(places) for tail in self._tails):
            raise SnapshotUnusable("a topic ends before the offset up to which it was read")

    def read(self) -> Iterator[Row]:
        for tail in self._tails:
            yield from tail.read()

    @property
    def places(self) -> dict[str, int]:
        return {place: offset for tail in self._tails for place, offset in tail.places.items()}

    def close(self) -> None:
        for tail in self._tails:
            tail.close()
        self._tails = []


class KafkaStore:
    """The alert step's Kafka topics. Where there is a directory for snapshots, the first `refresh` starts with one."""

    def __init__(self, settings: Settings, directory: Path | None = None) -> None:
        self.outbox = Outbox(settings.kafka)
        self._topics = KafkaTopics(settings)
        self._snapshots = Snapshots(directory, lambda: KafkaTopics(settings)) if directory else None
        if self._snapshots is None:  # a snapshot says where to begin
            self._topics.begin({})
        self._started = False

    def refresh(self, known: Known) -> bool:
        """Read all new records of the topics. A record that cannot be read is logged and skipped."""
        if self._snapshots and not self._started:
            self._start(known, self._snapshots)
        records = sum(1 for _ in take_new(self._topics, known.ledger, known.stories))
        if self._snapshots:
            self._snapshots.count(records)
        first, self._started = not self._started, True
        return first or records > 0

    def _start(self, known: Known, snapshots: Snapshots) -> None:
        try:
            snapshots.start(known, self._topics)
        except (OSError, sqlite3.Error) as error:  # a full disk, for example: then as without a directory
            log.warning(
                "snapshot thrown away, everything is read anew", reason=f"{type(error).__name__}: {error}"[:300]
            )
            self._snapshots = None
            known.ledger, known.stories = Ledger(), StoryIndex()
            self._topics.begin({})

    def write(self, messages: list[Message]) -> None:
        for message in messages:
            self.outbox.send(message)
        self.outbox.flush()


def with_snapshots(settings: Settings, store: type[KafkaStore] = KafkaStore) -> KafkaStore:
    """The store of a worker, of the class `store`. Its snapshots are in `pipeline.snapshots`, or else in the data
    directory, if the worker has one that it can write."""
    directory = settings.pipeline.snapshots or settings.data.absolute() / "snapshots"
    if settings.pipeline.snapshots or settings.data.is_dir():
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.info("no directory for snapshots", reason=str(error))
    return store(settings, directory if directory.is_dir() and os.access(directory, os.W_OK) else None)
