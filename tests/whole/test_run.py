"""`borderwire run` as a user has it: feeds in, alerts out, stopped by a signal, and resumed where it was."""

import json
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

import psutil
import pytest
import yaml

from pipelines.kafka.clients import TopicTail
from schemas.alert import Alert
from schemas.codec import decode
from schemas.ids import fold
from schemas.outcome import Outcome
from schemas.settings import KafkaSettings
from tests.support.feed_server import FeedServer
from tests.support.flow import wait_for
from tests.support.paths import SHARED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
SEED = SHARED / "seed"
BORDERWIRE = Path(sys.executable).with_name("borderwire")
FIRST = "“The Mérida Initiative left us radios that nobody can repair,” Senator Rosa Ibarra told the committee."
LATER = "“The Mérida Initiative never paid for a single judge,” Deputy Saúl Peña told reporters in Ciudad Juárez."
FILLER = "The hall was half empty. Staff carried the exhibits out, and the session ended an hour after it had begun."


class Feed:
    """A feed on loopback; pages behind its entries are not there, so the text comes from the feed."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.server = FeedServer(lambda path: self.body() if path == "/feed.xml" else None)
        self.base = f"http://127.0.0.1:{self.server.port}"

    def add(self, name: str, title: str, text: str) -> None:
        paragraphs = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
        self.items.append(
            f"<item><title>{escape(title)}</title><link>{self.base}/{name}</link><guid>{name}</guid>"
            f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate>"
            f"<description>{escape(paragraphs)}</description></item>"
        )

    def body(self) -> bytes:
        return f'<rss version="2.0"><channel><title>Ledger</title>{"".join(self.items)}</channel></rss>'.encode()


class Run:
    """One `borderwire run`, until `stop`."""

    def __init__(self, directory: Path) -> None:
        self.data = directory / "data"
        self.log = directory / f"run-{time.monotonic_ns()}.log"
        command = [BORDERWIRE, "run", "--config", directory / "config.yaml", "--data", self.data]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def check(self) -> None:
        assert self.process.poll() is None, self.log.read_text()

    def wait_running(self) -> None:
        wait_for(lambda: '"running"' in self.log.read_text(), self.check, 120, "the run says that it runs")

    @property
    def kafka(self) -> KafkaSettings:
        return KafkaSettings(bootstrap_servers=json.loads((self.data / "run.json").read_text())["kafka"])

    def outcomes(self) -> list[Outcome]:
        return [decode(Outcome, value) for _, _, value in TopicTail(self.kafka, ["articles.outcomes"]).read()]

    def alerts(self) -> list[Alert]:
        tail = TopicTail(self.kafka, ["alerts.merida", "alerts.arms-trafficking"])
        return [decode(Alert, value) for _, _, value in tail.read()]

    def stop(self, number: int) -> float:
        """Seconds until it had ended, with exit code 0."""
        started = time.monotonic()
        self.process.send_signal(number)
        assert self.process.wait(30) == 0, self.log.read_text()
        return time.monotonic() - started

    def left(self) -> list[psutil.Process]:
        named = psutil.process_iter(["cmdline"])
        return [process for process in named if str(self.data) in " ".join(process.info["cmdline"] or [])]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [BORDERWIRE, *arguments, "--data", self.data, "--log-level", "error"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def feed():
    feed = Feed()
    feed.add("first", "Senate hears of radios", f"{FIRST}\n\n{FILLER}")
    if SEED.exists():
        feed.add("seed", "America, Mexico seek revamp of joint fight", (SEED / "afp-merida-revamp.txt").read_text())
    yield feed
    feed.server.close()


@pytest.fixture(scope="module")
def directory(feed, tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    (directory / "feeds.yaml").write_text(f"- {{url: '{feed.base}/feed.xml', outlet: Ledger, lang: en}}\n")
    connectors = {"interval": 1, "min_interval": 1, "adaptive": False, "allow_networks": ["127.0.0.0/8"]}
    # Feeds are polled after the job's first checkpoint.
    config = {"feeds": str(directory / "feeds.yaml"), "connectors": connectors, "pipeline": {"checkpoint_interval": 2}}
    (directory / "config.yaml").write_text(yaml.safe_dump(config))
    return directory


@pytest.fixture(scope="module")
def story(feed, directory):
    """Two runs one after the other, each ended by a signal, and what was seen of them."""
    seen = {}
    run = Run(directory)
    try:
        run.wait_running()
        wait_for(lambda: len(run.outcomes()) >= len(feed.items), run.check, 120, "every entry has an outcome")
        seen["alerts"] = run.alerts()
        seen["subscribe"] = run.command("subscribe", "merida", "--from-beginning", "--json", "--until-idle", "3")
        seen["trace"] = run.command("trace", f"{feed.base}/first")
        seen["trace of nothing"] = run.command("trace", f"{feed.base}/nothing")
        seen["no such topic"] = run.command("subscribe", "alerts.weather", "--until-idle", "1")
        seen["second instance"] = run.command("run", "--config", str(directory / "config.yaml"))
        seen["SIGTERM"] = run.stop(signal.SIGTERM)
        seen["left"] = run.left()
        feed.add("later", "Deputy counts judges", f"{LATER}\n\n{FILLER}")
        run = Run(directory)
        run.wait_running()
        wait_for(lambda: len(run.outcomes()) >= len(feed.items), run.check, 120, "the later entry has an outcome")
        seen["alerts after"] = run.alerts()
        seen["outcomes after"] = run.outcomes()
        seen["SIGINT"] = run.stop(signal.SIGINT)
        seen["log after"] = run.log.read_text()
        seen["left after"] = run.left()
    finally:
        run.process.kill()
    return seen


def speakers(alerts, topic):
    return {fold(alert.speaker.name) for alert in alerts if alert.topic == topic and alert.speaker}


def test_a_signal_stops_it_within_ten_seconds_and_nothing_is_left(story):
    assert story["SIGTERM"] < 10
    assert story["SIGINT"] < 10
    assert story["left"] == story["left after"] == []


def test_the_next_start_resumes_from_the_last_checkpoint(story):
    restored = re.search(r'"restored_from": "(\S+)"', story["log after"])
    assert restored, story["log after"]
    assert "chk-" in restored[1]


def test_nothing_is_lost_and_nothing_comes_twice(story, feed):
    outcomes = {outcome.raw.key for outcome in story["outcomes after"]}
    assert len(outcomes) == len(feed.items)
    ids = [(alert.topic, alert.id) for alert in story["alerts after"]]
    assert len(ids) == len(set(ids))
    before = {(alert.topic, alert.id) for alert in story["alerts"]}
    assert before < set(ids)
    new = [alert for alert in story["alerts after"] if (alert.topic, alert.id) not in before]
    assert [alert.speaker.name for alert in new] == ["Saúl Peña"]


@pytest.mark.skipif(not SEED.exists(), reason="needs the shared seed story (BORDERWIRE_SHARED)")
def test_the_seed_story_raises_its_two_alert_lists(story):
    wanted = json.loads((SEED / "expected.json").read_text(encoding="utf-8"))
    for name, names in wanted["alerts"].items():
        topic = name.removeprefix("alerts.")
        alerts = [alert for alert in story["alerts"] if alert.article.title.startswith("America, Mexico")]
        optional = {fold(s["speaker"]) for s in wanted["statements"] if s["need"] == "optional" and s["topics"]}
        optional |= {fold(s["speaker"]) for s in wanted["statements"] if topic in s.get("topics_allowed", ())}
        assert {*map(fold, names)} <= speakers(alerts, topic) <= {*map(fold, names)} | optional


def test_subscribe_prints_the_topic_as_json_lines(story):
    told = story["subscribe"]
    assert (told.returncode, told.stderr) == (0, "")
    printed = [json.loads(line) for line in told.stdout.splitlines()]
    assert {line["id"] for line in printed} == {alert.id for alert in story["alerts"] if alert.topic == "merida"}


def test_trace_tells_the_way_of_an_article(story):
    told = story["trace"]
    assert told.returncode == 0, told.stderr
    assert "alerted" in told.stdout
    assert "Rosa Ibarra" in told.stdout
    assert story["trace of nothing"].returncode == 1


def test_what_cannot_be_done_is_said_in_one_line(story):
    topic = story["no such topic"]
    assert topic.returncode != 0
    assert "alerts.weather" in topic.stderr
    second = story["second instance"]
    assert second.returncode == 1
    assert "another instance is running" in second.stderr.splitlines()[-1]
