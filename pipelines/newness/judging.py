"""Judges articles one after the other and writes the results; used by the alert step and by `borderwire replay`.

Delivery: an alert is flushed before its ledger entries. After a crash between the two, the replay gives the same alert
id. The alert topic already has it, so the alert is sent only once.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from pipelines.item import Item, Message
from pipelines.newness.judge import Judgement, Rules, judge
from pipelines.newness.known import Known
from schemas.alert import Alert
from schemas.codec import encode

#: How far the clock of a fetcher may be ahead of ours.
AHEAD = timedelta(days=1)


class Store(Protocol):
    """Where alerts, ledger entries and tagged articles are kept."""

    def refresh(self, known: Known) -> bool:
        """Pass to `known` all records written since the last call, by any process. Returns whether there were any."""

    def write(self, messages: list[Message]) -> None:
        """Write the messages durably before returning. Raises when this fails."""


class Judging:
    """Judges items against what is known by the rules, and writes the results to the store."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self.store, self.rules = store, rules
        self.known = Known()

    def refresh(self) -> bool:
        return self.store.refresh(self.known)

    def judge(self, item: Item) -> tuple[Item, Judgement]:
        """The item with its story, and the judgement on it. Changes `known`, writes nothing.

        Raises ValueError for an article seen in the future, because it would make all stories in memory expire.
        """
        now = datetime.now(UTC)
        if item.tagged.seen > now + AHEAD:
            raise ValueError(f"seen {item.tagged.seen:%Y-%m-%d %H:%M}, which is in the future")
        item = item.with_tagged(story=self.known.story_of(item.tagged))
        return item, judge(item, self.known.ledger, self.rules, now)

    def untold(self, judgement: Judgement) -> list[Alert]:
        """The alerts that are not on their topics yet."""
        return [new for alert in judgement.alerts if (new := self.known.ledger.untold(alert))]

    def note(self, alerts: list[Alert]) -> None:
        """Mark alerts as sent."""
        for alert in alerts:
            self.known.ledger.put_alert(alert)

    def write(self, item: Item, judgement: Judgement) -> None:
        """Write the alerts that are not on their topics yet, then the ledger entries and the tagged article."""
        new = self.untold(judgement)
        self.store.write([(f"alerts.{alert.topic}", alert.id, encode(alert)) for alert in new])
        self.note(new)
        entries: list[Message] = [("statements", entry.id, encode(entry)) for entry in judgement.entries]
        self.store.write([*entries, ("articles.tagged", item.tagged.id, encode(item.tagged))])
