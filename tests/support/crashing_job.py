"""The real job, with a worker that kills itself once between an alert and its ledger entry. For test_crash.py."""

import os
import signal
from functools import partial
from pathlib import Path

import apache_beam as beam

from pipelines.edges import Edges, kafka_edges
from pipelines.newness import snapshots
from pipelines.newness.kafka_store import KafkaStore, with_snapshots
from pipelines.news import build as build_news
from schemas.settings import Settings

# Snapshots are taken often, so that workers are killed while they take one and start with one.
snapshots.RECORDS = 10


class CrashingStore(KafkaStore):
    """Dies by SIGKILL when the first ledger entry is due and the file `crash` is there; the file goes first."""

    def write(self, messages):
        trigger = Path(os.environ["BORDERWIRE_TEST_CRASH"])
        if messages and messages[0][0] == "statements" and trigger.exists():
            trigger.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        super().write(messages)


def build(pipeline: beam.Pipeline, args: list[str]) -> None:
    settings = Settings.model_validate_json(Path(args[0]).read_text(encoding="utf-8"))
    edges = kafka_edges(settings)
    build_news(pipeline, settings, Edges(edges.read, edges.write, partial(with_snapshots, store=CrashingStore)))
