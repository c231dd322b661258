"""Turns records of the topics into counters and histograms. No I/O; every raw record's outcome counts once.

The names follow Prometheus: base units, and counters end in `_total`, which the exposition format adds.
"""

import functools
import hashlib
from bisect import bisect_left
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deploy.metrics.offsets import Offsets
from schemas.alert import Alert
from schemas.codec import decode
from schemas.feed import FeedEvent
from schemas.mark import Mark
from schemas.masking import masked
from schemas.outcome import DeadLetter, Outcome, RawRef
from schemas.statement import LedgerEntry

#: The steps of the job, in the order in which a record passes them.
STEPS = ("clean", "dedupe", "tag", "statements", "alert")
#: How many of the latest alert and statement ids are remembered, to recognise repeats from a replay.
RECENT = 2000
#: After this many speakers, further ones share one label: the number of series of a metric must be bounded.
SPEAKERS = 500
OTHERS = "(others)"


@dataclass(frozen=True)
class Spec:
    """A metric: its help text, its labels, and for a histogram the upper bounds of its buckets."""

    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_DELAY = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300, 900, 3600)
_AGE = (60, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 259200, 604800)

COUNTERS = {
    "borderwire_outcomes": Spec("Raw records by outcome, each counted once.", ("outcome",)),
    "borderwire_feed_outcomes": Spec("Raw records of a feed by outcome.", ("feed", "outlet", "outcome")),
    "borderwire_dead_letters": Spec("Raw records that a step could not take.", ("step",)),
    "borderwire_step_records_in": Spec("Records that came to a step of the job.", ("step",)),
    "borderwire_step_records_out": Spec("Records that a step passed on to the next.", ("step",)),
    "borderwire_topic_articles": Spec("Articles on a topic of the taxonomy.", ("topic",)),
    "borderwire_alerts": Spec("Alerts by alert topic, each id once.", ("topic",)),
    "borderwire_alerts_repeated": Spec("Alerts that stand in a topic again under the same id.", ("topic",)),
    "borderwire_speaker_alerts": Spec("Alerts by speaker; the rarer speakers share a label.", ("speaker",)),
    "borderwire_alert_statements": Spec("Statements told of in alerts.", ("topic", "lang")),
    "borderwire_statements": Spec("Statements put into the ledger, by topic and kind.", ("topic", "kind")),
    "borderwire_feed_events": Spec("Problems of feeds reported to operators.", ("kind",)),
    "borderwire_unreadable_records": Spec("Records on our own topics that could not be read.", ("topic",)),
}
HISTOGRAMS = {
    "borderwire_step_duration_seconds": Spec("Time a step spent on a record.", ("step",), _FAST),
    "borderwire_seen_to_outcome_seconds": Spec("From an article's first sight to its outcome.", (), _DELAY),
    "borderwire_seen_to_alerted_seconds": Spec("From an article's first sight to its alert.", ("topic",), _DELAY),
    "borderwire_published_to_seen_seconds": Spec("From publication to first sight, of alerts.", ("topic",), _AGE),
    "borderwire_published_to_alerted_seconds": Spec("From publication to the alert.", ("topic",), _AGE),
}


class Histogram:
    """Counts per bucket, not cumulative. The last bucket is for values above every bound."""

    def __init__(self, bounds: tuple[float, ...], counts: list[int] | None = None, total: float = 0.0) -> None:
        self.bounds = bounds
        self.counts = counts or [0] * (len(bounds) + 1)
        self.total = total

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Recent:
    """The latest `RECENT` keys."""

    def __init__(self, keys: list[str] | None = None) -> None:
        self.keys = deque(keys or (), RECENT)
        self._set = set(self.keys)

    def add(self, key: str) -> bool:
        """Add a key; False when it was there already."""
        if key in self._set:
            return False
        if len(self.keys) == RECENT:
            self._set.discard(self.keys[0])
        self.keys.append(key)
        self._set.add(key)
        return True


