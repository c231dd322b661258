"""Hands a Beam job to the job server and ends: `python -m deploy.submit MODULE:FUNCTION BEAM-ARGS -- ARGS`.

FUNCTION gets the `beam.Pipeline` to build on and the list ARGS. The job runs in the engine and in the worker pool, so
nothing depends on this process once it said so. Exit status 0 when Flink runs the job, 1 with the reason otherwise.
"""
import importlib
import logging
import sys
import time
from collections.abc import Callable

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState

Build = Callable[[beam.Pipeline, list[str]], object]
TIMEOUT = 60


def load(target: str) -> Build:
    """The function that "package.module:function" names."""
    module, _, name = target.partition(":")
    function: Build = getattr(importlib.import_module(module), name)
    return function


def submit(build: Build, beam_args: list[str], args: list[str]) -> None:
    """Submit the job and return when it is RUNNING. Raises RuntimeError, with Flink's words, when it ends instead."""
    pipeline = beam.Pipeline(options=PipelineOptions(beam_args, save_main_session=False))
    build(pipeline, args)
    result = pipeline.run()
    deadline = time.monotonic() + TIMEOUT
    while (state := result.state) != PipelineState.RUNNING:
        if PipelineState.is_terminal(state):
            result.wait_until_finish()
        if time.monotonic() > deadline:
            raise RuntimeError(f"the job is {state} after {TIMEOUT} s")
        time.sleep(0.1)


def main() -> int:
    # Beam warns of each option that only the job server knows.
    logging.disable(logging.WARNING)
    target, *rest = sys.argv[1:]
    split = rest.index("--") if "--" in rest else len(rest)
    try:
        submit(load(target), rest[:split], rest[split + 1 :])
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
