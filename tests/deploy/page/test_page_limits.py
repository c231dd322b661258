"""Real sockets that ask slowly, never end, or ask for too much: the others are served meanwhile."""

import socket
import time
from ipaddress import ip_network

import httpx
import pytest

from deploy.page import limits
from tests.support.alerts import alert
from tests.support.page_site import site


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setattr(limits, "ASKING", 1.0)
    monkeypatch.setattr(limits, "ANSWERING", 2.0)
    with site() as made:
        made.put(*(alert(n, text="x" * 5000) for n in range(60)))
        yield made


def connect(page, sent=b"", source="127.0.0.1"):
    client = socket.create_connection(("127.0.0.1", page.port), timeout=20, source_address=(source, 0))
    client.sendall(sent)
    return client


def ended(client, within):
    """Whether the other side ends the connection by then; whatever it still sends is read."""
    client.settimeout(within)
    try:
        while client.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


def ask(page, source="127.0.0.1"):
    with httpx.Client(transport=httpx.HTTPTransport(local_address=source), timeout=10) as client:
        started = time.monotonic()
        answer = client.get(page.base + "/?topic=merida")
        return answer.status_code, time.monotonic() - started


POST = b"POST /mark HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n\r\ntopic="


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", POST])
def test_hundreds_of_slow_connections_keep_nobody_waiting(page, monkeypatch, begun):
    monkeypatch.setattr(limits, "ASKING", 60.0)
    slow = [connect(page, begun) for _ in range(300)]
    try:
        for source in ("127.0.0.1", "127.0.0.2"):
            for _ in range(3):
                status, took = ask(page, source)
                assert status == 200 and took < 5
    finally:
        for client in slow:
            client.close()


def test_many_clients_together_do_not_starve_one_either(page, monkeypatch):
    monkeypatch.setattr(limits, "ASKING", 60.0)
    slow = [connect(page, b"GET /", source=f"127.0.1.{n}") for n in range(1, 31) for _ in range(10)]
    try:
        assert ask(page)[0] == 200
    finally:
        for client in slow:
            client.close()


def test_a_proxy_may_have_more_connections_than_one_client(monkeypatch):
    """It carries many readers. Without that, the reader who waits longest would be let go for the 51st."""
    monkeypatch.setattr(limits, "ASKING", 120.0)
    with site((ip_network("127.0.0.9"),)) as page:
        held = {
            source: [connect(page, source=source) for _ in range(limits.OF_ONE + 10)]
            for source in ("127.0.0.8", "127.0.0.9")
        }
        try:
            assert ask(page)[0] == 200
            assert {source: sum(ended(c, 0.05) for c in found) for source, found in held.items()} == {
                "127.0.0.8": 10, "127.0.0.9": 0
            }  # fmt: skip
        finally:
            for client in (client for found in held.values() for client in found):
                client.close()


@pytest.mark.parametrize("begun", [b"", b"GET / HT", POST])
def test_what_drips_gets_no_more_time(page, begun):
    client = connect(page, begun)
    started = time.monotonic()
    with pytest.raises(ConnectionError):
        for _ in range(200):
            time.sleep(0.1)
            client.sendall(b"x")
    assert time.monotonic() - started < 5


def test_a_connection_that_asks_no_more_is_ended(page):
    client = connect(page, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert ended(client, 5)


def test_a_client_that_never_reads_is_let_go(page):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", page.port))
    client.sendall(b"GET /feeds/all.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50)
    time.sleep(4)
    assert ended(client, 1)


def test_connections_that_are_used_stay(page):
    with httpx.Client(timeout=10) as client:
        for _ in range(8):
            assert client.get(page.base + "/").status_code == 200
            time.sleep(0.4)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/?q=" + "x" * 4100, 400), ("GET", "/?" + "&".join(f"a{n}=1" for n in range(2000)), 400),
        ("GET", "/?page=" + "9" * 3900, 200), ("GET", "/?page=0", 200), ("GET", "/?page=²", 200),
        ("GET", "/" + "x" * 1100, 400), ("GET", "/?q=" + "x" * 60_000, 400), ("GET", "/alert/merida/%00%ff", 404),
        ("GET", "/feeds/%00.atom", 404), ("GET", "/static/../app.py", 404), ("PUT", "/", 405),
    ],
)  # fmt: skip
def test_what_is_too_much_is_refused_in_a_word(page, method, path, status):
    answer = httpx.request(method, page.base + path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("&".join(f"a{n}=1" for n in range(1000)), 400), ("x" * 20_000, 413), ("topic=merida&id=s1&verdict=odd", 400),
        ("%ff%fe=%80", 404), ("topic=merida&id=s1&verdict=wrong", 303), ("&" * 9000, 400), ("", 404),
    ],
)  # fmt: skip
def test_forms_that_are_none_of_ours_are_refused(page, form, status):
    headers = {"origin": page.base, "content-type": "application/x-www-form-urlencoded"}
    assert httpx.post(page.base + "/mark", content=form, headers=headers).status_code == status


def test_whose_an_address_is():
    one, same, other = map(limits.network, ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"))
    assert one == same != other
    assert limits.network("::ffff:192.0.2.1") == "192.0.2.1" == limits.network("192.0.2.1")
    assert limits.network("somebody") == "somebody"
