"""The one place where alerts are raised: every on-topic article passes here, one after the other.

All items have one key, so one subtask judges them in order; they are few (under 2 % of a day's news), and judging one
costs well under a millisecond. What is known lives in Kafka and is only mirrored in memory: before each bundle the
ledger, the alerts and the stories are read up to the end they then have, so it does not matter which worker process
gets the bundle, nor how old the checkpoint is that the job resumed from.
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
#: Seconds after which what is known is read again before anything is written: this process may have been paused, and a
#: successor may have judged meanwhile.
PAUSED = 5.0


class Alerting(beam.DoFn):
    """(KEY, item as bytes) in; outcomes and dead letters out. Writes alerts and ledger through the store."""

    #: A stateful DoFn gets all of one key's elements in one place; the state itself counts what was judged.
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
        except Exception as error:  # whatever an article provokes costs this article only
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
        """Read what is known to its end; whether there was anything new."""
        news = self.judging.refresh()
        self.current, self.refreshed = True, time.monotonic()
        return news


def to_one_key(item: Item) -> tuple[str, bytes]:
    return KEY, encode(item)
