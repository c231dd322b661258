"""Metrics counted from the topics: every outcome once, also when a record is written twice."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import KafkaConnectionError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from deploy.engine.flink_rest import Checkpoints
from deploy.metrics import exporter as exporting
from deploy.metrics import read_progress as progress
from deploy.metrics import serve as metrics
from deploy.metrics.counts import OTHERS, RECENT, SPEAKERS, Counts, Recent
from deploy.metrics.families import of_counts, of_feeds, of_sight
from deploy.metrics.health import PartHealth, Sight, troubles
from deploy.metrics.observe import Looker
from deploy.metrics.offsets import Offsets
from deploy.metrics.read_progress import Place
from deploy.supervise.status import lines
from schemas.alert import Alert
from schemas.codec import encode
from schemas.feed import FeedState
from schemas.outcome import DeadLetter, Outcome, RawRef
from schemas.settings import Settings
from tests.support.paths import ROOT, TESTS

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


def test_an_outcome_counts_once_however_often_it_is_written() -> None:
    counts = Counts()
    for _ in range(3):
        for offset in (0, 1, 2):
            counts.feed("articles.outcomes", outcome(offset))
    found = figures(counts)
    assert found["borderwire_outcomes_total{outcome=off-topic}"] == 3
    assert found["borderwire_feed_outcomes_total{feed=https://news.example/feed,outcome=off-topic,outlet=News}"] == 3
    assert found["borderwire_seen_to_outcome_seconds_count{}"] == 3


def test_a_feed_is_a_label_without_its_secrets_and_unlike_every_other() -> None:
    urls = [
        "https://a.example/rss?key=hunter2", "https://a.example/rss?key=hunter3", "https://me:hunter2@a.example/rss",
        "https://me:hunter3@a.example/rss", "https://a.example/rss", "https://a.example/0123456789abcdef0123456789/rss",
    ]  # fmt: skip
    counts = Counts()
    for number, url in enumerate(urls):
        counts.feed("articles.outcomes", outcome(number, feed=url))
    states = [FeedState(url=url, outlet="News", first_seen=NOW, next_poll=NOW) for url in urls]
    registry = CollectorRegistry()
    registry.register(type("Both", (), {"collect": lambda _: [*of_counts(counts), *of_feeds(states)]})())
    told = generate_latest(registry).decode()
    for secret in ("hunter", "0123456789abcdef"):
        assert secret not in told
    families = list(text_string_to_metric_families(told))
    for name in ("borderwire_feed_outcomes", "borderwire_feed_up"):
        [family] = [f for f in families if f.name == name]
        labels = [s.labels["feed"] for s in family.samples]
        assert len(set(labels)) == len(labels) == len(urls)
        assert all(label.startswith("https://a.example/") or "@a.example/" in label for label in labels)
    dumped = counts.dump()
    dumped["counters"]["borderwire_feed_outcomes"] = [[urls[0], "News", "off-topic", 4.0]]
    assert "hunter" not in json.dumps(Counts.load(dumped).dump()), "what an older version saved"


def test_steps_count_what_comes_in_and_what_goes_out() -> None:
    counts = Counts()
    counts.feed("articles.outcomes", outcome(0))
    counts.feed("articles.outcomes", outcome(1, "alerted", PASSED | {"statements": 0.03, "alert": 0.01}))
    counts.feed("articles.dead-letter", letter(2, "tag"))
    found = figures(counts)
    came = {step: found[f"borderwire_step_records_in_total{{step={step}}}"] for step in ("clean", "tag", "alert")}
    left = {step: found[f"borderwire_step_records_out_total{{step={step}}}"] for step in ("clean", "tag", "alert")}
    assert came == {"clean": 3, "tag": 3, "alert": 1}
    assert left == {"clean": 3, "tag": 1, "alert": 1}
    assert found["borderwire_dead_letters_total{step=tag}"] == 1
    assert found["borderwire_step_duration_seconds_bucket{le=0.025,step=clean}"] == 2


def test_what_is_pending_is_what_has_neither_outcome_nor_dead_letter() -> None:
    counts = Counts()
    for offset in (3, 5):
        counts.feed("articles.outcomes", outcome(offset))
    counts.feed("articles.dead-letter", letter(4, "clean"))
    assert counts.pending("articles.raw", 0, 3, 8) == 2
    assert counts.pending("articles.raw", 1, 0, 4) == 4


def test_records_that_kafka_deleted_unread_are_counted() -> None:
    counts = Counts()
    counts.expire("articles.raw", 0, 0)
    counts.feed("articles.outcomes", outcome(0))
    counts.expire("articles.raw", 0, 4)
    counts.expire("articles.raw", 0, 4)
    assert counts.expired["articles.raw", 0] == 3


def test_an_alert_counts_once_and_speakers_have_a_bound() -> None:
    counts = Counts()
    for number in range(SPEAKERS + 5):
        counts.feed("alerts.merida", alert(number, f"Speaker {number}"))
    counts.feed("alerts.merida", alert(0))
    found = figures(counts)
    assert found["borderwire_alerts_total{topic=merida}"] == SPEAKERS + 5
    assert found["borderwire_alerts_repeated_total{topic=merida}"] == 1
    assert found[f"borderwire_speaker_alerts_total{{speaker={OTHERS}}}"] == 5


def test_saved_counts_go_on_where_they_were() -> None:
    counts = Counts()
    counts.feed("articles.outcomes", outcome(0))
    counts.feed("alerts.merida", alert(0))
    counts.feed("articles.dead-letter", letter(7, "tag"))
    counts.expire("articles.raw", 0, 0)
    again = Counts.load(json.loads(json.dumps(counts.dump())))
    assert figures(again) == figures(counts)
    for counted in (counts, again):
        counted.feed("articles.outcomes", outcome(0))
        counted.feed("articles.outcomes", outcome(1))
    assert figures(again) == figures(counts)


def test_a_feed_tells_its_polls_entries_and_failures() -> None:
    state = FeedState(
        url="https://a.example/feed",
        outlet="A",
        next_poll=NOW,
        polls=9,
        last_success=NOW,
        failures_by_kind={"http-500": 2},
        counts={"fetched": 3, "unchanged": 4, "new": 5},
        trouble=("stale",),
    )
    found = {
        (sample.name, *(v for k, v in sample.labels.items() if k not in ("feed", "outlet"))): sample.value
        for family in of_feeds([state])
        for sample in family.samples
    }
    assert found["borderwire_feed_polls_total", "failed"] == 2
    assert found["borderwire_feed_polls_total", "unchanged"] == 4
    assert found["borderwire_feed_poll_failures_total", "http-500"] == 2
    assert found["borderwire_feed_entries_total", "new"] == 5
    assert found["borderwire_feed_last_success_timestamp_seconds",] == NOW.timestamp()
    assert found["borderwire_feed_trouble", "stale"] == 1
    assert found["borderwire_feed_up",] == 1


def sight(**changes: object) -> Sight:
    done = Checkpoints(completed=5, failed=0, restored=0, completed_at=990.0, size=1, path=None)
    place = Place("articles.raw", 0, first=0, end=5, committed=5, ticked=990.0)
    usual = {"at": 1000.0, "places": [place], "engine": True, "checkpoints": done, "parts": [PartHealth("flink", True)]}
    return Sight(**(usual | changes))  # type: ignore[arg-type]


def test_health_is_a_recent_checkpoint_and_a_recent_tick() -> None:
    assert troubles(sight()) == []
    old = Checkpoints(completed=5, failed=0, restored=0, completed_at=900.0, size=1, path=None)
    assert troubles(sight(checkpoints=old)) == ["checkpoint: the last one was completed 100 s ago"]
    silent = Place("articles.raw", 0, first=0, end=5, committed=5, ticked=800.0)
    assert troubles(sight(places=[silent]))[0].startswith("tick: ")
    assert troubles(sight(places=[]))[0].endswith("was never")
    assert troubles(sight(checkpoints=None))[0].startswith("checkpoint: Flink does not answer")
    assert troubles(sight(parts=[PartHealth("workers", False)])) == ["part workers is not running"]
    assert troubles(sight(still=61.0))[0].startswith("reading: records wait")
    assert troubles(sight(kafka="NoBrokers", places=[])) == ["kafka: NoBrokers"]
    aged = Place("articles.raw", 0, first=0, end=9, committed=5, ticked=990.0, waiting=1000.0 - 12.5 * 86_400)
    assert troubles(sight(places=[aged])) == ["expiring: oldest unread record of partition 0 is 12.5 days old"]
    lost = Place("articles.raw", 0, first=9, end=12, committed=5, ticked=990.0)
    assert troubles(sight(places=[lost])) == ["expired: 4 records of partition 0 unread"]


def test_lag_and_checkpoints_are_told() -> None:
    place = Place("articles.raw", 0, first=2, end=9, committed=5, ticked=990.0, waiting=980.0)
    families = of_sight(sight(places=[place]), {("articles.raw", 0): 3}, {})
    found = {sample.name: sample.value for family in families for sample in family.samples}
    assert found["borderwire_consumer_lag_records"] == 4
    assert found["borderwire_pending_records"] == 3
    assert found["borderwire_raw_records_total"] == 9
    assert found["borderwire_checkpoint_timestamp_seconds"] == 990.0
    assert found["borderwire_healthy"] == 1


@given(st.lists(st.integers(0, 40)), st.integers(0, 40), st.integers(0, 40))
def test_offsets_are_a_set(offsets: list[int], first: int, end: int) -> None:
    kept = Offsets()
    known: set[int] = set()
    for offset in offsets:
        assert kept.add(offset) == (offset not in known)
        known.add(offset)
    assert kept.missing(first, end) == len(set(range(first, end)) - known)
    assert {o for f, e in kept.ranges() for o in range(f, e)} == known
    assert all(end < first for (_, end), (first, _) in zip(kept.ranges(), kept.ranges()[1:], strict=False))


def test_recent_keys_are_bounded() -> None:
    recent = Recent()
    assert all(recent.add(str(number)) for number in range(RECENT + 10))
    assert not recent.add(str(RECENT))
    assert recent.add("0")


def test_every_metric_stands_in_the_docs_with_its_labels() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row.split(" | ")[2] for row in text.splitlines() if row.startswith("| `")}
    counts = Counts()
    families = [*of_counts(counts), *of_feeds([]), *of_sight(sight(free=1), {}, {})]
    names = {f.name + ("_total" if f.type == "counter" else ""): f for f in families}
    assert names.keys() | {"borderwire_build_info"} == rows.keys()
    for name, family in names.items():
        assert set(rows[name].split(", ")) == set(getattr(family, "_labelnames", ()) or [""]), name


class Tail:
    """A tail of topics whose broker goes away after `alive` records."""

    records = [("articles.outcomes", outcome(offset)) for offset in range(6)]
    alive = [3, 100]

    def __init__(
        self, _kafka: object, topics: list[str], places: dict[str, int] | None = None, at_once: int = 2000
    ) -> None:
        self.counted = "articles.outcomes" in topics
        self.damaged = Counter[str]()
        self.at = (places or {}).get("articles.outcomes-0", 0)

    @property
    def places(self) -> dict[str, int]:
        return {"articles.outcomes-0": self.at}

    def behind(self, _places: dict[str, int]) -> bool:
        return False

    def read(self) -> Iterator[tuple[str, bytes, bytes]]:
        alive = self.alive.pop(0) if self.counted else 0
        for topic, value in self.records[self.at :] if self.counted else ():
            if not alive:
                raise KafkaConnectionError("gone")
            alive -= 1
            self.at += 1
            yield topic, b"", value

    def close(self) -> None:
        pass


def test_the_exporter_goes_on_where_it_was_and_its_counters_never_fall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "TopicTail", Tail)
    exporter = exporting.Exporter(Settings(data=tmp_path))
    monkeypatch.setattr(exporter._looker, "look", lambda: sight())
    exporter.refresh()
    assert exporter.not_ready() == ["the topics are not read to their ends yet"]
    assert exporter.wait() == exporting.REFRESH_ILL
    assert sum(exporter.counts.counters["borderwire_outcomes"].values()) == 3
    exporter.refresh()
    assert exporter.not_ready() == []
    assert exporter.troubles() == []
    assert exporter.wait() == exporting.REFRESH
    monkeypatch.setattr(exporter, "sight", sight(kafka="gone"))
    assert exporter.wait() == exporting.REFRESH_ILL
    assert sum(exporter.counts.counters["borderwire_outcomes"].values()) == 6
    again = exporting.Exporter(Settings(data=tmp_path))
    assert again.counts.dump() == exporter.counts.dump()
    assert again.places == {"articles.outcomes-0": 6}
    (tmp_path / "metrics.json").write_text("{")
    assert exporting.Exporter(Settings(data=tmp_path)).places == {}


def test_a_feeds_entries_are_not_kept_and_its_figures_are(tmp_path: Path) -> None:
    entry = {"version": "1", "at": NOW}
    state = FeedState.model_validate(
        {
            "url": "https://a.example/",
            "outlet": "A",
            "next_poll": NOW,
            "polls": 7,
            "seen": {"e": entry},
            "left": "0" * 64,
        }
    )
    exporter = exporting.Exporter(Settings(data=tmp_path))
    exporter._feed("feeds.state", state.url.encode(), encode(state))
    assert exporter.feeds[state.url].model_dump() == state.model_dump() | {"seen": {}, "left": ""}


def test_a_state_that_cannot_be_read_is_told_until_a_good_one_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "TopicTail", Tail)
    monkeypatch.setattr(Tail, "alive", [100, 100, 100])
    exporter = exporting.Exporter(Settings(data=tmp_path))
    monkeypatch.setattr(exporter._looker, "look", lambda: sight())
    good = FeedState(url="https://a.example/", outlet="A", next_poll=NOW)
    bad = [b"", b"{}", b"\xff", encode(good), b'{"v":99}', b'{"url":"\\ud800"}', b"{" * 10_000]
    for number, value in enumerate(bad):
        exporter._feed("feeds.state", b"https://b.example/%d" % number, value)
    exporter._feed("feeds.state", b"https://a.example/", encode(good)[:-9])
    exporter.counts.add("borderwire_unreadable_records", "statements", number=3)
    exporter.refresh()
    registry = CollectorRegistry()
    registry.register(exporter)
    assert b"borderwire_feed_states_unreadable 8.0" in generate_latest(registry)
    seen = sight(unreadable=exporting.saved_unreadable(tmp_path))
    assert seen.unreadable == {"statements": 3, "feeds.state": 8}
    assert any("8 in feeds.state, 3 in statements" in line for line in lines(seen))
    exporter._feed("feeds.state", b"https://a.example/", encode(good))
    exporter._feed("feeds.state", b"https://b.example/0", None)
    exporter.refresh()
    assert exporting.saved_unreadable(tmp_path)["feeds.state"] == 6
    for wrong in ("", "{}", "[" * 5000, '{"counts":{"counters":{"borderwire_unreadable_records":[[1]]}}}'):
        (tmp_path / "metrics.json").write_text(wrong)
        assert exporting.saved_unreadable(tmp_path) == {}


def test_an_exporter_that_hangs_ends_and_one_that_works_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(Exception):
        pass

    def end(code: int) -> None:
        raise Ended(code)

    class Stop:
        def __init__(self, exporter: exporting.Exporter, busy: int) -> None:
            self.exporter, self.busy = exporter, busy

        def wait(self, _seconds: float) -> bool:
            self.exporter.steps += self.busy > 0
            self.busy -= 1
            return False

    monkeypatch.setattr(metrics.os, "_exit", end)
    monkeypatch.setattr(metrics.faulthandler, "dump_traceback", lambda: None)
    exporter = exporting.Exporter(Settings())
    stop = Stop(exporter, busy=5)
    with pytest.raises(Ended):
        metrics.end_when_hung(exporter, stop)
    assert stop.busy == -1, "five rounds with a step each, one without"


def test_topics_that_are_not_there_yet_are_looked_for_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Client:
        partitions: set[int] | None = None

        def partitions_for_topic(self, _topic: str) -> set[int] | None:
            return self.partitions

        def beginning_offsets(self, partitions: list[object]) -> dict[object, int]:
            return dict.fromkeys(partitions, 0)

        end_offsets = beginning_offsets

        def committed(self, *_place: object, **_how: object) -> None:
            return None

        def close(self, **_how: object) -> None:
            pass

    monkeypatch.setattr(progress, "consumer", lambda *_, **__: Client())
    looker = Looker(Settings(data=tmp_path))
    assert "articles.raw does not exist yet" in (looker.look().kafka or "")
    Client.partitions = {0, 1}
    assert [place.partition for place in looker.look().places] == [0, 1]
