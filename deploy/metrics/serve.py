"""`borderwire metrics`: serves /metrics for Prometheus, /healthz and /readyz, with the data of exporter.py."""

import faulthandler
import json
import os
import signal
import threading
import time
from collections.abc import Callable

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector

from deploy.metrics.exporter import Exporter
from deploy.metrics.http_server import Answer, Server
from deploy.output import complain
from schemas.settings import Settings

#: Seconds without progress after which the process ends, to be restarted: a Kafka client that hangs does not recover.
HUNG = 120.0
#: Seconds that a request to stop may take.
SOON = 3.0
#: The port of `borderwire metrics` when none is configured.
PORT = 9464

log = structlog.get_logger()


def answers(exporter: Exporter) -> dict[str, Callable[[], Answer]]:
    """The two probes of an orchestrator: /healthz (is the run healthy) and /readyz (is the run ready)."""

    def told(what: str, troubles: list[str]) -> Answer:
        return (503 if troubles else 200), json.dumps({what: not troubles, "why": troubles}) + "\n"

    return {
        "/healthz": lambda: told("healthy", exporter.troubles()),
        "/readyz": lambda: told("ready", exporter.not_ready()),
    }


def serve_metrics(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM; exit code 1 when the port is taken."""
    exporter = Exporter(settings)
    registry = CollectorRegistry()
    registry.register(exporter)
    ProcessCollector(registry=registry)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=end_soon, args=(stop,), daemon=True).start()
    try:
        server = Server(settings.metrics.host, settings.metrics.port or PORT, registry, answers(exporter))
    except OSError as error:
        complain(f"{settings.metrics.host}:{settings.metrics.port or PORT}: {error}")
        return 1
    threading.Thread(target=end_when_hung, args=(exporter, stop), daemon=True).start()
    with server:
        log.info("metrics are served", url=server.url)
        while not stop.is_set():
            exporter.refresh()
            stop.wait(exporter.wait())
    return 0


def end_soon(stop: threading.Event, patience: float = SOON) -> None:
    """When asked to stop, end the process after `patience` seconds, also while a Kafka client waits.

    Nothing is lost: the counts and their offsets are saved together after each refresh.
    """
    stop.wait()
    time.sleep(patience)
    os._exit(0)


def end_when_hung(exporter: Exporter, stop: threading.Event, patience: float = HUNG) -> None:
    """End the process, after dumping the traceback of each thread, if the exporter hangs for `patience` seconds."""
    last = -1
    while not stop.wait(patience):
        if exporter.steps == last:
            log.error("exporter hangs; it ends to be started again", seconds=patience)
            faulthandler.dump_traceback()
            os._exit(1)
        last = exporter.steps
