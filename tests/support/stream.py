"""A stream of articles over HTTP whose alerts are known beforehand: feeds that grow, behind a proxy that can refuse.

For chaos.py, soak.py and the cost figures: what the whole of `borderwire run` makes of it can be counted.
"""

import re
import socket
import threading
import time
from email.utils import format_datetime
from xml.sax.saxutils import escape

from schemas.alert import Alert
from schemas.feed import Feed
from schemas.outcome import Outcome
from tests.support.feed_server import FeedServer
from tests.support.flow import article

NUMBER = re.compile(r"cost us (\d+) million")


class Stream:
    """`rate` articles a second over `feeds` feeds, every `every`th on topic, from `publish` until `end`.

    `rate` may be changed meanwhile.
    """

    def __init__(self, rate: float, feeds: int = 6, every: int = 4, keep: int = 4000) -> None:
        self.rate, self.every, self.keep = rate, every, keep
        self.published = 0
        self._items: list[list[str]] = [[] for _ in range(feeds)]
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._server = FeedServer(self._answer)
        self.proxy = Proxy(self._server.port)

    @property
    def feeds(self) -> list[Feed]:
        base = f"http://127.0.0.1:{self.proxy.port}"
        return [Feed(url=f"{base}/{number}.xml", outlet=f"Outlet {number}") for number in range(len(self._items))]

    @property
    def due(self) -> set[int]:
        """The articles of which an alert is due."""
        return set(range(0, self.published, self.every))

    def body(self, feed: int) -> bytes:
        with self._lock:
            items = "".join(reversed(self._items[feed][-self.keep :]))
        head = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Outlet {feed}</title>'
        return f"{head}{items}</channel></rss>".encode()

    def publish(self) -> None:
        threading.Thread(target=self._publish, daemon=True).start()

    def end(self) -> None:
        """No more articles; the feeds stay."""
        self._ended.set()

    def close(self) -> None:
        self._ended.set()
        self.proxy.close()
        self._server.close()

    def _answer(self, path: str) -> bytes | None:
        found = re.fullmatch(r"/(\d+)\.xml", path)
        return self.body(int(found[1])) if found else None

    def _publish(self) -> None:
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            due += 1 / self.rate
            with self._lock:
                self._items[self.published % len(self._items)].append(item(self.published, self.every))
                self.published += 1


def item(number: int, every: int) -> str:
    entry = article(number, number % every == 0).entry
    assert entry.published
    return (
        f"<item><guid>{entry.url}</guid><link>{entry.url}</link><title>{entry.title}</title>"
        f"<pubDate>{format_datetime(entry.published)}</pubDate><description>{escape(entry.content)}</description></item>\n"
    )


def number_of(found: Alert | Outcome) -> int | None:
    """Which article an alert or an outcome is about; None for what is not of the stream."""
    if isinstance(found, Alert):
        match = NUMBER.search(" ".join(statement.text for statement in found.statements))
        return int(match[1]) - 100 if match else None
    match = re.fullmatch(r"https://news\.example/(\d+)", found.url)
    return int(match[1]) if match else None


class Proxy:
    """Passes connections on to a port of this machine; while `refusing`, it closes them at once."""

    def __init__(self, target: int) -> None:
        self.refusing = False
        self._target = target
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._target))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=pump, args=(one, other), daemon=True).start()

    def close(self) -> None:
        self._socket.close()


def pump(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        other.close()
