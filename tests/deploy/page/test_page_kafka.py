"""`borderwire page` with a real broker: what is written is shown, what is marked is kept, a signal ends it."""

import json
import signal
import subprocess
import sys

import httpx
import pytest

from connectors.kafka import Publisher
from deploy.alerts.marks import Marks
from deploy.machine.ports import free_port
from schemas.article import CleanArticle, TaggedArticle
from schemas.codec import encode
from tests.support.alerts import NOW, alert
from tests.support.brokers import broker, publish
from tests.support.receiver import SECRET, Receiver
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.light, pytest.mark.timeout(240)]


def answered(url):
    try:
        return httpx.get(url)
    except httpx.TransportError:
        return None


def test_the_page_follows_the_topics_and_keeps_marks(tmp_path):
    port = free_port()
    (tmp_path / "settings.yaml").write_text(f"page: {{port: {port}}}\n")
    base = f"http://127.0.0.1:{port}"
    with broker(tmp_path) as (_, settings):
        publish(settings, [alert(1)])
        command = [sys.executable, "-m", "deploy.cli", "page", "--config", str(tmp_path / "settings.yaml")]
        options = ["--data", str(tmp_path), "--bootstrap-servers", settings.kafka.bootstrap_servers]
        with subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL) as process:
            try:
                until(lambda: (a := answered(base + "/")) and "1 helicopters" in a.text)
                publish(settings, [alert(2, topic="arms-trafficking")])
                text = f"First.\n\n{alert(2).statements[0].text}\n\nLast."
                article = CleanArticle(title="T", text=text, outlet="El Mirador", url="https://example.org/2")
                tagged = TaggedArticle(id="a2", version="v", feed="f", origin="live", seen=NOW, article=article)
                publisher = Publisher(settings.kafka)
                publisher.publish([("articles.tagged", "a2", encode(tagged)), ("alerts.merida", "bad", b"\xff")])
                publisher.close()
                until(lambda: "<p>Last.</p>" in httpx.get(base + "/alert/arms-trafficking/s2").text)
                form = {"topic": "merida", "id": "s1", "verdict": "wrong"}
                assert httpx.post(base + "/mark", data=form, headers={"origin": base}).status_code == 303
                until(lambda: "Marked as wrong" in httpx.get(base + "/alert/merida/s1").text)
                assert "s1<" not in httpx.get(base + "/feeds/all.atom").text
                marks = Marks(settings)
                until(lambda: marks.refresh() or marks.by_alert)
                assert {name: mark.verdict for name, mark in marks.by_alert.items()} == {"s1": "wrong"}
                until((tmp_path / "run" / "page.beat").exists)
            finally:
                process.send_signal(signal.SIGTERM)
            assert process.wait(15) in (0, -signal.SIGTERM)


def started(tmp_path, settings, *command):
    options = ["--config", str(tmp_path / "settings.yaml"), "--data", str(tmp_path)]
    servers = ["--bootstrap-servers", settings.kafka.bootstrap_servers]
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", *command, *options, *servers], stderr=subprocess.DEVNULL
    )


def ended(process):
    process.send_signal(signal.SIGTERM)
    process.wait(20)


def test_a_link_in_a_delivered_message_marks_the_alert_once_also_after_a_restart(tmp_path):
    base = f"http://127.0.0.1:{(port := free_port())}"
    with broker(tmp_path) as (_, settings), Receiver() as desk:
        routes = f"{{desk: {{webhook: 'http://127.0.0.1:{desk.port}/', secret: '{SECRET}', start: earliest}}}}"
        (tmp_path / "routes.yaml").write_text(f"routes: {routes}\n")
        page = f"page: {{port: {port}, address: '{base}/'}}\n"
        (tmp_path / "settings.yaml").write_text(f"{page}routes: {tmp_path}/routes.yaml\n")
        publish(settings, [alert(1)])
        deliver, shown = started(tmp_path, settings, "deliver"), started(tmp_path, settings, "page")
        try:
            until(lambda: desk.got)
            (links,) = json.loads(desk.got[0][1])["links"]
            until(lambda: (a := answered(links["page"])) is not None and a.status_code == 200)
            assert "Nothing has changed yet" in httpx.get(links["wrong"]).text
            marks = Marks(settings)
            marks.refresh()
            assert marks.by_alert == {}
            assert httpx.post(links["wrong"]).status_code == 200
            until(lambda: marks.refresh() or marks.by_alert)
            assert marks.by_alert["s1"].reader == "link of desk"
            ended(shown)
            shown = started(tmp_path, settings, "page")
            until(lambda: (a := answered(links["wrong"])) is not None and a.status_code == 410)
            assert httpx.post(links["wrong"]).status_code == 410
        finally:
            ended(deliver)
            ended(shown)
