"""The page served from a store that a test fills."""

import contextlib
import threading
import time

import uvicorn

from deploy.page.app import PageApp
from deploy.page.limits import HEAD, LimitedProtocol
from deploy.page.store import PageStore
from schemas.codec import encode

TOPICS = ("merida", "arms-trafficking", "security-framework")


class Site:
    """A running page: `base` is its address, `marked` what was marked on it."""

    def __init__(self, port: int) -> None:
        self.store = PageStore(TOPICS)
        self.marked: list[tuple[str, str | None]] = []
        self.port = port
        self.base = f"http://127.0.0.1:{port}"

    def put(self, *alerts) -> None:
        for one in alerts:
            self.store.put(f"alerts.{one.topic}", encode(one))
        self.store.sort()

    def mark(self, alert, verdict) -> None:
        self.marked.append((alert.id, verdict))
        self.store.marks = {alert.id: verdict} if verdict else {}


@contextlib.contextmanager
def site(port: int):
    made = Site(port)
    app = PageApp(made.store, made.mark, ("127.0.0.1", "localhost")).app
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=LimitedProtocol,
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
