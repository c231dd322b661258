"""The page served from a store that a test fills."""

import contextlib
import threading
import time

import uvicorn

from deploy.alerts.marks import mark_of
from deploy.page.access import Networks
from deploy.page.app import PageApp
from deploy.page.limits import HEAD, limited
from deploy.page.serve import titles_of
from deploy.page.store import PageStore
from schemas.codec import encode
from schemas.settings import Settings
from tests.support.alerts import NOW

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
        marks = {name: mark for name, mark in self.store.marks.items() if name != alert.id}
        made = {alert.id: mark_of(alert, judgement, note, reader, NOW)} if judgement else {}
        self.store.put_marks(marks | made)


@contextlib.contextmanager
def site(port: int, trusted: Networks = ()):
    made = Site(port)
    titles = titles_of(Settings())
    page = PageApp(made.store, made.mark, ("127.0.0.1", "localhost"), titles, trusted)
    page.answers.stale = 0.0  # a test sees at once what it put
    server = uvicorn.Server(
        uvicorn.Config(
            page.app,
            http=limited(trusted),
            proxy_headers=False,
            port=port,
            log_config=None,
            lifespan="off",
            server_header=False,
            h11_max_incomplete_event_size=HEAD,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield made
    server.should_exit = True
    thread.join(10)
