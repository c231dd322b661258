"""Builds the job: `deploy.engine.submit` calls `build` with the path of a settings file."""

import sys
from pathlib import Path

import apache_beam as beam

from pipelines.edges import kafka_edges
from pipelines.news import build as build_news
from schemas.settings import Settings


def build(pipeline: beam.Pipeline, args: list[str]) -> None:
    """Build the job on `pipeline`. `args` is [path of the settings file (JSON)]."""
    settings = Settings.model_validate_json(Path(args[0]).read_text(encoding="utf-8"))
    build_news(pipeline, settings, kafka_edges(settings))


def submit_elsewhere(settings: Settings, beam_options: list[str]) -> int:
    """Submit the job with the given Beam options, to an engine that this program did not start.

    Exit code 1 when the job ended at its start; the reason is printed.
    """
    from deploy.engine.submit import submit

    try:
        submit(lambda pipeline, _: build_news(pipeline, settings, kafka_edges(settings)), beam_options, [])
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
