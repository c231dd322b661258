"""What readers say of an alert: that it is wrong, or that they want no more of its story."""

from typing import Literal

from schemas.alert import Alert
from schemas.base import Record, Time

Verdict = Literal["wrong", "mute"]


class Mark(Record):
    """Topic `marks`, compacted, key: alert id; a tombstone takes a mark back.

    wrong: no alert should have been raised; it is delivered no further and becomes an example. mute: nothing more of
    this alert's story (or of this alert, where it has none) is delivered. `alert` is the alert as it was, whole, so
    that an example outlives the alert topic.
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
