"""`make demo` as a test: the alerts that must fire, and that no other does."""

import io
import json
import os
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from rich.console import Console

from deploy import demo
from deploy.cli.parser import main
from deploy.demo.__main__ import DATA, demo_settings, play
from deploy.demo.ending import held_back_line
from deploy.metrics.tally import Tally
from deploy.supervise.ended_run import kept_broker
from schemas.alert import Alert
from schemas.ids import fold
from tests.support.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EXPECTED = yaml.safe_load((Path(demo.__file__).parent / "expected.yaml").read_text(encoding="utf-8"))


def named(wanted: dict) -> str:
    return f"{wanted['topic']}-{wanted['speaker']}-{wanted['edition']}"


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """(what was counted, what was on the screen, the data directory) of a demo: the one that `make demo` left just now,
    where BORDERWIRE_DEMO_SCREEN names the file with its output, else one that is played here."""
    if file := os.environ.get("BORDERWIRE_DEMO_SCREEN"):
        with kept_broker(demo_settings(DATA)) as (settings, _):
            tally = Tally(settings)
            for _ in tally.update():
                pass
        return tally, Path(file).read_text(encoding="utf-8"), DATA
    data = tmp_path_factory.mktemp("demo") / "data"
    screen = io.StringIO()
    tally = play(data, Console(file=screen, width=110))
    return tally, screen.getvalue(), data


def suits(alert: Alert, wanted: dict) -> bool:
    """Whether an alert is the one that is wanted: topic, speaker, outlet, and each of its words in a statement."""
    said = [fold(statement.text) for statement in alert.statements]
    return (
        alert.topic == wanted["topic"]
        and alert.speaker is not None
        and fold(alert.speaker.name) == fold(wanted["speaker"])
        and alert.article.outlet in wanted["outlets"]
        and all(any(fold(words) in text for text in said) for words in wanted["words"])
        and not any(fold(words) in text for words in wanted.get("not_words", []) for text in said)
    )


@pytest.mark.parametrize("wanted", EXPECTED["alerts"], ids=named)
def test_every_alert_that_must_fire_does_so_once(played, wanted):
    tally, _, _ = played
    found = [alert for alert in tally.alerts.values() if suits(alert, wanted)]
    assert len(found) == 1, [told(alert) for alert in tally.alerts.values()]


def told(alert: Alert) -> str:
    speaker = alert.speaker.name if alert.speaker else "nobody"
    return f"{alert.topic}: {speaker}: {' | '.join(s.text for s in alert.statements)} ({alert.article.url})"


def test_no_other_alert_fires(played):
    tally, _, _ = played
    known = [*EXPECTED["alerts"], *EXPECTED["open"]]
    others = [a for a in tally.alerts.values() if not any(suits(a, wanted) for wanted in known)]
    assert [told(alert) for alert in others] == []


def test_everything_is_accounted_for(played):
    tally, _, _ = played
    assert tally.complete()
    assert tally.raw == len(tally.outcomes)
    assert not tally.dead
    assert tally.repeated_alerts == 0


@pytest.mark.parametrize("page", EXPECTED["off_topic"])
def test_traps_and_other_news_are_off_topic(played, page):
    tally, _, _ = played
    ends = [o for o in tally.outcomes.values() if page in o.url]
    assert ends
    assert {(o.outcome, bool(o.alerts)) for o in ends} <= {("off-topic", False), ("recorded", False)}


@pytest.mark.parametrize("page", EXPECTED["silent"])
def test_what_is_old_or_known_is_recorded_in_silence(played, page):
    tally, _, _ = played
    ends = {o.outcome for o in tally.outcomes.values() if page in o.url}
    assert ends
    assert ends <= {"recorded", "duplicate"}


@pytest.mark.parametrize("page", EXPECTED["repeated"])
def test_what_was_said_before_is_a_sighting_beside_what_is_new(played, page):
    tally, _, _ = played
    (end,) = [o for o in tally.outcomes.values() if page in o.url]
    assert "known" in {verdict.verdict for verdict in end.verdicts}


def test_the_end_says_how_many_repeats_were_silenced(played):
    tally, screen, data = played
    line = held_back_line(tally.outcomes.values())
    assert int(re.findall(r"(\d+) repeats silenced", line)[0]) >= len(EXPECTED["repeated"])
    if "BORDERWIRE_DEMO_SCREEN" in os.environ:
        assert line in " ".join(screen.split())
        assert all(
            command in screen for command in (f"borderwire subscribe --data {data}", f"borderwire page --data {data}")
        )


def test_the_alerts_are_on_the_screen_and_in_the_file(played):
    tally, screen, data = played
    lines = (data / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["id"] for line in lines} == {alert.id for alert in tally.alerts.values()}
    for alert in tally.alerts.values():
        assert alert.speaker is None or alert.speaker.name in screen


def test_subscribing_afterwards_prints_exactly_the_alerts_and_each_is_valid(played, capsys, monkeypatch):
    """The demo is over and its broker stopped: what it kept is read all the same."""
    monkeypatch.setattr("deploy.logs.configure", lambda *_, **__: None)
    tally, _, data = played
    arguments = ["subscribe", "alerts.merida", "--from-beginning", "--json", "--data", str(data)]
    assert main(arguments) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(line["id"] for line in lines) == sorted(a.id for a in tally.alerts.values() if a.topic == "merida")
    schema = json.loads((ROOT / "schemas" / "json" / "alerts.json").read_text(encoding="utf-8"))
    for line in lines:
        Draft202012Validator(schema).validate(line)
