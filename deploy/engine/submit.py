"""Submits a Beam job to the job server: `python -m deploy.engine.submit MODULE:FUNCTION BEAM-OPTIONS -- ARGS`.

FUNCTION gets the `beam.Pipeline` to build on and the list ARGS. With --wait, the job is built at once and submitted
when a line comes on standard input. This process ends when the job runs: the job then runs in the engine and the worker
pool. Exit status 0 when Flink runs the job, 1 with the reason on stderr otherwise.
"""

import argparse
import importlib
import logging
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from deploy import logs
from deploy.engine.flink_rest import FlinkError, FlinkRest
from deploy.engine.lean_beam import import_beam
from schemas.lean_imports import unused

if TYPE_CHECKING:
    import apache_beam as beam

Build = Callable[["beam.Pipeline", list[str]], object]
TIMEOUT = 90
#: Seconds to wait for the messages of a job that ended. The streams of the job server do not always end with the job.
LAST_MESSAGES = 15
#: Modules that the steps of the job call when they run, in the workers. The graph names the steps only, so this process
#: imports the steps without them, which saves a third of its processor time.
FOR_WORKERS = (
    *("kafka", "kafka.errors", "kafka.structs"),
    *(f"schemas.kafka.{name}" for name in ("clients", "record_batches", "sound_consumer", "topic_tail")),
    "pipelines.clean.article",
    "pipelines.statements",
)

log = structlog.get_logger()


def load_target(target: str) -> Build:
    """The function that "package.module:function" names."""
    module, _, name = target.partition(":")
    function: Build = getattr(importlib.import_module(module), name)
    return function


def submit(
    build: Build,
    beam_args: list[str],
    args: list[str],
    rest: str | None = None,
    wait: Callable[[], object] = lambda: None,
) -> None:
    """Build the job, call `wait`, submit the job, and return when it runs. Raises RuntimeError when it ends instead
    (with Flink's error), or does not run within TIMEOUT seconds.

    Beam calls a job RUNNING before Flink has read the checkpoint it starts from. With `rest`, the URL of Flink's REST
    API, this also waits until Flink says that it runs.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.runners.runner import PipelineState

    pipeline = beam.Pipeline(options=PipelineOptions(beam_args, save_main_session=False))
    build(pipeline, args)
    log.info("job graph is built")
    wait()
    result = pipeline.run()
    log.info("job is handed over")
    flink = FlinkRest(rest) if rest else None
    deadline = time.monotonic() + TIMEOUT
    while not (result.state == PipelineState.RUNNING and (flink is None or _runs(flink))):
        if PipelineState.is_terminal(result.state):
            ended = result.wait_until_finish(LAST_MESSAGES * 1000)
            raise RuntimeError(f"the job ended before it ran: {ended}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the job does not run after {TIMEOUT} s")
        time.sleep(0.2)


def wait_for_line() -> None:
    """Return when a line came on standard input. Raises RuntimeError when it ends without one."""
    if not sys.stdin.readline():
        raise RuntimeError("the job is not wanted any more")


def _runs(flink: FlinkRest) -> bool:
    try:
        return any(job.state in ("RUNNING", "RESTARTING") for job in flink.jobs())
    except FlinkError:
        return False


def main() -> int:
    import_beam()
    # Beam logs a warning for each option that only the job server knows.
    logging.disable(logging.WARNING)
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--rest")
    parser.add_argument("--wait", action="store_true")
    ours, rest = parser.parse_known_args(sys.argv[1:])
    split = rest.index("--") if "--" in rest else len(rest)
    try:
        wait = wait_for_line if ours.wait else lambda: None
        with unused(*FOR_WORKERS):
            build = load_target(ours.target)
        submit(build, rest[:split], rest[split + 1 :], ours.rest, wait)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
