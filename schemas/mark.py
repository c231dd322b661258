"""Readers' feedback on an alert: it is wrong, or they want no more alerts of its story."""

from typing import Literal

from schemas.alert import Alert
from schemas.base import Record, Time

Verdict = Literal["wrong", "mute"]


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
    story: str | None = None
    """Id of the alert's story; null when it has none."""
    note: str = ""
    """What the reader adds; may be empty."""
    alert: Alert
    """The alert as it was."""
    at: Time
    """When it was marked."""