class Counts:
    """Call `feed` with the records of the topics. `counters` and `histograms` map a metric's labels to its values."""

    def __init__(self) -> None:
        self.counters: dict[str, dict[tuple[str, ...], float]] = {name: defaultdict(float) for name in COUNTERS}
        self.histograms: dict[str, dict[tuple[str, ...], Histogram]] = {name: {} for name in HISTOGRAMS}
        self.done: dict[tuple[str, int], Offsets] = defaultdict(Offsets)
        self.expired: dict[tuple[str, int], int] = defaultdict(int)
        self._begins: dict[tuple[str, int], int] = {}
        self.ledger_entries = 0
        self.last_outcome: float | None = None
        self._recent = Recent()

    def feed(self, topic: str, value: bytes | None) -> None:
        """Count one record of a topic (without prefix). Raises DecodeError for one that cannot be read."""
        if value is None:
            return
        if topic == "articles.outcomes":
            self._outcome(decode(Outcome, value))
        elif topic == "articles.dead-letter":
            self._dead_letter(decode(DeadLetter, value))
        elif topic == "statements":
            self._statement(decode(LedgerEntry, value))
        elif topic == "feeds.events":
            self.add("borderwire_feed_events", decode(FeedEvent, value).kind)
        elif topic == "marks":
            decode(Mark, value)  # only unreadable marks are counted
        else:
            self._alert(decode(Alert, value))

    def add(self, name: str, *labels: str, number: int = 1) -> None:
        self.counters[name][labels] += number

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        series = self.histograms[name]
        if labels not in series:
            series[labels] = Histogram(HISTOGRAMS[name].buckets)
        series[labels].observe(max(0.0, seconds))

    def pending(self, topic: str, partition: int, first: int, end: int) -> int:
        """How many raw records from `first` up to `end` (exclusive) have neither an outcome nor a dead letter."""
        return self.done[topic, partition].missing(first, end)

    def expire(self, topic: str, partition: int, first: int) -> None:
        """Kafka's retention has deleted raw records before `first`: count those without an outcome as expired."""
        place = (topic, partition)
        self.expired[place] += self.pending(topic, partition, self._begins.get(place, first), first)
        self._begins[place] = max(first, self._begins.get(place, first))

    def _first(self, raw: RawRef) -> bool:
        return self.done[raw.topic, raw.partition].add(raw.offset)

    def _outcome(self, outcome: Outcome) -> None:
        self.last_outcome = outcome.at.timestamp()
        if not self._first(outcome.raw):
            return
        self.add("borderwire_outcomes", outcome.outcome)
        self.add("borderwire_feed_outcomes", feed_label(outcome.feed), outcome.outlet, outcome.outcome)
        for topic in outcome.topics:
            self.add("borderwire_topic_articles", topic)
        passed = [step for step in STEPS if step in outcome.seconds]
        for step in passed:
            self.add("borderwire_step_records_in", step)
            self.observe("borderwire_step_duration_seconds", outcome.seconds[step], step)
        for step in passed if "alert" in passed else passed[:-1]:
            self.add("borderwire_step_records_out", step)
        self.observe("borderwire_seen_to_outcome_seconds", between(outcome.seen, outcome.at))

    def _dead_letter(self, letter: DeadLetter) -> None:
        if not self._first(letter.raw):
            return
        self.add("borderwire_dead_letters", letter.step)
        if letter.step in STEPS:
            for step in STEPS[: STEPS.index(letter.step)]:
                self.add("borderwire_step_records_in", step)
                self.add("borderwire_step_records_out", step)
            self.add("borderwire_step_records_in", letter.step)

    def _statement(self, entry: LedgerEntry) -> None:
        """Count an entry by its first record, the only one with one sighting. Later ones replace it under its key."""
        if len(entry.sightings) > 1 or not self._recent.add(entry.id):
            return
        self.ledger_entries += 1
        for topic in entry.topics:
            self.add("borderwire_statements", topic, entry.kind)

    def _alert(self, alert: Alert) -> None:
        if not self._recent.add(f"{alert.topic} {alert.id}"):
            self.add("borderwire_alerts_repeated", alert.topic)
            return
        self.add("borderwire_alerts", alert.topic)
        for _ in alert.statements:
            self.add("borderwire_alert_statements", alert.topic, alert.lang or "")
        name = alert.speaker.name if alert.speaker else "(unnamed)"
        known = self.counters["borderwire_speaker_alerts"]
        self.add("borderwire_speaker_alerts", name if (name,) in known or len(known) < SPEAKERS else OTHERS)
        published, seen, alerted = alert.article.published, alert.article.seen, alert.alerted
        self.observe("borderwire_seen_to_alerted_seconds", between(seen, alerted), alert.topic)
        if published:
            self.observe("borderwire_published_to_seen_seconds", between(published, seen), alert.topic)
            self.observe("borderwire_published_to_alerted_seconds", between(published, alerted), alert.topic)

    def dump(self) -> dict[str, Any]:
        """All counts, in types that JSON can hold."""
        return {
            "counters": {name: [[*labels, n] for labels, n in of.items()] for name, of in self.counters.items()},
            "histograms": {
                name: [[labels, h.counts, h.total] for labels, h in of.items()] for name, of in self.histograms.items()
            },
            "done": [[topic, partition, offsets.ranges()] for (topic, partition), offsets in self.done.items()],
            "expired": [[*place, number, self._begins[place]] for place, number in self.expired.items()],
            "ledger_entries": self.ledger_entries,
            "last_outcome": self.last_outcome,
            "recent": list(self._recent.keys),
        }

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> "Counts":
        """Restore the result of `dump`. Unknown metrics are dropped. Raises KeyError, TypeError or ValueError."""
        counts = cls()
        for name in COUNTERS.keys() & dumped["counters"].keys():
            feed_first = COUNTERS[name].labels[:1] == ("feed",)
            for *labels, n in dumped["counters"][name]:
                # Files from versions before 0.2 hold full URLs.
                counts.counters[name][(feed_label(labels[0]), *labels[1:]) if feed_first else tuple(labels)] += n
        for name in HISTOGRAMS.keys() & dumped["histograms"].keys():
            bounds = HISTOGRAMS[name].buckets
            for labels, numbers, total in dumped["histograms"][name]:
                if len(numbers) == len(bounds) + 1:
                    counts.histograms[name][tuple(labels)] = Histogram(bounds, numbers, total)
        for topic, partition, ranges in dumped["done"]:
            counts.done[topic, partition] = Offsets([(first, end) for first, end in ranges])
        for topic, partition, number, begin in dumped["expired"]:
            counts.expired[topic, partition], counts._begins[topic, partition] = number, begin
        counts.ledger_entries = dumped["ledger_entries"]
        counts.last_outcome = dumped["last_outcome"]
        counts._recent = Recent(dumped["recent"])
        return counts


@functools.lru_cache(maxsize=10_000)
def feed_label(url: str) -> str:
    """A feed's URL as a label, with secrets masked. A short hash keeps labels of different feeds different."""
    shown = masked(url)
    if shown == url or "…" in shown:
        return shown
    return f"{shown}…{hashlib.blake2b(url.encode('utf-8', 'replace'), digest_size=3).hexdigest()}"


def between(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds()
