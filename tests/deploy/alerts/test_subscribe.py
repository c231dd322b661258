"""Alert topics as subscribers read them: with `borderwire subscribe`, kafka-python, kcat and KafkaJS."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
from kafka import TopicPartition
from rich.console import Console

from deploy.alerts.subscribe import Start, Subscription, subscribe
from deploy.alerts.terminal import show_alert
from deploy.cli.alert_commands import known, moment
from deploy.cli.common import Refused
from deploy.cli.parser import main
from deploy.machine.data_directory import lock
from pipelines.kafka.outbox import Outbox
from schemas.codec import encode
from schemas.delivery import Filter
from schemas.kafka.clients import consumer
from tests.support.alerts import alert
from tests.support.brokers import broker, publish
from tests.support.paths import ROOT
from tests.support.waiting import until

EXAMPLES = ROOT / "docs" / "examples"
ALL = ["alerts.merida", "alerts.arms-trafficking"]
FOUR = [
    alert(1, speaker="Andrés Manuel López Obrador", lang="es"),
    alert(2, outlet="Potomac Courier"),
    alert(3, speaker=None),
    alert(4, topic="arms-trafficking", kind="corroborated"),
]


@pytest.fixture(autouse=True)
def logs_as_they_are(monkeypatch):
    """A command sets logging up for its process; here it would outlive the test with its captured streams."""
    monkeypatch.setattr("deploy.logs.configure", lambda *_, **__: None)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"topics": ["alerts.merida"]}, [1, 2, 3]),
        ({"topics": ["arms-trafficking"]}, [4]),
        ({"speakers": ["lopez obrador"]}, [1]),
        ({"speakers": ["Ruiz", "OBRADOR"]}, [1, 2, 4]),
        ({"speakers": ["Obra"]}, []),
        ({"languages": ["es"]}, [1]),
        ({"outlets": ["potomac"]}, [2]),
        ({"kinds": ["new"], "languages": ["en"]}, [2, 3]),
    ],
)
def test_a_filter_takes_what_fits_in_every_field(wanted, numbers):
    assert [int(a.id[1:]) for a in FOUR if Filter(**wanted).takes(a)] == numbers


def test_times_are_ages_dates_or_times():
    assert moment("2026-11-24").isoformat() == "2026-11-24T00:00:00+00:00"
    assert moment("2026-11-24T08:00-06:00").utcoffset().total_seconds() == -6 * 3600
    assert 7190 < moment("1h").timestamp() - moment("3h").timestamp() < 7210
    with pytest.raises(Refused, match="write 2h"):
        moment("yesterday")


def test_a_person_reads_speaker_statement_outlet_age_and_link():
    screen = io.StringIO()
    show_alert(alert(outlet="El Mirador", title="Helicópteros"), Console(file=screen, width=100))
    for part in (
        "merida",
        "Ana Ruiz, foreign minister",
        "cost us 1 helicopters",
        "El Mirador · Helicópteros",
        " ago, alerted 2.0 s",
        "https://example.org/1",
        "alert s1",
        "said:",
    ):
        assert part in screen.getvalue()


def test_text_from_a_page_does_not_command_the_terminal():
    nasty = "\x1b]0;owned\x07 \x1b[2J\u202egnp.exe [bold]x[/bold]"
    screen = io.StringIO()
    one = alert(text=nasty, speaker=nasty, title=nasty, outlet=nasty, url=f"https://example.org/{nasty}")
    show_alert(one, Console(file=screen, force_terminal=False, width=200))
    assert not set("\x1b\x07\u202e") & set(screen.getvalue())
    assert "[bold]x[/bold]" in screen.getvalue()


def test_an_unknown_topic_is_refused_with_those_that_alert():
    assert known(["alerts.merida", "arms-trafficking"], ("merida", "arms-trafficking")) == [
        "merida",
        "arms-trafficking",
    ]
    with pytest.raises(Refused, match="no topic 'weather' raises alerts: write one of arms-trafficking, merida"):
        known(["weather"], ("merida", "arms-trafficking"))


@pytest.mark.parametrize(("option", "right"), [("--language", "'en' or 'es'"), ("--kind", "'new', 'corroborated'")])
def test_an_unknown_language_or_kind_is_refused_with_those_there_are(option, right, capsys):
    assert main(["subscribe", option, "klingon"]) == 2
    assert f"'klingon' will not do: it must be one of {right}" in capsys.readouterr().err


def test_a_reader_that_has_enough_ends_the_command_silently(tmp_path):
    text = tmp_path / "texts.jsonl"
    text.write_text('{"id": "a", "text": "“We agree,” the minister said."}\n' * 2000)
    command = [sys.executable, "-m", "deploy.cli", "statements", text]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr and process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    with broker(tmp_path_factory.mktemp("subscribe")) as found:
        publish(found[1], FOUR)
        yield found


def read(settings, wanted=None, start=None, topics=ALL):
    """The numbers of the alerts that a subscriber gets, up to the end."""
    found = []
    wanted = wanted or Filter(topics=topics)
    subscribe(settings, wanted, start or Start(from_beginning=True), found.append, until_end=True)
    return sorted(int(a.id[1:]) for a in found)


slow = [pytest.mark.slow, pytest.mark.light, pytest.mark.timeout(180)]


class TestWithABroker:
    pytestmark = slow

    def test_from_the_beginning_from_a_time_and_with_filters(self, kafka):
        _, settings = kafka
        assert read(settings) == [1, 2, 3, 4]
        assert read(settings, Filter(topics=ALL, languages=("es",))) == [1]
        assert read(settings, start=Start(since=moment("1h"))) == [1, 2, 3, 4]
        assert read(settings, start=Start()) == []
        time.sleep(0.1)
        assert read(settings, start=Start(since=moment("0s"))) == []

    def test_what_is_there_comes_in_order_of_time_over_all_topics(self, kafka):
        _, settings = kafka
        found = []
        for topics in (ALL, ALL[::-1]):
            subscribe(settings, Filter(topics=topics), Start(from_beginning=True), found.append, until_end=True)
        assert [a.id for a in found] == ["s1", "s2", "s3", "s4"] * 2

    def test_each_group_keeps_its_own_place(self, kafka):
        _, settings = kafka
        quick, slow = (Subscription(settings, ALL[:1], Start(True, group=name)) for name in ("quick", "slow"))
        got = {"quick": [], "slow": []}
        deadline = time.monotonic() + 40
        while len(got["quick"]) < 3 and time.monotonic() < deadline:
            got["quick"] += [a.id for a in quick.poll()]
        got["quick"] += [a.id for a in quick.poll()]
        got["slow"].append(next(iter(until_one(slow))).id)  # handed on, its place not kept yet
        quick.close(), slow.close()
        assert (got["quick"], got["slow"]) == (["s1", "s2", "s3"], ["s1"])
        assert read(settings, start=Start(True, group="quick"), topics=ALL[:1]) == []
        assert read(settings, start=Start(True, group="slow"), topics=ALL[:1]) == [1, 2, 3]

    def test_a_group_on_all_topics_misses_nothing_of_a_topic_that_is_added_later(self, kafka):
        _, settings = kafka

        def with_topics(*topics):
            pipeline = settings.pipeline.model_copy(update={"alert_topics": topics})
            return settings.model_copy(update={"pipeline": pipeline})

        start = Start(group="every")
        assert read(with_topics("merida"), Filter(), start) == []
        assert read(with_topics("merida", "arms-trafficking"), Filter(), start) == [4], (
            "it was raised before this start"
        )
        assert read(with_topics("merida", "arms-trafficking"), Filter(), start) == []

    def test_a_group_misses_nothing_that_comes_while_it_does_not_read(self, kafka):
        _, settings = kafka
        wanted = Filter(topics=("security-framework",))
        assert read(settings, wanted, Start(group="away")) == []
        publish(settings, [alert(8, topic="security-framework")])
        assert read(settings, wanted, Start(group="away")) == [8]

    def test_a_topic_that_is_not_there_is_told(self, kafka):
        with pytest.raises(LookupError, match=r"alerts\.weather does not exist"):
            Subscription(kafka[1], ["alerts.weather"], Start())

    def test_the_job_writes_alerts_as_cloud_events_too(self, kafka):
        _, settings = kafka
        outbox = Outbox(settings.kafka)
        outbox.send(("alerts.security-framework", "s7", encode(alert(7, topic="security-framework"))))
        outbox.flush()
        outbox.close()
        client = consumer(settings.kafka)
        place = TopicPartition("alerts.security-framework", 0)
        client.assign([place])
        client.seek(place, client.end_offsets([place])[place] - 1)
        [record] = next(found[place] for _ in range(12) if (found := client.poll(5000)))
        assert dict(record.headers)["ce_source"] == b"urn:borderwire:alerts.security-framework"
        client.close(autocommit=False)

    @pytest.mark.parametrize("client", ["python", "kcat", "node"])
    def test_the_examples_for_other_programs_work(self, kafka, client, tmp_path):
        servers = kafka[1].kafka.bootstrap_servers
        command = {
            "python": lambda: [sys.executable, EXAMPLES / "consumer.py"],
            "kcat": with_kcat,
            "node": lambda: with_node(tmp_path),
        }[client]()
        done = subprocess.run([*command, servers], capture_output=True, text=True, timeout=100, check=True)
        lines = done.stdout.splitlines()
        assert len(lines) == 3, done.stdout + done.stderr
        assert all("borderwire.alert.new" in line and "helicopters" in line for line in lines)
        assert "s1" in lines[0]
        if client != "kcat":
            assert "Andrés Manuel López Obrador said: The Mérida" in lines[0] and "an unnamed source said:" in lines[2]
        if client == "kcat":
            key, headers, value = lines[0].split("\t", 2)
            assert (key, json.loads(value)["id"]) == ("s1", "s1")
            assert "ce_specversion=1.0" in headers

    def test_a_subscriber_survives_a_broker_that_is_killed_and_comes_back(self, kafka):
        server, settings = kafka
        got: list[str] = []

        def note(one) -> None:
            got.append(one.id)
            if one.id == "s5":
                sys.exit()

        start = Start(from_beginning=True)
        follow = threading.Thread(target=subscribe, args=(settings, Filter(topics=ALL), start, note), daemon=True)
        follow.start()
        until(lambda: len(got) == 4)
        os.kill(server.process.pid, signal.SIGKILL)
        time.sleep(2)
        server.start()
        server.wait_ready()
        publish(settings, [alert(5)])
        follow.join(60)
        assert sorted(got[:4]) == ["s1", "s2", "s3", "s4"]
        assert got[4:] == ["s5"]


def with_kcat():
    if not shutil.which("kcat"):
        pytest.skip("no kcat on this machine (Debian: apt install kafkacat)")
    return [EXAMPLES / "consumer.sh"]


def with_node(place):
    """The example for Node, with its package installed in a directory."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("no node and npm on this machine (Debian: apt install nodejs npm)")
    for name in ("consumer.mjs", "package.json"):
        shutil.copy(EXAMPLES / name, place)
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    installed = subprocess.run(command, cwd=place, capture_output=True, text=True)
    if installed.returncode:
        pytest.skip(f"KafkaJS could not be had: {installed.stderr.strip()[-200:]}")
    return ["node", place / "consumer.mjs"]


def until_one(subscription):
    while True:
        yield from subscription.poll()


@pytest.mark.slow
@pytest.mark.light
@pytest.mark.timeout(120)
def test_what_an_ended_run_kept_can_be_read(tmp_path, capsys):
    with broker(tmp_path) as (_, settings):
        publish(settings, FOUR)
    arguments = ["subscribe", "--data", str(tmp_path), "alerts.merida", "--from-beginning", "--json"]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["s1", "s2", "s3"]
    assert f"no instance runs on {tmp_path}" in err
    assert main([*arguments, "--speaker", "obrador"]) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ["s1"]


def test_while_another_command_reads_what_is_kept_it_says_so(tmp_path, capsys):
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "meta.properties").touch()
    with lock(tmp_path):
        assert main(["subscribe", "--data", str(tmp_path)]) == 3
    assert "try again when it is done" in capsys.readouterr().err


def test_without_an_instance_and_without_data_it_says_so(tmp_path, capsys):
    assert main(["subscribe", "--data", str(tmp_path / "none")]) == 3
    assert "nothing runs on" in capsys.readouterr().err
