"""How often a part may be started again, and how soon: a pure function of when it ended before."""

from collections import deque
from dataclasses import dataclass, field


class KeepsFailing(RuntimeError):
    """The part ended too often; starting it again would not help."""


@dataclass
class Restarts:
    """At most `limit` ends within `window` seconds; the wait before each new start doubles up to `longest` seconds."""

    name: str
    limit: int = 5
    window: float = 120
    longest: float = 15
    ends: deque[float] = field(default_factory=deque)

    def ended(self, now: float, reason: str) -> float:
        """The part ended at `now` (seconds of any steady clock); returns when to start it again, on that clock.

        Raises KeepsFailing, with the reason, when this was the `limit`th end within the window.
        """
        while self.ends and self.ends[0] <= now - self.window:
            self.ends.popleft()
        self.ends.append(now)
        if len(self.ends) >= self.limit:
            raise KeepsFailing(f"{self.name} ended {len(self.ends)} times within {self.window:.0f} s: {reason}")
        return now + min(self.longest, 2.0 ** (len(self.ends) - 2))

    def healthy(self) -> None:
        """The part does its work again: what was before does not count."""
        self.ends.clear()
