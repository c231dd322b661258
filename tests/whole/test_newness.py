"""What is new, through Kafka and Flink: every case once on one running stack, in rounds that wait for each other."""

import os
from collections import Counter
from datetime import timedelta

import pytest

from deploy.cli import parser as cli
from pipelines.topics.taxonomy import DEFAULT
from schemas.alert import Alert
from schemas.codec import decode, encode
from schemas.kafka.clients import producer
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import PipelineSettings
from schemas.statement import LedgerEntry
from tests.support.job_run import JobRun
from tests.support.paths import ROOT
from tests.support.telling import NOW, article, dijo, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
DAYS = timedelta(days=1)

WIRE = said("Ana Ruiz", "The Mérida Initiative bought helicopters that never left the ground after one winter")
PLAN = said("Luis Paz", "The Bicentennial Framework has a secretariat of nine people and two million dollars")
ADDED = said("Luis Paz", "Nobody has audited the Mérida Initiative since the embassy closed its office in Monterrey")
RIVER = said("Rosa Gil", "Rifles cross from Arizona into Mexico in spare tyres and nobody looks inside them")
OLD = said("Hugo Mora", "The Mérida Initiative trained judges in eleven states and then forgot to pay them")
CLAIM = said("Irma Vega", "Mexico is negotiating the return of the Mérida Initiative with the White House")
DENIAL = "Senator Irma Vega denied that Mexico is negotiating the return of the Mérida Initiative with the White House."
EARLY = said("Noé Soto", "Gun dealers in Tucson sold forty rifles to a buyer who crossed into Mexico that day")
CRASH = said("Elsa Luna", "The Mérida Initiative left four scanners at the border that were never plugged in")
SPANISH = dijo("Rosa Gil", "Los rifles cruzan de Arizona a México en llantas de refacción y nadie mira dentro")

ROUNDS = [
    [
        article("wire", WIRE),
        article("edit", PLAN),
        article("english", RIVER),
        article("claim", CLAIM),
        article("old", OLD, ago=60 * DAYS),
        article("late-first", EARLY, ago=timedelta(hours=1)),
        article("crash", CRASH),
    ],
    [
        article("reprint-1", WIRE, title="Another headline"),
        article("reprint-2", WIRE.replace("left the ground", "LEFT THE GROUND"), "A paragraph of their own."),
        article("edit", PLAN, title="News of the day, corrected", version="v2"),
        article("spanish", SPANISH, lang="es"),
        article("denial", DENIAL),
        article("again", OLD),
        article("early-last", EARLY, ago=timedelta(hours=9)),
        article("crash-reworded", CRASH.replace("that were never plugged in", "which were never plugged in at all")),
    ],
    [
        article("reprint-3", WIRE),
        article("edit", PLAN, ADDED, version="v3"),
        article("denied-again", DENIAL),
    ],
]


class Told(JobRun):
    """The job, and what became of the articles that it was sent."""

    def send(self, articles) -> None:
        client = producer(self.settings.kafka)
        for raw in articles:
            client.send("articles.raw", key=raw.id.encode(), value=encode(raw)).get(30)
        client.close()
        self.wait_through(self.tally.raw + len(articles))

    def alerts(self, name: str, kind: str = "new"):
        """The alerts that an article raised."""
        return [a for a in self.tally.alerts.values() if a.article.id == name and a.kind == kind]

    def outcomes(self, name: str):
        return [o for _, o in sorted(self.tally.outcomes.items()) if o.article == name]

    def entries(self, name: str):
        """What the ledger has now of the statements that were first seen in an article."""
        tail = TopicTail(self.settings.kafka, ["statements"])
        newest = {entry.id: entry for _, _, value in tail.read() if (entry := decode(LedgerEntry, value))}
        return [entry for entry in newest.values() if entry.sightings[0].article == name]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    data = tmp_path_factory.mktemp("newness")
    os.environ |= {"PYTHONPATH": str(ROOT), "BORDERWIRE_TEST_CRASH": str(data / "crash")}
    running = Told(data, PipelineSettings(corroborate=(3,)), "tests.support.crashing_job:build")
    try:
        (data / "crash").touch()
        for articles in ROUNDS:
            running.send(articles)
        assert not (data / "crash").exists(), "no worker crashed"
        yield running
    finally:
        running.stop()
        del os.environ["PYTHONPATH"]


def test_nothing_is_lost_and_no_alert_stands_twice(told):
    assert not told.tally.dead
    assert told.tally.repeated_alerts == 0
    statements = Counter((a.topic, s.id) for a in told.tally.alerts.values() if a.kind == "new" for s in a.statements)
    assert max(statements.values()) == 1


