"""The real job, with a clean step that hangs, grows or dies in native code where an article says so. For
hostile_records.py."""

import os
import re
import signal
from functools import partial
from pathlib import Path

import apache_beam as beam

from pipelines import news, pure_steps
from pipelines.edges import kafka_edges
from pipelines.item import Item
from schemas.outcome import Outcome, RawRef
from schemas.settings import Settings


def clean(original: object, ref: RawRef, data: bytes) -> Item | Outcome:
    if b"HANG-HERE" in data:
        re.match(r"(?:a+)+b", "a" * 60)  # for years, and no other thread of Python may run meanwhile
    if b"GROW-HERE" in data:
        held = []
        while True:
            held.append(b"x" * 50_000_000)
    if b"DIE-HERE" in data:
        os.kill(os.getpid(), signal.SIGSEGV)
    return original(ref, data)  # type: ignore[operator]


def build(pipeline: beam.Pipeline, args: list[str]) -> None:
    settings = Settings.model_validate_json(Path(args[0]).read_text(encoding="utf-8"))
    with_poison = partial(clean, pure_steps.clean)
    news.clean = with_poison  # type: ignore[assignment]
    news.build(pipeline, settings, kafka_edges(settings))
