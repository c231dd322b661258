"""Counts what a run has done, from the topics. Every raw record counts once, even after kills and restarts."""

import json
from collections import Counter
from collections.abc import Iterator
from statistics import median, quantiles

import structlog

from schemas.alert import Alert
from schemas.codec import DecodeError, decode
from schemas.delivery import Undelivered
from schemas.feed import FeedState
from schemas.kafka.clients import consumer, partitions_of
from schemas.kafka.topic_tail import TopicTail
from schemas.outcome import DeadLetter, Outcome
from schemas.settings import Settings

log = structlog.get_logger()


class Tally:
    """Counts outcomes, dead letters and alerts by distinct keys; `raw` is the number of raw records.

    With `keep` false it only follows new alerts, in constant memory, for runs of months. Dead letters are logged.
    """

    def __init__(self, settings: Settings, keep: bool = True) -> None:
        topics = [f"alerts.{topic}" for topic in settings.pipeline.alert_topics]
        topics += ["articles.dead-letter"]
        topics += ["articles.outcomes", "feeds.state"] if keep else ["deliveries.dead-letter"]
        self._keep = keep
        self._connectors = settings.data / "connectors.json"
        self._tail = TopicTail(settings.kafka, topics, from_end=not keep)
        self._raw = RawCount(settings)
        self.raw = 0
        self.outcomes: dict[str, Outcome] = {}
        self.dead: dict[str, DeadLetter] = {}
        self.alerts: dict[tuple[str, str], Alert] = {}
        self.feeds: dict[str, FeedState] = {}
        self.repeated_alerts = 0

    def update(self) -> Iterator[Alert]:
        """Read all topics to their ends; yields the alerts written since the last call."""
        for topic, _, value in self._tail.read():
            try:
                if topic == "articles.outcomes":
                    outcome = decode(Outcome, value)
                    self.outcomes[outcome.raw.key] = outcome
                elif topic == "articles.dead-letter":
                    letter = decode(DeadLetter, value)
                    if self._keep:
                        self.dead[letter.raw.key] = letter
                    else:
                        log.warning("dead_letter", raw=letter.raw.key, step=letter.step, error=letter.error[:300])
                elif topic == "deliveries.dead-letter":
                    given_up = decode(Undelivered, value)
                    reason = given_up.error[:300]
                    log.error("dead letter", route=given_up.route, alert=given_up.alert, reason=reason)
                elif topic == "feeds.state":
                    state = decode(FeedState, value)
                    self.feeds[state.url] = state
                else:
                    alert = decode(Alert, value)
                    if self._keep:
                        self.repeated_alerts += (topic, alert.id) in self.alerts
                        self.alerts[topic, alert.id] = alert
                    yield alert
            except DecodeError:
                continue
        self.raw = self._raw.count() if self._keep else 0

    @property
    def done(self) -> int:
        """How many raw records have left the pipeline, as an outcome or a dead letter."""
        return len(self.outcomes.keys() | self.dead.keys())

    def complete(self) -> bool:
        return self.done == self.raw

    def kinds(self) -> Counter[str]:
        return Counter(outcome.outcome for outcome in self.outcomes.values())

    def latencies(self) -> list[float]:
        """Seconds from seen to alerted, sorted."""
        return sorted((alert.alerted - alert.article.seen).total_seconds() for alert in self.alerts.values())

    def latency(self) -> str:
        """Median and 95th percentile of seen → alerted."""
        seconds = self.latencies()
        if not seconds:
            return "no alert"
        p95 = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
        return f"median {median(seconds):.1f} s, p95 {p95:.1f} s"

    def lines(self) -> list[tuple[str, str]]:
        """The summary, as pairs (name, value)."""
        kinds = self.kinds()
        on_topic = [o for o in self.outcomes.values() if o.topics]
        return [
            *self._polled(),
            ("raw records", str(self.raw)),
            ("outcomes + dead letters", f"{len(self.outcomes)} + {len(self.dead)}"),
            ("rejected", str(kinds["rejected"])),
            ("off-topic", str(kinds["off-topic"])),
            ("on-topic", str(len(on_topic))),
            ("duplicate", str(kinds["duplicate"])),
            ("recorded", str(kinds["recorded"])),
            ("alerted", str(kinds["alerted"])),
            ("statements", str(sum(o.statements for o in on_topic))),
            ("alerts", f"{len(self.alerts)}" + (f", {self.repeated_alerts} twice" if self.repeated_alerts else "")),
            ("dead letters", str(len(self.dead))),
            ("seen to alerted", self.latency()),
        ]

    def _polled(self) -> list[tuple[str, str]]:
        """The connectors' counts, if they run on this machine."""
        try:
            counted = json.loads(self._connectors.read_text(encoding="utf-8"))
            failed = ", ".join(f"{number} {kind}" for kind, number in counted["failed"].items()) or "none"
            return [
                ("polls fetched", str(counted["fetched"])),
                ("polls unchanged", str(counted["unchanged"])),
                ("polls failed", failed),
                ("entries new, revised", f"{counted['new']}, {counted['revised']}"),
            ]
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return []


class RawCount:
    """The number of records ever written to `articles.raw`: the sum of its end offsets."""

    def __init__(self, settings: Settings) -> None:
        self._client = consumer(settings.kafka)
        self._partitions = partitions_of(self._client, settings.kafka, ["articles.raw"])

    def count(self) -> int:
        return sum(self._client.end_offsets(self._partitions).values())
