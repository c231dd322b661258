"""One article after the other judged and written down: what the job's alert step and `borderwire replay` share.

Delivery: an alert is flushed before its ledger entries. A crash between the two, and the replay after it, come to the
same alert id, which the alert topic already holds, and so to one alert.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from pipelines.item import Item, Message
from pipelines.newness.judge import Judgement, Rules, judge
from pipelines.newness.known import Known
from schemas.alert import Alert
from schemas.codec import encode

#: So far may the clocks of those who fetch be ahead of ours.
AHEAD = timedelta(days=1)


class Store(Protocol):
    """Where alerts, ledger entries and tagged articles are kept."""

    def refresh(self, known: Known) -> bool:
        """Feed `known` all that was written since the last call, by whomever; whether there was anything."""

    def write(self, messages: list[Message]) -> None:
        """Write; when this returns, the messages are safe. Raises when they are not."""


class Judging:
    """What is known, the rules, and the store behind them."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self.store, self.rules = store, rules
        self.known = Known()

    def refresh(self) -> bool:
        return self.store.refresh(self.known)

    def judge(self, item: Item) -> tuple[Item, Judgement]:
        """The item with its story, and what of it is new. Changes what is known, writes nothing.

        Raises ValueError for an article that was seen in the future: all stories would be forgotten for it.
        """
        now = datetime.now(UTC)
        if item.tagged.seen > now + AHEAD:
            raise ValueError(f"seen {item.tagged.seen:%Y-%m-%d %H:%M}, which is in the future")
        item = item.with_tagged(story=self.known.story_of(item.tagged))
        return item, judge(item, self.known.ledger, self.rules, now)

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
