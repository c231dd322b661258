"""`borderwire run`: everything on one machine, until it is stopped."""
import time
from collections.abc import Callable, Iterable, Sequence

import structlog
from kafka.errors import KafkaError

from connectors.delivery.routes import load_routes
from connectors.errors import ConnectorError, WrongPartitions
from connectors.feeds.feedlist import dump_feeds, load_feeds
from connectors.kafka_topics import ensure_topics, require_partitions
from deploy.engine.fallback import Incompatible
from deploy.engine.flink_rest import FlinkError
from deploy.jars.download import DownloadError
from deploy.machine.command import Command
from deploy.machine.data_directory import AlreadyRunning, WrongLayout
from deploy.machine.heartbeat import Beat, written
from deploy.machine.instance import write_settings
from deploy.machine.ports import Ports, free
from deploy.machine.process import ProcessError
from deploy.machine.restarts import KeepsFailing
from deploy.machine.signals import stop_on_signals
from deploy.machine.systemd import notify
from deploy.metrics.tally import Tally
from deploy.supervise.stop import take_request, write_result
from deploy.supervise.supervisor import Stack
from deploy.supervise.watch import Watch
from schemas.alert import Alert
from schemas.feed import Feed
from schemas.settings import Settings

#: Feeds are polled as soon as the job works, or after this many seconds all the same: Kafka keeps what comes.
PATIENCE = 60
#: Seconds between two looks at the parts.
CHECK = 2.0
#: Seconds without a sign of life after which a part is started anew, and how many until its first: Kafka may have to
#: mend its logs after a crash, the job has to read the ledger.
KAFKA_PATIENCE = (30.0, 300.0)
JOB_PATIENCE = (50.0, 240.0)
PART_PATIENCE = (45.0, 120.0)

log = structlog.get_logger()
#: Starting again would not help: the settings, or what is in the data directory, have to be changed first.
MISTAKES = (Incompatible, WrongLayout, WrongPartitions)
FAILURES = (
    AlreadyRunning,
    ConnectorError,
    DownloadError,
    Incompatible,
    KafkaError,
    KeepsFailing,
    OSError,
    ProcessError,
    WrongLayout,
)


def run(settings: Settings, until_idle: float | None = None, rebuild: bool = False) -> int:
    """Run until SIGINT or SIGTERM, or until nothing came for `until_idle` seconds.

    `rebuild` leaves the job's state behind. Exit code 1 when it had to give up, 2 when it cannot start as it was asked
    to; the last line says why.
    """
    if settings.feeds is None:
        log.error("stopped", reason="no feed list: name one with --feeds, such as deploy/feeds.yaml")
        return 2
    try:
        if settings.routes:
            load_routes(settings.routes, settings.pipeline.alert_topics)  # a mistake is told now
        tally = run_everything(settings, load_feeds(settings.feeds), until_idle, rebuild=rebuild)
    except FAILURES as error:
        log.error("stopped", reason=f"{type(error).__name__}: {error}")
        return 2 if isinstance(error, MISTAKES) else 1
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
    rebuild: bool = False,
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
        require_partitions(settings.kafka)
        files = settings.data.absolute() / "run"
        (files / "feeds.yaml").write_text(dump_feeds(feeds), encoding="utf-8")
        settings = settings.model_copy(update={"feeds": files / "feeds.yaml"})
        settings = with_page_port(with_metrics_port(settings, stack.ports), stack.ports)
        path = write_settings(settings, files / "settings.json")
        watch = Watch(settings, len(feeds), until_idle, phases, on_alert, busy)
        keeper = stack.submit("deploy.engine.job:build", [str(path)], rebuild=rebuild)
        watch.start()
        stack.watch_over(Beat(lambda: watch.answers, *KAFKA_PATIENCE), Beat(lambda: watch.ticked, *JOB_PATIENCE))
        stack.metrics = f"http://{settings.metrics.host}:{settings.metrics.port}"
        stack.add(Command("metrics", settings.data, path), Beat(written(files / "metrics.beat"), *PART_PATIENCE))
        if settings.page.port:
            stack.add(Command("page", settings.data, path), Beat(written(files / "page.beat"), *PART_PATIENCE))
        if settings.routes:
            stack.add(Command("deliver", settings.data, path), Beat(written(files / "deliver.beat"), *PART_PATIENCE))
        log.info(
            "running",
            data=str(settings.data),
            kafka=stack.bootstrap_servers,
            feeds=len(feeds),
            metrics=stack.metrics,
            page=f"http://{settings.page.host}:{settings.page.port}/" if settings.page.port else None,
        )
        notify("READY=1")
        connectors: Command | None = None
        started = time.monotonic()
        while not (stop.is_set() or watch.done.is_set()):
            stack.check()
            notify("WATCHDOG=1")
            late = time.monotonic() - started > PATIENCE
            if connectors is None and (late or keeper.checkpoints and keeper.checkpoints.completed):
                connectors = Command("connectors", settings.data, path, "poll")
                stack.add(connectors, Beat(written(settings.data / "connectors.json"), *PART_PATIENCE))
            stop.wait(CHECK)
        log.info("stopping")
        notify("STOPPING=1")
        if take_request(settings.data):
            take_savepoint(stack)
    finally:
        if watch:
            watch.end()
        stack.stop()
    return watch.tally


def take_savepoint(stack: Stack) -> None:
    """Have the job stop with a savepoint, and leave word of it for `borderwire stop`."""
    try:
        path = stack.savepoint()
    except FlinkError as error:
        log.error("no savepoint was taken", reason=str(error))
        write_result(stack.data, None, str(error))
    else:
        log.info("savepoint taken", path=str(path))
        write_result(stack.data, path)


def with_kafka(settings: Settings, bootstrap_servers: str) -> Settings:
    kafka = settings.kafka.model_copy(update={"bootstrap_servers": bootstrap_servers})
    return settings.model_copy(update={"kafka": kafka})


def with_metrics_port(settings: Settings, ports: Ports) -> Settings:
    metrics = settings.metrics.model_copy(update={"port": settings.metrics.port or ports.get("metrics")})
    return settings.model_copy(update={"metrics": metrics})


def with_page_port(settings: Settings, ports: Ports) -> Settings:
    """Settings whose page has a free port: the configured one, else one that is kept from run to run."""
    page = settings.page
    if page.port and not free(page.port):
        page = page.model_copy(update={"port": ports.get("page")})
        log.warning("the page's port is taken", port=settings.page.port, instead=page.port)
    return settings.model_copy(update={"page": page})