def test_three_reprints_are_sightings_and_the_third_outlet_confirms(told):
    [alert] = told.alerts("wire")
    for name in ("reprint-1", "reprint-2", "reprint-3"):
        assert told.alerts(name) == []
        assert [o.outcome for o in told.outcomes(name)] == ["duplicate"]
    [entry] = told.entries("wire")
    assert {s.article for s in entry.sightings} == {"wire", "reprint-1", "reprint-2", "reprint-3"}
    confirmed = [a for a in told.tally.alerts.values() if a.kind == "corroborated" and a.follows == alert.id]
    assert [len(a.outlets) for a in confirmed] == [3]


def test_an_edit_alerts_for_what_was_added_and_for_nothing_else(told):
    first, *others = told.alerts("edit")
    assert "secretariat of nine" in first.statements[0].text
    assert [[s.text for s in a.statements] for a in others] == [[ADDED.split("”")[0] + "”"]]
    assert sorted(o.outcome for o in told.outcomes("edit")) == ["alerted", "alerted", "duplicate"]


def test_the_two_versions_of_one_statement_both_alert_and_the_second_names_the_first(told):
    [english], [spanish] = told.alerts("english"), told.alerts("spanish")
    [link] = spanish.statements[0].reason.possible
    assert (link.statement, link.lang) == (english.id, "en")


def test_a_repeat_after_60_days_is_a_sighting(told):
    assert len(told.alerts("old")) == 1
    assert told.alerts("again") == []
    [entry] = told.entries("old")
    assert [s.article for s in entry.sightings] == ["old", "again"]
    [verdict] = [v for v in told.outcomes("again")[0].verdicts if v.verdict == "known"]
    assert "60 days before" in verdict.reason.why


def test_a_denial_is_new_once(told):
    assert len(told.alerts("claim")) == 1
    assert len(told.alerts("denial")) == 1
    assert told.alerts("denied-again") == []


def test_an_article_that_comes_late_adds_a_sighting_to_the_one_published_after_it(told):
    assert len(told.alerts("late-first")) == 1
    assert told.alerts("early-last") == []
    [entry] = told.entries("late-first")
    assert [s.article for s in entry.sightings] == ["late-first", "early-last"]
    assert entry.sightings[1].published < entry.sightings[0].published


def test_a_crash_between_alert_and_ledger_makes_no_reprint_new(told):
    assert len(told.alerts("crash")) == 1
    assert told.alerts("crash-reworded") == []
    [entry] = told.entries("crash")
    assert len(entry.sightings) == 2


def run_command(told, *arguments: str) -> int:
    return cli.main(
        [
            *arguments,
            "--data",
            str(told.settings.data),
            "--log-level",
            "error",
            "--bootstrap-servers",
            told.settings.kafka.bootstrap_servers,
        ]
    )


def test_trace_tells_the_whole_way(told, capsys):
    assert run_command(told, "trace", "https://news.example/reprint-1") == 0
    lines = capsys.readouterr().out
    for words in (
        "no page fetched",
        "cleaned    to",
        "merida by “Mérida Initiative” (",
        "known      Ana Ruiz",
        "first seen",
        "at wire",
        "ends as    duplicate",
        "sightings so far: wire, ",
    ):
        assert words in lines, words
    assert run_command(told, "trace", "https://news.example/never") == 1


JUDGES = """
  - name: judges
    title: Judges
    alerts: true
    names: [trained judges]
    examples: [They trained judges.]
"""


def test_a_replay_after_a_change_of_taxonomy_shows_records_and_raises_only_when_asked(told, capsys, tmp_path):
    (tmp_path / "taxonomy.yaml").write_text(DEFAULT.read_text(encoding="utf-8") + JUDGES, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(f"pipeline: {{taxonomy: {tmp_path / 'taxonomy.yaml'}}}")
    since = (NOW - 90 * DAYS).date().isoformat()
    replay = ["replay", "--from-topic", "articles.raw", "--since", since, "--config", str(tmp_path / "config.yaml")]
    for arguments, expected in (
        (["--dry-run"], "1 new alerts would be raised"),
        ([], "1 new alerts recorded and not raised"),
        (["--dry-run", "--since", (NOW + DAYS).isoformat()], "0 articles since"),
        (["--raise"], "1 new alerts raised"),
        (["--raise"], "0 new alerts raised"),
    ):
        assert run_command(told, *replay, *arguments) == 0
        assert expected in capsys.readouterr().out
    [(_, _, alert)] = TopicTail(told.settings.kafka, ["alerts.judges"]).read()
    assert decode(Alert, alert).article.id == "old"
