"""Submits a Beam job to the job server: `python -m deploy.engine.submit MODULE:FUNCTION BEAM-OPTIONS -- ARGS`.

FUNCTION gets the `beam.Pipeline` to build on and the list ARGS. This process ends when the job runs: the job then runs
in the engine and the worker pool. Exit status 0 when Flink runs the job, 1 with the reason on stderr otherwise.
"""

import argparse
import importlib
import logging
import sys
import time
from collections.abc import Callable

import apache_beam as beam
import structlog
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState

from deploy import logs
from deploy.engine.flink_rest import FlinkError, FlinkRest

Build = Callable[[beam.Pipeline, list[str]], object]
TIMEOUT = 90
#: Seconds to wait for the messages of a job that ended. The streams of the job server do not always end with the job.
LAST_MESSAGES = 15

log = structlog.get_logger()


def load_target(target: str) -> Build:
    """The function that "package.module:function" names."""
    module, _, name = target.partition(":")
    function: Build = getattr(importlib.import_module(module), name)
    return function


def submit(build: Build, beam_args: list[str], args: list[str], rest: str | None = None) -> None:
    """Submit the job and return when it runs. Raises RuntimeError when it ends instead (with Flink's error), or does
    not run within TIMEOUT seconds.

    Beam calls a job RUNNING before Flink has read the checkpoint it starts from. With `rest`, the URL of Flink's REST
    API, this also waits until Flink says that it runs.
    """
    pipeline = beam.Pipeline(options=PipelineOptions(beam_args, save_main_session=False))
    build(pipeline, args)
    log.info("job graph is built")
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


def _runs(flink: FlinkRest) -> bool:
    try:
        return any(job.state in ("RUNNING", "RESTARTING") for job in flink.jobs())
    except FlinkError:
        return False


def main() -> int:
    # Beam logs a warning for each option that only the job server knows.
    logging.disable(logging.WARNING)
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--rest")
    ours, rest = parser.parse_known_args(sys.argv[1:])
    split = rest.index("--") if "--" in rest else len(rest)
    try:
        submit(load_target(ours.target), rest[:split], rest[split + 1 :], ours.rest)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
