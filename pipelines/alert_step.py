"""The only step that raises alerts: every on-topic article passes through it, one after the other.

All items have one key, so one subtask judges them in order. They are few (under 2 % of a day's news), and judging one
takes well under a millisecond. Kafka holds the ledger, the alerts and the stories; this process holds only a copy.
Before each bundle it reads their topics up to the current end. So it does not matter which worker process gets the
bundle, or how old the checkpoint is from which the job resumed.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.coders import StrUtf8Coder
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from pipelines.guard import guard
from pipelines.item import Item, Message, dead_message, outcome_message
from pipelines.newness.judge import Judgement, Rules
from pipelines.newness.judging import Judging, Store
from schemas.codec import decode, encode
from schemas.settings import Settings

KEY = "alerts"
#: If the last refresh is older than this, in seconds, the copy is refreshed again before anything is written: this
#: process may have been paused while another one took over and judged.
PAUSED = 5.0


class Alerting(beam.DoFn):
    """Takes (KEY, encoded item), yields outcomes and dead letters. The store writes alerts and ledger entries."""

    #: The state makes Beam send all elements of the key to one place. Its value is the number of judged items.
    JUDGED = ReadModifyWriteStateSpec("judged", StrUtf8Coder())

    def __init__(self, settings: Settings, make_store: Callable[[Settings], Store]) -> None:
        self.settings = settings
        self.make_store = make_store

    def setup(self) -> None:
        self.judging = Judging(self.make_store(self.settings), Rules.of(self.settings.pipeline))
        self.refreshed = 0.0

    def start_bundle(self) -> None:
        self.current = False

    def process(
        self,
        element: tuple[str, bytes],
        judged: Any = beam.DoFn.StateParam(JUDGED),
    ) -> Iterator[Message]:
        started = time.perf_counter()
        if not self.current:
            self.refresh()
        item = decode(Item, element[1])
        try:
            item, judgement = self.judge(item)
            if time.monotonic() - self.refreshed > PAUSED and self.refresh():
                item, judgement = self.judge(item)
        except Exception as error:  # an error of any kind must cost only this article
            yield dead_message(item.raw, item.tagged.id, "alert", error, element[1], item.tagged.feed)
            return
        self.judging.write(item, judgement)
        judged.write(str(int(judged.read() or 0) + 1))
        item = item.spent("alert", time.perf_counter() - started)
        alerts = tuple(alert.id for alert in judgement.alerts)
        yield outcome_message(item.outcome(judgement.outcome, judgement.reason, alerts, judgement.verdicts))

    def judge(self, item: Item) -> tuple[Item, Judgement]:
        with guard().work(item.raw.key, "alert"):
            return self.judging.judge(item)

    def refresh(self) -> bool:
        """Update the copy up to the end of the topics. Returns whether there was anything new."""
        news = self.judging.refresh()
        self.current, self.refreshed = True, time.monotonic()
        return news


def to_one_key(item: Item) -> tuple[str, bytes]:
    return KEY, encode(item)
