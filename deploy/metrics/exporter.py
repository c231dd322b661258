"""The exporter's metrics: counts from the topics, and observations of the run. deploy/metrics/serve.py serves them.

Counts and read offsets are saved together in one file, written atomically. After a kill the exporter continues from
it, so nothing is counted twice.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import structlog
from kafka.errors import KafkaError
from prometheus_client.core import InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from pydantic import Field

from connectors.feeds.feedlist import load_feeds
from connectors.feeds.state_store import unreadable
from deploy.machine.command import beat
from deploy.metrics.counts import Counts
from deploy.metrics.deliveries import of_deliveries, read_figures
from deploy.metrics.families import of_counts, of_feeds, of_sight
from deploy.metrics.health import Sight, troubles
from deploy.metrics.observe import Looker
from schemas.codec import DecodeError, decode
from schemas.feed import FeedState, SeenEntry
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import Settings
from schemas.write_whole import write_whole

#: Seconds between two refreshes: Prometheus's scrape interval (deploy/container/prometheus).
REFRESH = 15.0
#: The same while the run is not healthy or not ready, so that `/healthz` shows a recovery as soon as `status` does.
REFRESH_ILL = 2.0
#: Seconds without a refresh after which the exporter reports itself as unhealthy.
STUCK = 60.0
#: How many records of `feeds.state` to read at a time: with their entries they are large.
STATES = 20

log = structlog.get_logger()


class Figures(FeedState):
    """A feed's state without its entries, which are most of its bytes: the aliases make the decoder skip them."""

    seen: dict[str, SeenEntry] = Field(default={}, validation_alias="(not read)")
    left: str = Field(default="", validation_alias="(not read)")


