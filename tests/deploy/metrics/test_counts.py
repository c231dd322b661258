"""Metrics counted from the topics: every outcome once, also when a record is written twice."""

import json

from hypothesis import given
from hypothesis import strategies as st

from deploy.metrics.counts import OTHERS, RECENT, SPEAKERS, Counts, Recent
from deploy.metrics.offsets import Offsets
from tests.support.counted import PASSED, alert, figures, letter, outcome


def test_an_outcome_counts_once_however_often_it_is_written() -> None:
    counts = Counts()
    for _ in range(3):
        for offset in (0, 1, 2):
            counts.feed("articles.outcomes", outcome(offset))
    found = figures(counts)
    assert found["borderwire_outcomes_total{outcome=off-topic}"] == 3
    assert found["borderwire_feed_outcomes_total{feed=https://news.example/feed,outcome=off-topic,outlet=News}"] == 3
    assert found["borderwire_seen_to_outcome_seconds_count{}"] == 3


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
