"""Restart limit and back-off of a part, computed from the times when it ended. No I/O here."""

from collections import deque
from dataclasses import dataclass, field


class KeepsFailing(RuntimeError):
    """The part ended too often; it is not restarted."""

    exit_code = 1


@dataclass
class Restarts:
    """Fewer than `limit` ends within `window` seconds are allowed; the back-off doubles, up to `longest` seconds."""

    name: str
    limit: int = 5
    window: float = 120
    longest: float = 15
    ends: deque[float] = field(default_factory=deque)

    def ended(self, now: float, reason: str) -> float:
        """The part ended at `now` (seconds of any monotonic clock). Returns when to restart it, on the same clock.

        Raises KeepsFailing, with the reason, when this was the `limit`th end within the window.
        """
        while self.ends and self.ends[0] <= now - self.window:
            self.ends.popleft()
        self.ends.append(now)
        if len(self.ends) >= self.limit:
            raise KeepsFailing(f"{self.name} ended {len(self.ends)} times within {self.window:.0f} s: {reason}")
        return now + min(self.longest, 2.0 ** (len(self.ends) - 2))

    def healthy(self) -> None:
        """The part works again: forget its earlier ends."""
        self.ends.clear()
