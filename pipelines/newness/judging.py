"""One article after the other judged and written down: what the job's alert step and `borderwire replay` share.

Delivery: an alert is flushed before its ledger entries. A crash between the two, and the replay after it, come to the
same alert id, which the alert topic already holds, and so to one alert.
"""
from datetime import UTC, datetime
from typing import Protocol

from pipelines.item import Item, Message
from pipelines.newness.judge import Judgement, Rules, judge
from pipelines.newness.known import Known
from schemas.alert import Alert
from schemas.codec import encode


class Store(Protocol):
    """Where alerts, ledger entries and tagged articles are kept."""

    def refresh(self, known: Known) -> None:
        """Feed `known` all that was written since the last call, by whomever."""

    def write(self, messages: list[Message]) -> None:
        """Write; when this returns, the messages are safe. Raises when they are not."""


class Judging:
    """What is known, the rules, and the store behind them."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self.store, self.rules = store, rules
        self.known = Known()

    def refresh(self) -> None:
        self.store.refresh(self.known)

    def judge(self, item: Item) -> tuple[Item, Judgement]:
        """The item with its story, and what of it is new. Changes what is known, writes nothing."""
        item = item.with_tagged(story=self.known.story_of(item.tagged))
        return item, judge(item, self.known.ledger, self.rules, datetime.now(UTC))

    def untold(self, judgement: Judgement) -> list[Alert]:
        """The alerts that their topics do not hold yet."""
        return [new for alert in judgement.alerts if (new := self.known.ledger.untold(alert))]

    def note(self, alerts: list[Alert]) -> None:
        """Take alerts for told."""
        for alert in alerts:
            self.known.ledger.put_alert(alert)

    def write(self, item: Item, judgement: Judgement) -> None:
        """Alerts that the topic does not hold yet, then what they were drawn from."""
        new = self.untold(judgement)
        self.store.write([(f"alerts.{alert.topic}", alert.id, encode(alert)) for alert in new])
        self.note(new)
        entries: list[Message] = [("statements", entry.id, encode(entry)) for entry in judgement.entries]
        self.store.write([*entries, ("articles.tagged", item.tagged.id, encode(item.tagged))])
