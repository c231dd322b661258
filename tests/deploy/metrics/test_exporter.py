"""The exporter over several refreshes: it goes on where it was, tells what cannot be read, and ends when it hangs."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.errors import KafkaConnectionError
from prometheus_client import CollectorRegistry, generate_latest

from deploy.metrics import exporter as exporting
from deploy.metrics import serve as metrics
from deploy.supervise.status import lines
from schemas.codec import encode
from schemas.feed import FeedState
from schemas.settings import Settings
from tests.support.counted import NOW, outcome, sight


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
