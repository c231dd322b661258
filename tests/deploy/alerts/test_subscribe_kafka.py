"""Alert topics as subscribers read them: with `borderwire subscribe`, kafka-python, kcat and KafkaJS."""

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

from deploy.alerts.subscribe import Start, Subscription, subscribe
from deploy.cli.alert_commands import moment
from deploy.cli.parser import main
from pipelines.kafka.outbox import Outbox
from schemas.codec import encode
from schemas.delivery import Filter
from schemas.kafka.clients import consumer
from tests.support.alerts import alert
from tests.support.brokers import broker, publish
from tests.support.paths import ROOT
from tests.support.subscribed import ALL, FOUR
from tests.support.waiting import until

EXAMPLES = ROOT / "docs" / "examples"


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
