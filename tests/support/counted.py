"""Records that the exporter counts, what it makes of them, and what it sees of a healthy run: for tests of metrics."""

import json
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from deploy.engine.flink_rest import Checkpoints
from deploy.metrics.counts import Counts
from deploy.metrics.families import of_counts
from deploy.metrics.health import PartHealth, Sight
from deploy.metrics.read_progress import Place
from schemas.alert import Alert
from schemas.codec import encode
from schemas.outcome import DeadLetter, Outcome, RawRef
from tests.support.paths import TESTS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORDS = TESTS / "schemas" / "records"
PASSED = {"clean": 0.02, "dedupe": 0.001, "tag": 0.004}


def outcome(offset: int, kind: str = "off-topic", seconds: dict[str, float] | None = None, **more: object) -> bytes:
    fields = {
        "raw": RawRef(topic="articles.raw", partition=0, offset=offset),
        "article": f"a{offset}",
        "version": "v",
        "url": "https://news.example/1",
        "outlet": "News",
        "feed": "https://news.example/feed",
        "outcome": kind,
        "reason": "why",
        "seen": NOW,
        "at": NOW + timedelta(seconds=2),
        "seconds": PASSED if seconds is None else seconds,
    }
    return encode(Outcome.model_validate(fields | more))


def letter(offset: int, step: str) -> bytes:
    raw = RawRef(topic="articles.raw", partition=0, offset=offset)
    return encode(DeadLetter(raw=raw, step=step, error="E: why", record=b"x", at=NOW))


def alert(number: int, speaker: str = "Ana Ruiz") -> bytes:
    stored = json.loads((RECORDS / "alerts.v1.json").read_text(encoding="utf-8"))
    stored = stored[0] if isinstance(stored, list) else stored
    stored |= {"id": f"id{number}", "topic": "merida", "speaker": {"name": speaker}}
    return encode(Alert.model_validate(stored))


def figures(counts: Counts) -> dict[str, float]:
    """name{labels} → value, as Prometheus reads it."""

    class Once:
        def collect(self):
            return of_counts(counts)

    registry = CollectorRegistry()
    registry.register(Once())
    found = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def sight(**changes: object) -> Sight:
    done = Checkpoints(completed=5, failed=0, restored=0, completed_at=990.0, size=1, path=None)
    place = Place("articles.raw", 0, first=0, end=5, committed=5, ticked=990.0)
    usual = {"at": 1000.0, "places": [place], "engine": True, "checkpoints": done, "parts": [PartHealth("flink", True)]}
    return Sight(**(usual | changes))  # type: ignore[arg-type]
