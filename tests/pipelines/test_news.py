"""The whole job on lists instead of Kafka, on Beam's in-process runner."""

from datetime import UTC, datetime
from functools import partial

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipelines.edges import Edges
from pipelines.item import Message
from pipelines.news import build
from schemas.article import FeedEntry, RawArticle
from schemas.codec import MODELS, decode, encode
from schemas.outcome import RawRef
from schemas.settings import Settings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SAID = "“The Mérida Initiative is over and will not come back,” Foreign Minister Ana Ruiz told reporters."
MORE = "The plan was signed in 2007 and paid for helicopters, training and scanners at the border. " * 4
SINK: dict[str, list[Message]] = {}


class ListStore:
    """The alert step's topics as a list that outlives the job."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.messages = SINK.setdefault(name, [])
        self.read = 0

    def refresh(self, known):
        for topic, _, value in self.messages[self.read :]:
            if topic not in ("articles.outcomes", "articles.dead-letter"):
                known.feed(topic, value)
        self.read = len(self.messages)

    def write(self, messages):
        self.messages += messages


class Collect(beam.DoFn):
    def __init__(self, name):
        self.name = name

    def process(self, message):
        SINK[self.name].append(message)


def article(number, text=SAID + "\n\n" + MORE, version="v1", outlet="Ledger"):
    entry = FeedEntry(id=str(number), url=f"https://example.org/{number}", title="News", content=text, published=NOW)
    return encode(
        RawArticle(
            id=f"a{number}",
            version=version,
            feed="https://example.org/feed",
            outlet=outlet,
            lang="en",
            entry=entry,
            seen=NOW,
        )
    )


@pytest.fixture
def run(request):
    name = request.node.name
    SINK[name] = []

    def run_job(*records):
        keyed = [(RawRef(topic="articles.raw", partition=0, offset=n), data, None) for n, data in enumerate(records)]
        edges = Edges(beam.Create(keyed), beam.ParDo(Collect(name)), partial(ListStore, name))
        before = len(SINK[name])
        with beam.Pipeline(runner=FnApiRunner(), options=PipelineOptions([], save_main_session=False)) as root:
            build(root, Settings(), edges)
        return [(topic, decode(MODELS[topic.split(".merida")[0]], value)) for topic, _, value in SINK[name][before:]]

    return run_job


def of(topic, written):
    return [record for name, record in written if name == topic]


def outcomes(written):
    return {outcome.raw.offset: outcome.outcome for outcome in of("articles.outcomes", written)}


def test_every_record_ends_once_in_an_outcome_or_a_dead_letter(run):
    written = run(
        article(1),
        article(1),
        article(2, outlet="Mirador"),
        article(3, text="The festival in Mérida opened with music from all over Yucatán. " * 8),
        article(4, text=""),
        b"\xff not a record",
    )
    assert outcomes(written) == {0: "alerted", 1: "duplicate", 2: "duplicate", 3: "off-topic", 4: "rejected"}
    [letter] = of("articles.dead-letter", written)
    assert (letter.raw.offset, letter.step, letter.record) == (5, "clean", b"\xff not a record")
    [alert] = of("alerts.merida", written)
    assert alert.speaker.name == "Ana Ruiz"
    assert "will not come back" in alert.statements[0].text


def test_a_second_run_over_the_same_records_alerts_nothing_again(run):
    first = run(article(1), article(2))
    second = run(article(1), article(2))
    assert len(of("alerts.merida", first)) == 1
    assert of("alerts.merida", second) == []
    assert outcomes(first) == outcomes(second)


def test_an_edited_article_is_read_again_and_alerts_for_what_is_new(run):
    added = "“We will end every payment under the Mérida Initiative before the spring,” Senator Luis Paz said."
    written = run(article(1), article(1, f"{SAID}\n\n{MORE}\n\n{added}", version="v2"))
    alerts = of("alerts.merida", written)
    assert [len(alert.statements) for alert in alerts] == [1, 1]
    assert {alert.speaker.name for alert in alerts} == {"Ana Ruiz", "Luis Paz"}


def test_steps_with_state_keep_their_names():
    """Flink matches saved state to steps by name: renaming one of these leaves its state behind."""
    root = beam.Pipeline(runner=FnApiRunner())
    build(root, Settings(), Edges(beam.Create([]), beam.ParDo(Collect("x")), partial(ListStore, "x")))
    names = {step.full_label for step in root._root_transform().parts}
    assert {"Read", "ByArticle", "Dedupe", "ToOneKey", "Alert"} <= {name.split("/")[0] for name in names}
