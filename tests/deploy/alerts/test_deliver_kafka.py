"""Deliveries with a real broker: two routes, one slow; kill -9 in the middle; dead letters; marks; a sample."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from connectors.delivery.briefing_times import BriefingProgress
from connectors.kafka import Publisher
from deploy.alerts.alert_source import AlertSource
from deploy.cli.parser import main
from schemas.codec import decode, encode
from schemas.delivery import Undelivered
from schemas.kafka.topic_tail import TopicTail
from tests.support.alerts import alert
from tests.support.brokers import broker, publish
from tests.support.ledger_entries import entry
from tests.support.receiver import SECRET, Receiver
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.light, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    with broker(tmp_path_factory.mktemp("deliver")) as (_, settings):
        yield settings


def routes(path, topic="merida", **ports):
    rest = f"topics: [{topic}], secret: '{SECRET}', start: earliest, give_up: PT2S"
    lines = [f"  {name}: {{webhook: 'http://127.0.0.1:{port}/', {rest}}}" for name, port in ports.items()]
    path.write_text("routes:\n" + "\n".join(lines))
    return path


def start(kafka, file, data):
    command = [sys.executable, "-m", "deploy.cli", "deliver", "--routes", str(file), "--data", str(data)]
    with (data / "stderr").open("ab") as log:
        return subprocess.Popen([*command, "--bootstrap-servers", kafka.kafka.bootstrap_servers], stderr=log)


def ids(receiver):
    return [{k.lower(): v for k, v in headers.items()}["webhook-id"].split("-")[0] for headers, _ in receiver.got]


def test_kill_9_while_one_is_slow_loses_nothing_and_delays_nobody(kafka, tmp_path):
    count = 40
    publish(kafka, [alert(n) for n in range(count)])
    with Receiver() as quick, Receiver() as slow:
        slow.delay = 0.15
        file = routes(tmp_path / "routes.yaml", quick=quick.port, slow=slow.port)
        process = start(kafka, file, tmp_path)
        try:
            until(lambda: len(quick.got) == count)
            until(lambda: len(slow.got) > 4)
            assert len(slow.got) < count, "the quick one did not wait for the slow one"
            for more in (4, 4):
                before = len(slow.got)
                until(lambda n=before + more: len(slow.got) > n)
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                process = start(kafka, file, tmp_path)
            until(lambda: len(set(ids(slow))) == count)
        finally:
            process.terminate()
            process.wait(20)
        due = [f"s{n}" for n in range(count)]
        assert list(dict.fromkeys(ids(slow))) == due, "each is there, in order"
        again = sum(Counter(ids(slow)).values()) - count
        assert again <= 2, "at most the one in flight is sent again at each kill, under the same id"
        assert ids(quick) == due


def test_a_briefing_is_sent_once_also_after_kill_9(kafka, tmp_path):
    now = datetime.now(UTC)
    at = now - timedelta(minutes=10)
    group = f"{kafka.kafka.group}.deliver.morning"
    notes = AlertSource(kafka, ["statements"], group, "latest")
    notes.keep(
        notes.start, BriefingProgress(handled=now - timedelta(hours=23), covered=now - timedelta(hours=23)).dump()
    )
    notes.close()
    publisher = Publisher(kafka.kafka)
    new = entry(1).model_copy(update={"recorded": now - timedelta(hours=1)})
    publisher.publish([("statements", new.id, encode(new))])
    publisher.close()
    with Receiver() as desk:
        file = tmp_path / "routes.yaml"
        where = f"webhook: 'http://127.0.0.1:{desk.port}/', secret: '{SECRET}'"
        file.write_text(
            f"routes:\n  morning: {{kind: briefing, times: ['{at:%H:%M}'], {where}}}\n"
            f"  alerts: {{{where}, topics: [security-framework]}}"
        )
        process = start(kafka, file, tmp_path)
        try:
            until(lambda: desk.got)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process = start(kafka, file, tmp_path)
            until(lambda: (tmp_path / "stderr").read_bytes().count(b"delivering") == 2)
            publish(kafka, [alert(700, topic="security-framework")])
            until(lambda: "s700" in ids(desk))
        finally:
            process.terminate()
            process.wait(20)
    sent = [json.loads(body) for _, body in desk.got]
    (briefing,) = (one["data"] for one in sent if one["type"] == "briefing")
    assert briefing["count"] == 1 and "Ana Ruiz said" in briefing["text"]


def test_what_is_given_up_stands_in_the_dead_letter_topic(kafka, tmp_path):
    publish(kafka, [alert(900, topic="arms-trafficking")])
    with Receiver(404) as receiver:
        file = routes(tmp_path / "routes.yaml", topic="arms-trafficking", gone=receiver.port)
        process = start(kafka, file, tmp_path)
        try:
            until(lambda: any(letter.alert == "s900" for letter in letters(kafka)), 90)
        finally:
            process.terminate()
            assert process.wait(20) == 0
    letter = next(letter for letter in letters(kafka) if letter.alert == "s900")
    told = (tmp_path / "stderr").read_text()
    assert "HTTP 404" in told and "dead letter" in told
    assert SECRET[6:] not in told and str(receiver.port) not in told
    assert (letter.route, letter.topic) == ("gone", "alerts.arms-trafficking")
    assert "HTTP 404" in letter.error


def letters(kafka):
    return [decode(Undelivered, value) for _, _, value in TopicTail(kafka.kafka, ["deliveries.dead-letter"]).read()]


def test_a_marked_alert_is_not_delivered_and_becomes_an_example(kafka, tmp_path, capsys):
    publish(kafka, [alert(800), alert(801, story="story800"), alert(802)])
    base = ["--bootstrap-servers", kafka.kafka.bootstrap_servers, "--data", str(tmp_path)]
    assert main(["mark", *base, "s800", "mute", "--note", "old story"]) == 0
    assert main(["mark", *base, "s80", "wrong"]) == 2
    assert "begins with 's80'" in capsys.readouterr().err
    with Receiver() as receiver:
        process = start(kafka, routes(tmp_path / "routes.yaml", desk=receiver.port), tmp_path)
        try:
            until(lambda: "s802" in ids(receiver))
        finally:
            process.terminate()
            process.wait(20)
    assert not {"s800", "s801"} & set(ids(receiver))
    assert main(["export", *base, "--marks"]) == 0
    out = capsys.readouterr().out
    assert '"verdict": "mute"' in out and "cost us 800 helicopters" in out and "old story" in out
    assert main(["mark", *base, "s800", "clear"]) == 0
    assert main(["export", *base, "--marks"]) == 0
    assert "s800" not in capsys.readouterr().out.replace("s800: no mark", "")


@pytest.mark.parametrize(
    ("status", "code", "told"), [(200, 0, "delivered: HTTP 200"), (404, 1, "NOT delivered: HTTP 404")]
)
def test_a_sample_reports_what_the_other_side_said(tmp_path, capsys, status, code, told):
    with Receiver(status) as receiver:
        file = routes(tmp_path / "routes.yaml", desk=receiver.port)
        assert main(["deliver", "test", "desk", "--routes", str(file), "--data", str(tmp_path)]) == code
        assert main(["deliver", "test", "desc", "--routes", str(file), "--data", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert told in out
    assert "no route 'desc': there are desk" in err
