"""`borderwire page`: serves the web page, by default on loopback, in a process of its own."""

import asyncio
import signal
import socket
import sys
import threading
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
import uvicorn
from starlette.types import ASGIApp

from connectors.delivery.routes import key_of
from connectors.kafka_topics import ensure_topics
from deploy.output import complain
from deploy.page.access import Networks
from deploy.page.app import PageApp
from deploy.page.limits import HEAD, limited
from deploy.page.links import UsedLinks
from deploy.page.rendering import Titles
from deploy.page.store import PageStore
from deploy.page.store_reader import StoreReader
from deploy.page.words import LANGUAGES
from schemas.settings import Settings

log = structlog.get_logger()

#: Seconds after which a thread that makes a view gives way to the one that answers requests, which waits so long after
#: each system call. Python's default is 0.005.
GIVE_WAY = 0.0001


class PageServer(uvicorn.Server):
    """uvicorn's server, but checking once a second whether it must stop, instead of ten times."""

    async def on_tick(self, counter: int) -> bool:
        if counter:
            await asyncio.sleep(0.9)
        return await super().on_tick(10 * counter)


def serve_page(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM. Exit code 1 when the port is taken, 2 when the page is off.

    Raises BrokerGone when Kafka does not answer, NoSecret when the key of the links cannot be used.
    """
    page = settings.page
    if not page.port:
        complain("page.port is 0: the page is off")
        return 2
    family = socket.AF_INET6 if ":" in page.host else socket.AF_INET
    try:
        listener = socket.create_server((page.host, page.port), family=family)
    except OSError as error:
        complain(f"page.port {page.port} of {page.host}: {error}")
        return 1
    links = None
    if page.address:
        used = UsedLinks(settings.data / "links.used", datetime.now(UTC))
        links = (page.address, key_of(settings), used)
    ensure_topics(settings)
    stop = threading.Event()
    store = PageStore(settings.pipeline.alert_topics)
    reader = StoreReader(settings, store, stop)
    reader.start()
    public = [name] if page.address and (name := urlsplit(page.address).hostname) else []
    hosts = (page.host, "127.0.0.1", "localhost", *page.names, *public)
    app = PageApp(store, reader.mark, hosts, titles_of(settings), page.trusted_proxies, links).app
    log.info("page", url=f"http://{page.host}:{page.port}/")
    sys.setswitchinterval(GIVE_WAY)
    server = PageServer(server_config(app, page.trusted_proxies))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    server.run(sockets=[listener])
    stop.set()
    reader.join(3)
    return 0


def server_config(app: ASGIApp, trusted: Networks) -> uvicorn.Config:
    """How the page is served behind the proxies `trusted`."""
    return uvicorn.Config(
        app,
        http=limited(trusted),
        proxy_headers=False,  # deploy/page/access.py decides which proxies are believed
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=HEAD,
    )


def titles_of(settings: Settings) -> Titles:
    """The topics' names for readers, by language."""
    return {lang: settings.pipeline.titles_in(lang) for lang in LANGUAGES}
