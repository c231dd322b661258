"""Wraps a pure function as a step of the job. An exception becomes a dead letter; a final result is an outcome."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
import structlog

from pipelines.guard import guard
from pipelines.item import Item, dead_message, outcome_message
from schemas.codec import encode
from schemas.outcome import Outcome, RawRef

#: The side output that goes straight to the writer.
DONE = "done"

log = structlog.get_logger()


class Step(beam.DoFn):
    """Takes and yields items. An item that ends here goes to `DONE` as an outcome, a failing one as a dead letter.

    `function` takes an Item and returns an Item or an Outcome. Delivery: no side effects, so a replay is safe.
    """

    def __init__(self, name: str, function: Callable[[Item], Item | Outcome]) -> None:
        self.name = name
        self.function = function

    def process(self, item: Item) -> Iterator[Any]:
        started = time.perf_counter()
        try:
            with guard().work(item.raw.key, self.name):
                result = self.function(item)
        except Exception as error:  # an error of any kind must cost only this page
            tagged = item.tagged
            dead = dead_message(item.raw, tagged.id, self.name, error, encode(item), tagged.feed)
            yield beam.pvalue.TaggedOutput(DONE, dead)
            return
        result = result.spent(self.name, time.perf_counter() - started)
        yield beam.pvalue.TaggedOutput(DONE, outcome_message(result)) if isinstance(result, Outcome) else result


class Decode(beam.DoFn):
    """Takes (RawRef, bytes, key) and yields items with clean text. An error becomes a dead letter, as in `Step`.

    `function` takes the first two and returns an Item or an Outcome. `warm_up` is called once when an instance of this
    step is set up, before its first record.
    """

    def __init__(self, function: Callable[[RawRef, bytes], Item | Outcome], warm_up: Callable[[], object]) -> None:
        self.function = function
        self.warm_up = warm_up

    def setup(self) -> None:
        started = time.perf_counter()
        self.warm_up()
        log.info("models are loaded", seconds=round(time.perf_counter() - started, 2))

    def process(self, record: tuple[RawRef, bytes, str | None]) -> Iterator[Any]:
        raw, data, key = record
        started = time.perf_counter()
        try:
            with guard().work(raw.key, "clean"):
                result = self.function(raw, data)
        except Exception as error:  # an error of any kind must cost only this record
            yield beam.pvalue.TaggedOutput(DONE, dead_message(raw, key, "clean", error, data))
            return
        result = result.spent("clean", time.perf_counter() - started)
        yield beam.pvalue.TaggedOutput(DONE, outcome_message(result)) if isinstance(result, Outcome) else result


def by_article(item: Item) -> tuple[str, bytes]:
    return item.tagged.id, encode(item)
