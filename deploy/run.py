"""`borderwire run`: everything on one machine, until it is stopped."""
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from types import FrameType

import structlog

from connectors.errors import ConnectorError
from connectors.feedlist import dump_feeds, load_feeds
from connectors.kafka import ensure_topics
from deploy.connect import Connectors
from deploy.download import DownloadError
from deploy.job import write_settings
from deploy.jobkeeper import Incompatible
from deploy.metrics import Metrics
from deploy.ports import Ports
from deploy.process import ProcessError
from deploy.restarts import KeepsFailing
from deploy.stack import AlreadyRunning, Stack
from deploy.tally import Tally
from deploy.watch import Watch
from schemas.alert import Alert
from schemas.feed import Feed
from schemas.settings import Settings

#: Feeds are polled as soon as the job works, or after this many seconds all the same: Kafka keeps what comes.
PATIENCE = 60

log = structlog.get_logger()
FAILURES = (AlreadyRunning, ConnectorError, DownloadError, Incompatible, KeepsFailing, OSError, ProcessError)


def run(settings: Settings, until_idle: float | None = None) -> int:
    """Run until SIGINT or SIGTERM, or until nothing came for `until_idle` seconds.

    Exit code 1 when it had to give up, 2 when it cannot start as it was asked to; the last line says why.
    """
    if settings.feeds is None:
        log.error("stopped", reason="no feed list: name one with --feeds, such as deploy/feeds.yaml")
        return 2
    try:
        tally = run_everything(settings, load_feeds(settings.feeds), until_idle)
    except FAILURES as error:
        log.error("stopped", reason=f"{type(error).__name__}: {error}")
        return 1
    if until_idle is not None:
        for name, figure in tally.lines():
            print(f"{name:24} {figure}")
    return 0


def run_everything(
    settings: Settings,
    feeds: Sequence[Feed],
    until_idle: float | None = None,
    phases: Iterable[Callable[[], object]] = (),
    on_alert: Callable[[Alert], object] | None = None,
    busy: Callable[[], bool] = lambda: False,
) -> Tally:
    """Start broker, engine, job and connectors; watch over them until a signal or until idle; stop them all.

    `phases`, `on_alert` and `busy` are those of `Watch`. Returns what was counted. Raises what `Stack` raises.
    """
    stop = stop_on_signals()
    stack = Stack(settings)
    watch = None
    try:
        stack.start()
        settings = with_kafka(settings, stack.bootstrap_servers)
        ensure_topics(settings)
        files = settings.data.absolute() / "run"
        (files / "feeds.yaml").write_text(dump_feeds(feeds), encoding="utf-8")
        settings = settings.model_copy(update={"feeds": files / "feeds.yaml"})
        settings = with_metrics_port(settings, stack.ports)
        path = write_settings(settings, files / "settings.json")
        watch = Watch(settings, len(feeds), until_idle, phases, on_alert, busy)
        keeper = stack.submit("deploy.job:build", [str(path)])
        watch.start()
        stack.add(Metrics(settings.data, path))
        metrics = f"http://{settings.metrics.host}:{settings.metrics.port}/metrics"
        log.info(
            "running", data=str(settings.data), kafka=stack.bootstrap_servers, feeds=len(feeds), metrics=metrics
        )
        connectors = Connectors(settings.data, path)
        started = time.monotonic()
        while not (stop.is_set() or watch.done.is_set()):
            stack.check()
            late = time.monotonic() - started > PATIENCE
            if connectors.process.pid is None and (late or keeper.checkpoints and keeper.checkpoints.completed):
                stack.add(connectors)
            time.sleep(0.5)
        log.info("stopping")
    finally:
        if watch:
            watch.end()
        stack.stop()
    return watch.tally


def with_kafka(settings: Settings, bootstrap_servers: str) -> Settings:
    kafka = settings.kafka.model_copy(update={"bootstrap_servers": bootstrap_servers})
    return settings.model_copy(update={"kafka": kafka})


def with_metrics_port(settings: Settings, ports: Ports) -> Settings:
    metrics = settings.metrics.model_copy(update={"port": settings.metrics.port or ports.get("metrics")})
    return settings.model_copy(update={"metrics": metrics})


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return stop
