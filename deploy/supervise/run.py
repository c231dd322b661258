"""`borderwire run`: runs everything on one machine until it is stopped."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

import structlog

from connectors.feeds.feedlist import listed, load_feeds
from connectors.kafka_topics import ensure_topics, require_partitions
from deploy.engine.flink_rest import FlinkError
from deploy.errors import stopped_by
from deploy.machine.command import Command
from deploy.machine.heartbeat import Beat, written
from deploy.machine.signals import on_hangup, stop_on_signals
from deploy.machine.systemd import notify
from deploy.metrics.tally import Tally
from deploy.supervise.running_files import RunningFiles
from deploy.supervise.stop import take_request, write_result
from deploy.supervise.supervisor import FETCHES, Stack
from deploy.supervise.watch import Watch
from schemas.alert import Alert
from schemas.feed import Feed
from schemas.settings import Settings

#: Polling starts when every task of the job has run, or after this many seconds if not: Kafka keeps the records.
PATIENCE = 60
#: Exporter, page and delivery start with the job's first checkpoint, or after this many seconds without one: before,
#: they would slow down the job's start.
OTHERS = 20
#: Seconds between two checks of the parts; the second is used until the first checkpoint.
CHECK, AT_FIRST = 2.0, 0.5
#: (seconds without a heartbeat after which a part is restarted, seconds allowed until its first heartbeat). The first
#: takes longer: Kafka may have to recover its logs after a crash, the job has to read the ledger.
KAFKA_PATIENCE = (30.0, 300.0)
JOB_PATIENCE = (50.0, 240.0)
PART_PATIENCE = (45.0, 120.0)

log = structlog.get_logger()


def run(settings: Settings, until_idle: float | None = None, rebuild: bool = False) -> int:
    """Run until SIGINT or SIGTERM, or until no new record came for `until_idle` seconds.

    `rebuild` starts the job without its earlier state. Exit code 1 when a part or the job failed too often, 2 when it
    cannot start with these settings or this data. The last log line gives the reason.
    """
    log.info("starting")
    try:
        feeds = load_feeds(listed(settings.feeds))
        check_delivery(settings)
        settings.kafka.client_options()  # reads the password: a mistake is reported before anything starts
        tally = run_everything(settings, feeds, until_idle, rebuild=rebuild)
    except Exception as error:
        return stopped_by(error)
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
    """Start broker, engine, job and connectors; supervise them until a signal or until idle; stop them all.

    `phases`, `on_alert` and `busy` are passed to `Watch`. Returns the counts of the run. Raises what `Stack` raises.
    """
    stop, again = stop_on_signals(), on_hangup()
    stack = Stack.open(settings, feeds)
    try:
        stack.start(lambda: stack.submit("deploy.engine.job:build", [str(stack.settings_file)], rebuild=rebuild))
        ensure_topics(stack.settings)
        require_partitions(stack.settings.kafka)
        log.info("topics are ready")
        watch = Watch(stack.settings, len(feeds), until_idle, phases, on_alert, busy)
        try:
            supervise(stack, watch, stop, RunningFiles(settings.feeds, stack.settings), again)
        finally:
            watch.end()
    finally:
        stack.stop()
    return watch.tally


def supervise(stack: Stack, watch: Watch, stop: threading.Event, files: RunningFiles, again: threading.Event) -> None:
    """Add the other parts, and keep the job and all parts running until `stop`, or until `watch` is done.

    Polling starts when every task of the job has run, or after PATIENCE. Changed files are taken up; `again` makes
    `files` read them at once. Raises what `Stack.check` raises.
    """
    settings, path = stack.settings, stack.settings_file
    watch.start()
    stack.watch_over(Beat(lambda: watch.answers, *KAFKA_PATIENCE), Beat(lambda: watch.ticked, *JOB_PATIENCE))
    others = commands_of(settings)
    stack.expected = frozenset((*others, FETCHES))
    log.info(
        "running",
        data=str(settings.data),
        kafka=stack.bootstrap_servers,
        feeds=watch.feeds,
        metrics=f"http://{settings.metrics.host}:{settings.metrics.port}",
        page=f"http://{settings.page.host}:{settings.page.port}/" if settings.page.port else None,
    )
    notify("READY=1")
    polling, waiting, archiving, started = False, True, False, time.monotonic()
    while not (stop.is_set() or watch.done.is_set()):
        stack.check()
        if asked := again.is_set():
            again.clear()
        if (feeds := files.look(asked)) is not None:
            watch.feeds = len(feeds)
        notify("WATCHDOG=1")
        passed = time.monotonic() - started
        if waiting and (passed > OTHERS or stack.checkpointed()):
            waiting = False
            for name in others:
                beat = Beat(written(settings.data / "run" / f"{name}.beat"), *PART_PATIENCE)
                stack.add(Command(name, settings.data, path), beat, vital=False)
        if not polling and (passed > PATIENCE or stack.job_tasks_ran()):
            polling = True
            beat = Beat(written(settings.data / "connectors.json"), *PART_PATIENCE)
            stack.add(Command(FETCHES, settings.data, path, "poll"), beat)
        if not archiving and (passed > PATIENCE or stack.checkpointed()):
            archiving = True
            stack.make_class_data()
        stop.wait(CHECK if archiving else AT_FIRST)
    log.info("stopping")
    notify("STOPPING=1")
    if take_request(settings.data):
        take_savepoint(stack)


def check_delivery(settings: Settings) -> None:
    """Raises BadRoutes or NoSecret if the routes or the key for links cannot be used."""
    if settings.routes or settings.page.links_key:
        from connectors.delivery.routes import key_of, load_routes  # its libraries take a second

        if settings.routes:
            load_routes(settings.routes, settings.pipeline.alert_topics)
        if settings.page.links_key:
            key_of(settings)


def take_savepoint(stack: Stack) -> None:
    """Stop the job with a savepoint, and write the result for `borderwire stop`."""
    try:
        path = stack.savepoint()
    except FlinkError as error:
        log.error("no savepoint was taken", reason=str(error))
        write_result(stack.data, None, str(error))
    else:
        log.info("savepoint taken", path=str(path))
        write_result(stack.data, path)


def commands_of(settings: Settings) -> list[str]:
    """The commands to run besides the connectors: the exporter always, page and delivery if configured."""
    wanted = {"metrics": True, "page": settings.page.port, "deliver": settings.routes}
    return [name for name, yes in wanted.items() if yes]
