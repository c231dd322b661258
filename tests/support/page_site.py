"""The page served from a store that a test fills."""

import contextlib
import socket
import threading
import time

import uvicorn

from deploy.alerts.marks import mark_of
from deploy.config import with_alert_topics
from deploy.page.access import Networks
from deploy.page.app import PageApp
from deploy.page.links import UsedLinks
from deploy.page.serve import server_config, titles_of
from deploy.page.store import PageStore
from schemas.codec import encode
from schemas.settings import Settings
from tests.support.alerts import NOW

LINK_KEY = b"a key of the tests, long enough."
TOPICS = ("merida", "arms-trafficking", "security-framework")


class Site:
    """A running page: `base` is its address, `marked` what was marked on it."""

    def __init__(self, port: int) -> None:
        self.store = PageStore(TOPICS)
        self.marked: list[tuple[str, str | None, str, str | None]] = []
        self.port = port
        self.base = f"http://127.0.0.1:{port}"

    def put(self, *alerts) -> None:
        for one in alerts:
            self.store.put(f"alerts.{one.topic}", encode(one))
        self.store.sort()

    def mark(self, alert, judgement, note, reader) -> None:
        self.marked.append((alert.id, judgement, note, reader))
        self.store.put_mark(alert.id, mark_of(alert, judgement, note, reader, NOW) if judgement else None)


@contextlib.contextmanager
def site(trusted: Networks = (), linked: bool = True):
    listener = socket.create_server(("127.0.0.1", 0))
    made = Site(listener.getsockname()[1])
    titles = titles_of(with_alert_topics(Settings()))
    links = (made.base, LINK_KEY, UsedLinks(None, NOW)) if linked else None
    write = lambda *mark: made.mark(*mark)  # noqa: E731, so that a test can replace it
    page = PageApp(made.store, write, ("127.0.0.1", "localhost"), titles, trusted, links)
    page.answers.stale = 0.0  # a test sees at once what it put
    server = uvicorn.Server(server_config(page.app, trusted))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield made
    server.should_exit = True
    thread.join(10)
