"""The one place where alerts are raised: every on-topic article passes here, one after the other.

All items have one key, so one subtask judges them in order; they are few (under 2 % of a day's news), and judging one
costs well under a millisecond. What is known lives in Kafka and is only mirrored in memory: before each bundle the
ledger, the alerts and the stories are read up to the end they then have, so it does not matter which worker process
gets the bundle, nor how old the checkpoint is that the job resumed from.

Delivery: an alert is flushed before its ledger entries. A crash between the two, and the replay after it, come to the
same alert id, which the alert topic already holds, and so to one alert.
"""
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

import apache_beam as beam
from apache_beam.coders import StrUtf8Coder
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from pipelines.item import Item, Message, dead_message, outcome_message
from pipelines.judge import Judgement, Rules, judge
from pipelines.known import Known
from schemas.codec import decode, encode
from schemas.settings import Settings

KEY = "alerts"
#: Seconds after which what is known is read again before anything is written: this process may have been paused, and a
#: successor may have judged meanwhile.
PAUSED = 5.0


class Store(Protocol):
    """Where alerts, ledger entries and tagged articles are kept."""

    def refresh(self, known: Known) -> None:
        """Feed `known` all that was written since the last call, by whomever."""

    def write(self, messages: list[Message]) -> None:
        """Write; when this returns, the messages are safe. Raises when they are not."""


class Alerting(beam.DoFn):
    """(KEY, item as bytes) in; outcomes and dead letters out. Writes alerts and ledger through the store."""

    #: A stateful DoFn gets all of one key's elements in one place; the state itself counts what was judged.
    JUDGED = ReadModifyWriteStateSpec("judged", StrUtf8Coder())

    def __init__(self, settings: Settings, make_store: Callable[[Settings], Store]) -> None:
        self.settings = settings
        self.make_store = make_store
        self.rules = Rules.of(settings.pipeline)

    def setup(self) -> None:
        self.store = self.make_store(self.settings)
        self.known = Known()
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
            if time.monotonic() - self.refreshed > PAUSED:
                self.refresh()
                item, judgement = self.judge(item)
        except Exception as error:  # whatever an article provokes costs this article only
            yield dead_message(item.raw, item.tagged.id, "alert", error, element[1], item.tagged.feed)
            return
        self.write(item, judgement)
        judged.write(str(int(judged.read() or 0) + 1))
        item = item.spent("alert", time.perf_counter() - started)
        alerts = tuple(alert.id for alert in judgement.alerts)
        yield outcome_message(item.outcome(judgement.outcome, judgement.reason, alerts, judgement.verdicts))

    def refresh(self) -> None:
        self.store.refresh(self.known)
        self.current, self.refreshed = True, time.monotonic()

    def judge(self, item: Item) -> tuple[Item, Judgement]:
        item = item.with_tagged(story=self.known.story_of(item.tagged))
        return item, judge(item, self.known.ledger, self.rules, datetime.now(UTC))

    def write(self, item: Item, judgement: Judgement) -> None:
        """Alerts that the topic does not hold yet, then what they were drawn from."""
        new = [a for a in judgement.alerts if (a.topic, a.id) not in self.known.ledger.alert_ids]
        self.store.write([(f"alerts.{alert.topic}", alert.id, encode(alert)) for alert in new])
        for alert in new:
            self.known.ledger.put_alert(alert)
        entries: list[Message] = [("statements", entry.id, encode(entry)) for entry in judgement.entries]
        self.store.write([*entries, ("articles.tagged", item.tagged.id, encode(item.tagged))])


def to_one_key(item: Item) -> tuple[str, bytes]:
    return KEY, encode(item)


