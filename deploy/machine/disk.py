"""Room on the disk: fetching stops before Kafka or Flink break, and nothing is started on a disk that is full. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

#: Fetching goes on when there is this much more than `low` again, so that it does not stop and go.
AGAIN = 1.25
#: Of `low`, the part below which a part that ended is not started again: it would end at once.
FULL = 0.1


@dataclass
class Disk:
    """`free` gives the bytes that are free; `low` is the setting `min_free_disk`."""

    free: Callable[[], int]
    low: int
    paused: str | None = None
    full: bool = False

    def look(self) -> None:
        """Bring `paused` (why fetching must wait, or None) and `full` up to date."""
        free = self.free()
        self.full = free < FULL * self.low
        if free < self.low:
            self.paused = f"{free / 2**20:.0f} MB are free, fetching needs {self.low / 2**20:.0f} MB"
        elif free >= AGAIN * self.low:
            self.paused = None
