"""Names, labels and values as Prometheus reads them: of counts, of feeds and of the state of a run."""

import json

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from deploy.metrics.counts import Counts
from deploy.metrics.families import of_counts, of_feeds, of_sight
from deploy.metrics.read_progress import Place
from schemas.feed import FeedState
from tests.support.counted import NOW, outcome, sight
from tests.support.paths import ROOT


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


def test_lag_and_checkpoints_are_told() -> None:
    place = Place("articles.raw", 0, first=2, end=9, committed=5, ticked=990.0, waiting=980.0)
    families = of_sight(sight(places=[place]), {("articles.raw", 0): 3}, {})
    found = {sample.name: sample.value for family in families for sample in family.samples}
    assert found["borderwire_consumer_lag_records"] == 4
    assert found["borderwire_pending_records"] == 3
    assert found["borderwire_raw_records_total"] == 9
    assert found["borderwire_checkpoint_timestamp_seconds"] == 990.0
    assert found["borderwire_healthy"] == 1


def test_every_metric_stands_in_the_docs_with_its_labels() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row.split(" | ")[2] for row in text.splitlines() if row.startswith("| `")}
    counts = Counts()
    families = [*of_counts(counts), *of_feeds([]), *of_sight(sight(free=1), {}, {})]
    names = {f.name + ("_total" if f.type == "counter" else ""): f for f in families}
    assert names.keys() | {"borderwire_build_info"} == rows.keys()
    for name, family in names.items():
        assert set(rows[name].split(", ")) == set(getattr(family, "_labelnames", ()) or [""]), name