class Exporter(Collector):
    """Holds the metrics. `refresh` updates them; `collect` returns them to the Prometheus client."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.file = settings.data / "metrics.json"
        self.counts, self.places = load_counts(self.file)
        #: Feeds in the feed list. Removed feeds keep their state in Kafka, but are not exported.
        self.listed = {str(feed.url) for feed in load_feeds(settings.feeds)} if settings.feeds else None
        self.feeds: dict[str, FeedState] = {}
        #: Keys of `feeds.state` whose latest record is no state of that feed.
        self.unreadable_states: set[bytes | None] = set()
        self.sight: Sight | None = None
        self.caught_up = False
        self._clock = clock
        self._looker = Looker(settings)
        self._lock = threading.Lock()
        self._tails: list[TopicTail] = []
        self._looked = clock()
        self._saved: object = None
        self.steps = 0

    def refresh(self) -> None:
        """Read the topics and observe the run once. A broker that does not answer is reported, not raised."""
        try:
            self._read()
        except (KafkaError, LookupError, OSError) as error:
            log.debug("kafka did not answer", error=str(error))
            self._close()
        self.steps += 1
        sight = self._looker.look()
        self.steps += 1
        with self._lock:
            self.sight = sight
            self._looked = self._clock()
            for place in sight.places:
                self.counts.expire(place.topic, place.partition, place.first)
        self._save()
        beat(self.settings.data, "metrics")

    def troubles(self) -> list[str]:
        """Why the run is not healthy; empty when it is."""
        if self.sight is None:
            return ["the exporter has not looked yet"]
        behind = self._clock() - self._looked
        return [f"the exporter last looked {behind:.0f} s ago"] if behind > STUCK else troubles(self.sight)

    def not_ready(self) -> list[str]:
        """What is still missing before the run is ready; empty when it is."""
        if not self.caught_up:
            return ["the topics are not read to their ends yet"]
        ticked = self.sight is not None and any(place.ticked for place in self.sight.places)
        return [] if ticked else ["the job has not completed a checkpoint yet"]

    def wait(self) -> float:
        """Seconds until the next refresh."""
        return REFRESH_ILL if self.troubles() or self.not_ready() else REFRESH

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            families = list(self._families())
        yield from families

    def _families(self) -> Iterator[Metric]:
        yield InfoMetricFamily("borderwire_build", "What runs.", value={"version": version("borderwire")})
        if self.caught_up:
            yield from of_counts(self.counts)
            yield from of_feeds(self.feeds.values(), self._states_unreadable())
        if self.settings.routes:
            yield from of_deliveries(read_figures(self.settings.data))
        if self.sight and self.caught_up:
            places = {(p.topic, p.partition): p for p in self.sight.places}
            pending = {key: self.counts.pending(*key, place.first, place.end) for key, place in places.items()}
            yield from of_sight(self.sight, pending, self.counts.expired)

    def _read(self) -> None:
        if not self._tails:
            kafka = self.settings.kafka
            alerts = [f"alerts.{topic}" for topic in self.settings.pipeline.alert_topics]
            counted = ["articles.outcomes", "articles.dead-letter", "statements", "feeds.events", "marks", *alerts]
            states = TopicTail(kafka, ["feeds.state"], at_once=STATES)
            self._tails = [TopicTail(kafka, counted, places=self.places), states]
            if self._tails[0].behind(self.places):
                log.warning("counting begins anew", why="the topics are shorter than when they were counted last")
                self.counts = Counts()
                self._tails[0] = TopicTail(kafka, counted)
        for tail in self._tails:
            for topic, key, value in tail.read():
                with self._lock:
                    self._feed(topic, key, value)
        for topic, number in self._tails[0].damaged.items():
            self.counts.add("borderwire_unreadable_records", topic, number=number)
        self._tails[0].damaged.clear()
        self.places = self._tails[0].places
        self.caught_up = True

    def _feed(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        self.steps += 1
        if topic == "feeds.state":
            self._state(key, value)
            return
        try:
            self.counts.feed(topic, value)
        except DecodeError:
            self.counts.add("borderwire_unreadable_records", topic)

    def _state(self, key: bytes | None, value: bytes | None) -> None:
        """These records are read again at each start, so they are no counter: a later record of the key corrects."""
        self.unreadable_states.discard(key)
        if value is None:
            return
        if unreadable((key or b"").decode("utf-8", "replace"), value):
            self.unreadable_states.add(key)
            return
        state = decode(Figures, value)
        if self.listed is None or state.url in self.listed:
            self.feeds[state.url] = state

    def _states_unreadable(self) -> int:
        return len(self.unreadable_states) + sum(tail.damaged["feeds.state"] for tail in self._tails)

    def _save(self) -> None:
        """Save counts and offsets together. Until the topics are read to their ends, the last saved file is kept."""
        states = self._states_unreadable()
        saved = (dict(self.places), states)
        if not self.caught_up or not self._tails or self._saved == saved:
            return
        figures = {"places": self.places, "counts": self.counts.dump(), "states": states}
        try:
            write_whole(self.file, json.dumps(figures))
            self._saved = saved
        except OSError as error:
            log.warning("figures not saved", file=str(self.file), error=str(error))

    def _close(self) -> None:
        """Close the consumers. The next read continues after the last record that was counted."""
        if self._tails:
            self.places = self._tails[0].places
        for tail in self._tails:
            with suppress(KafkaError, OSError):
                tail.close()
        self._tails = []


def load_counts(file: Path) -> tuple[Counts, dict[str, int]]:
    """Saved counts and offsets; both empty when there is no file, or it cannot be read (logged)."""
    if not file.exists():
        return Counts(), {}
    try:
        saved = json.loads(file.read_text(encoding="utf-8"))
        return Counts.load(saved["counts"]), dict(saved["places"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        log.warning("counting begins anew", why=f"{file} cannot be read: {type(error).__name__}: {error}")
        return Counts(), {}


def saved_unreadable(data: Path) -> dict[str, int]:
    """How many records of each topic the exporter of a data directory could not read; empty when it saved nothing."""
    try:
        saved = json.loads((data / "metrics.json").read_text(encoding="utf-8"))
        found = {topic: int(number) for topic, number in saved["counts"]["counters"]["borderwire_unreadable_records"]}
        found["feeds.state"] = found.get("feeds.state", 0) + int(saved.get("states", 0))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
    return {topic: number for topic, number in found.items() if number}
