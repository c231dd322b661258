"""Free disk space: fetching pauses before Kafka or Flink fail, and no part is started on a full disk. No I/O here."""

from collections.abc import Callable
from dataclasses import dataclass

#: Fetching resumes when this multiple of `low` is free, so that it does not pause and resume all the time.
AGAIN = 1.25
#: Below this fraction of `low`, a part that ended is not restarted: it would end at once.
FULL = 0.1


@dataclass
class Disk:
    """`free` returns the free bytes; `low` is the setting `min_free_disk`, in bytes."""

    free: Callable[[], int]
    low: int
    paused: str | None = None
    full: bool = False

    def look(self) -> None:
        """Update `paused` (the reason why fetching must wait, or None) and `full`."""
        free = self.free()
        self.full = free < FULL * self.low
        if free < self.low:
            self.paused = f"{free / 2**20:.0f} MB are free, fetching needs {self.low / 2**20:.0f} MB"
        elif free >= AGAIN * self.low:
            self.paused = None
