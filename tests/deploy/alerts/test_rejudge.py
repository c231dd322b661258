"""Earlier articles judged again: no alert twice, and none that was not asked for."""

from collections import Counter
from datetime import timedelta

import pytest

from deploy.alerts.rejudge import HELD, judge_again, since_when, understood
from deploy.config import with_alert_topics
from pipelines.newness.judge import Rules
from pipelines.newness.judging import Judging
from pipelines.topics.taxonomy import DEFAULT
from schemas.codec import MODELS, decode, encode
from schemas.outcome import RawRef
from schemas.settings import PipelineSettings, Settings
from tests.support.telling import NOW, article, said

MERIDA = said("Ana Ruiz", "The Mérida Initiative trained judges in eleven states and then forgot to pay them")
ROADS = said("Luis Paz", "The road to Agua Prieta will be open again before the end of the summer")
SINCE = NOW - timedelta(days=10)
ADDED = """
  - {name: judges, title: Judges, alerts: true, names: [trained judges], examples: [They trained judges.]}
  - {name: roads, title: Roads, alerts: true, names: [road to agua prieta], examples: [The road to Agua Prieta.]}
"""


class ListStore:
    """The topics as a list."""

    def __init__(self):
        self.messages, self.read = [], 0

    def refresh(self, known):
        for topic, _, value in self.messages[self.read :]:
            if topic != "articles.outcomes":
                known.feed(topic, value)
        self.read = len(self.messages)

    def write(self, messages):
        self.messages += messages

    def of(self, topic):
        model = MODELS["alerts" if topic.startswith("alerts") else topic]
        return [decode(model, value) for name, _, value in self.messages if name == topic]


def run(store: ListStore, settings: PipelineSettings, *articles, dry_run=False, raise_alerts=False):
    """What `replay --from-topic` would print, by a process of its own each time."""
    store.read = 0
    judging = Judging(store, Rules.of(settings))
    judging.refresh()
    records = [(RawRef(topic="articles.raw", partition=0, offset=n), encode(raw)) for n, raw in enumerate(articles)]
    return [
        alert
        for item in understood(settings, records, SINCE, Counter())
        for alert in judge_again(judging, item, dry_run, raise_alerts)
    ]


@pytest.fixture
def edited(tmp_path):
    """The settings with a taxonomy of two topics more."""
    path = tmp_path / "taxonomy.yaml"
    path.write_text(DEFAULT.read_text(encoding="utf-8") + ADDED, encoding="utf-8")
    return with_alert_topics(Settings(pipeline={"taxonomy": path})).pipeline


def test_a_dry_run_shows_what_would_be_new_and_writes_nothing(edited):
    store, seen = ListStore(), (article("one", MERIDA), article("two", ROADS), article("three", ROADS))
    run(store, PipelineSettings(), *seen, raise_alerts=True)
    assert len(store.of("alerts.merida")) == 1
    before = list(store.messages)
    alerts = run(store, edited, *seen, dry_run=True)
    assert [(a.topic, a.article.id) for a in alerts] == [("judges", "one"), ("roads", "two")]
    assert store.messages == before
    assert run(store, PipelineSettings(), *seen, dry_run=True) == []


def test_without_raise_it_is_recorded_and_a_reprint_of_it_is_known(edited):
    store, seen = ListStore(), (article("one", MERIDA), article("two", ROADS))
    run(store, PipelineSettings(), *seen, raise_alerts=True)
    assert len(run(store, edited, *seen)) == 2
    assert store.of("alerts.judges") == store.of("alerts.roads") == []
    newest = {entry.text: entry for entry in store.of("statements")}
    [roads] = [entry for text, entry in newest.items() if "Agua Prieta" in text]
    [judges] = [entry for text, entry in newest.items() if "judges" in text]
    assert (roads.alert, roads.why) == (None, HELD)
    assert judges.alert == store.of("alerts.merida")[0].id, "told before: the ledger still says by which alert"
    [outcome] = [o for o in store.of("articles.outcomes") if o.article == "two"]
    assert (outcome.outcome, outcome.verdicts[0].verdict) == ("recorded", "recorded")
    assert run(store, edited, article("reprint", ROADS), raise_alerts=True) == []


def test_with_raise_it_is_raised_once(edited):
    store, seen = ListStore(), (article("one", MERIDA), article("two", ROADS))
    run(store, PipelineSettings(), *seen, raise_alerts=True)
    run(store, edited, *seen)
    for raised in (2, 0):
        assert len(run(store, edited, *seen, raise_alerts=True)) == raised
    assert len(store.of("alerts.merida")) == len(store.of("alerts.judges")) == len(store.of("alerts.roads")) == 1


def test_what_was_seen_before_the_date_is_left_alone_and_bytes_that_are_none_are_counted():
    counts = Counter()
    records = [
        (RawRef(topic="articles.raw", partition=0, offset=n), data)
        for n, data in enumerate((encode(article("old", MERIDA, ago=timedelta(days=11))), b"\xff"))
    ]
    assert list(understood(PipelineSettings(), records, SINCE, counts)) == []
    assert counts == {"read": 2, "unreadable": 1}


def test_dates():
    assert since_when("2026-11-20").isoformat() == "2026-11-20T00:00:00+00:00"
    assert since_when("2026-11-20T08:00+01:00").utcoffset() == timedelta(hours=1)
    with pytest.raises(ValueError, match="isoformat"):
        since_when("yesterday")
