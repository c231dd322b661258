"""`borderwire pipeline --keep`: submits the job to a Flink cluster and keeps it running there until stopped."""

import threading
import time

import structlog

from connectors.kafka_topics import ensure_topics, require_partitions
from deploy.engine.beam_options import beam_args
from deploy.engine.job_keeper import JobKeeper
from deploy.engine.job_server import LOCAL, JobServer
from deploy.errors import stopped_by
from deploy.jars.cache import fetch
from deploy.machine.instance import write_settings
from deploy.machine.ports import Ports
from deploy.machine.process import wait_ready
from deploy.machine.restarts import Restarts
from deploy.machine.signals import stop_on_signals
from schemas.settings import Settings

#: Seconds without a completed checkpoint after which the job is submitted again. Long enough for the cluster to replace
#: a lost task manager first.
STALL = 120.0

log = structlog.get_logger()


def keep(settings: Settings, worker_pool: str, ship_jars: bool = False) -> int:
    """Run the job server and keep the job running until SIGINT or SIGTERM. The job then stays on the cluster.

    `worker_pool` is host:port of the SDK worker pool as each task manager sees it. The directory `flink` under the
    data directory must be shared by the job manager, the task managers and this process: it holds the checkpoints.
    `ship_jars`: the cluster is a plain Flink, without the job server's jars on its class path.
    Exit code 1 when it had to give up, 2 when starting again would not help. The last log line gives the reason.
    """
    if settings.pipeline.flink_master == LOCAL:
        log.error("stopped", reason="pipeline.flink_master is [local]: set it to host:port of the job manager's REST")
        return 2
    try:
        keep_until_stopped(settings, worker_pool, ship_jars)
    except Exception as error:
        return stopped_by(error)
    return 0


def keep_until_stopped(settings: Settings, worker_pool: str, ship_jars: bool) -> None:
    stop = stop_on_signals()
    data = settings.data.absolute()
    ensure_topics(settings)
    require_partitions(settings.kafka)
    jars = fetch(sets=("flink",))["flink"]
    server = JobServer(data, jars, Ports(data / "ports.json"), settings.pipeline.flink_master, heap_mb=256)
    restarts = Restarts(server.name)
    path = write_settings(settings, data / "run" / "settings.json")
    options = beam_args(settings, server.endpoint, worker_pool, None)
    if not ship_jars:
        # Name one jar: with no list, Beam sends every jar (200 MB) to the job manager at each submission.
        options.append(f"--files_to_stage={jars[1]}")
    keeper = JobKeeper(server, data / "logs" / "submit.log", options, "deploy.engine.job:build", [str(path)], STALL)
    server.start()
    try:
        wait_ready(server)
        while not stop.wait(1):
            (data / "run" / "keeper.beat").touch()
            if not server.alive():
                _again(server, restarts, stop, server.process.ending())
                server.start()
            if reason := keeper.check(lambda: server.ready() and server.rest.answers()):
                _again(server, restarts, stop, reason)
                keeper.engine_ended(reason)
    finally:
        keeper.client.stop(1)
        server.stop()


def _again(server: JobServer, restarts: Restarts, stop: threading.Event, reason: str) -> None:
    """Log the reason and wait for the back-off. Raises KeepsFailing after too many failures."""
    now = time.monotonic()
    pause = restarts.ended(now, reason) - now
    log.warning("starting again", part=server.name, reason=reason, seconds=round(pause, 1))
    stop.wait(max(0.0, pause))
