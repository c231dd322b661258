"""Hostile destinations: redirects to private addresses, answers that never end, endless waiting. All are limited."""

import gzip
import http.client
import socket
import threading
import time
import tracemalloc

import pytest

from connectors.delivery import apprise_sink, webhook_sink
from connectors.delivery.apprise_sink import Notice, hosts
from connectors.delivery.outgoing import Outgoing
from connectors.delivery.webhook_sink import Webhook
from schemas.delivery import Secret
from tests.support.alerts import NOW, alert
from tests.support.receiver import SECRET, Receiver


def dripping(start):
    def answer(handler):
        handler.wfile.write(start)
        for _ in range(600):
            handler.wfile.write(b"x")
            time.sleep(0.1)

    return answer


def hook(server):
    return Webhook(Secret(value=f"http://127.0.0.1:{server.port}/hook"), Secret(value=SECRET))


def test_apprise_follows_no_redirect_and_none_to_a_private_address_even_when_asked_to():
    with Receiver() as inner, Receiver(307, [("Location", f"http://127.0.0.2:{inner.port}/admin")]) as outer:
        for wish in ("", "?redirect=yes"):
            answer = Notice(Secret(value=f"json://localhost:{outer.port}/{wish}")).send([alert(1)], NOW)
            assert not answer.taken
        assert (len(outer.got), len(inner.got)) == (2, 0)
        assert "127.0.0.2" in answer.told, "it says why"


def test_a_private_address_that_the_route_names_is_dialled():
    with Receiver() as server:
        for host in ("127.0.0.1", "localhost", "LOCALHOST."):
            assert Notice(Secret(value=f"json://me:geheim@{host}:{server.port}/")).send([alert(1)], NOW).taken


def test_apprise_waits_for_nobody_who_drips(monkeypatch):
    monkeypatch.setattr(apprise_sink, "TOTAL", 1.0)
    for start in (b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 500 No\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"):
        with Receiver(answer=dripping(start)) as server:
            started = time.monotonic()
            Notice(Secret(value=f"json://127.0.0.1:{server.port}/")).send([alert(1)], NOW)
            assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("start", "taken"),
    [
        (b"HTTP/1.1 200 OK\r\nx: ", False), (b"H", False), (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 503 No\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", True), (b"HTTP/1.1 100 Continue\r\n\r\n", False),
    ],
)  # fmt: skip
def test_a_webhook_has_so_much_time_whatever_drips(start, taken, monkeypatch):
    monkeypatch.setattr(webhook_sink, "TOTAL", 1.5)
    monkeypatch.setattr(webhook_sink, "SAYING", 0.5)
    with Receiver(answer=dripping(start)) as server:
        sender, started = hook(server), time.monotonic()
        assert sender.send([alert(1)], NOW).taken == taken
        assert time.monotonic() - started < 8
        sender.close()


def test_an_answer_that_unpacks_to_much_is_not_unpacked():
    body = gzip.compress(b"\0" * 300_000_000, 9)
    with Receiver(500, [("Content-Encoding", "gzip")], body) as server:
        tracemalloc.start()
        answer = hook(server).send([alert(1)], NOW)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert answer.told == "HTTP 500 Internal Server Error"
    assert peak < 20_000_000


@pytest.mark.parametrize("value", ["²", "-1", "1e9", "x" * 5000, "Mon, 99 Foo 2026", "9" * 100, "", "\xff", "nan"])
def test_a_retry_after_that_is_none_ends_nothing(value):
    with Receiver(503, [("Retry-After", value)]) as server:
        answer = hook(server).send([alert(1)], NOW)
    assert not answer.taken and answer.told.startswith("HTTP 503")
    assert answer.retry_after is None or 0 <= answer.retry_after < 1e10


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"\0" * 5000, b"HTTP/1.1 999 \xff\xfe\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 30_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", b"SSH-2.0-x\r\n",
    ],
)  # fmt: skip
def test_nonsense_is_a_failure_not_an_end(answer):
    with Receiver(answer=lambda handler: handler.wfile.write(answer)) as server:
        got = hook(server).send([alert(1)], NOW)
        assert not got.taken and got.told
        assert not set("\x00\x1b") & set(got.told)
        Notice(Secret(value=f"json://127.0.0.1:{server.port}/")).send([alert(1)], NOW)


def test_only_what_runs_in_the_block_is_held_back():
    with Receiver() as server, Outgoing(["example.org"], 5):
        with pytest.raises(PermissionError):
            http.client.HTTPConnection("127.0.0.1", server.port, timeout=3).request("GET", "/")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, pytest.raises(PermissionError):
            datagrams.sendto(b"x", ("127.0.0.1", 9))
        other = []
        thread = threading.Thread(target=lambda: other.append(socket.create_connection(("127.0.0.1", server.port))))
        thread.start()
        thread.join()
        other[0].close()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.close()


def test_the_hosts_of_a_url_are_named():
    mail = "mailtos://me:p%40ss@mail.desk.example:465/?smtp=smtp.desk.example"
    assert {"mail.desk.example", "smtp.desk.example"} <= hosts(mail)
    assert "ntfy.intern" in hosts("ntfys://user:pw@ntfy.intern:8080/topic")
    assert "[::1]" in hosts("json://[::1]:80/x")
