"""Readers' feedback on an alert: it is wrong, or they want no more alerts of its story."""

from collections.abc import Mapping
from typing import Literal

from schemas.alert import Alert
from schemas.base import Record, Time

Verdict = Literal["wrong", "mute"]
Fault = Literal["speaker", "topic", "no-statement"]
Judgement = Literal["wrong", "wrong-speaker", "wrong-topic", "no-statement", "mute"]
#: What a reader can say of an alert → verdict and fault of the mark.
JUDGEMENTS: Mapping[Judgement, tuple[Verdict, Fault | None]] = {
    "wrong": ("wrong", None),
    "wrong-speaker": ("wrong", "speaker"),
    "wrong-topic": ("wrong", "topic"),
    "no-statement": ("wrong", "no-statement"),
    "mute": ("mute", None),
}


class Mark(Record):
    """Topic `marks`, compacted, key: alert id. A tombstone removes a mark.

    wrong: the alert should not have been raised. It is not delivered any more, and serves as an example. mute: nothing
    more of this alert's story is delivered (or of this alert, if it has no story). `alert` is a copy of the whole
    alert, so that the example is kept longer than the retention of the alert topic.
    """

    id: str
    """The alert's id."""
    verdict: Verdict
    """What the reader says of it."""
    fault: Fault | None = None
    """What is wrong with it: somebody else said it, it is not on the topic, or it is not a statement; null when the
    reader does not say, and in records of older versions."""
    story: str | None = None
    """Id of the alert's story; null when it has none."""
    note: str = ""
    """What the reader adds; may be empty."""
    reader: str | None = None
    """Who marked it, where a proxy in front of the page says so; `link of ROUTE` where a link in a message was used;
    null otherwise, and in records of older versions."""
    alert: Alert
    """The alert as it was."""
    at: Time
    """When it was marked."""

    @property
    def judgement(self) -> Judgement:
        """Verdict and fault in one word, such as wrong-speaker."""
        return next((name for name, pair in JUDGEMENTS.items() if pair == (self.verdict, self.fault)), self.verdict)
