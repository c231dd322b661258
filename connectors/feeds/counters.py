"""Counters of the connectors since their start."""

import json
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path

from schemas.write_whole import write_whole


@dataclass
class Counters:
    """A poll counts as fetched, unchanged (304 or the same body) or failed; an entry as new, revised or known."""

    polls: int = 0
    fetched: int = 0
    unchanged: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    new: int = 0
    revised: int = 0
    known: int = 0
    published: int = 0
    pages: int = 0
    pages_failed: Counter[str] = field(default_factory=Counter)
    #: States of earlier runs that could not be read. Their feeds were polled as if they were new.
    states_unreadable: int = 0
    #: Records that were lost because Kafka refuses them or they could not be built. Normally 0; else there is a bug.
    records_lost: int = 0
    events: Counter[str] = field(default_factory=Counter)
    #: Seconds between the time a feed was due and its request, for the last 2000 polls.
    late: deque[float] = field(default_factory=lambda: deque(maxlen=2000))

    def count_poll(self, result: str) -> None:
        self.polls += 1
        if result in ("fetched", "unchanged"):
            setattr(self, result, getattr(self, result) + 1)
        else:
            self.failed[result] += 1

    def lateness(self) -> dict[str, float]:
        """The median and the 95th percentile of `late`, in seconds."""
        late = sorted(self.late) or [0.0]
        return {name: round(late[int(share * (len(late) - 1))], 3) for name, share in (("p50", 0.5), ("p95", 0.95))}

    def as_dict(self) -> dict[str, int | dict[str, int] | dict[str, float]]:
        """All counters, those with kinds as a mapping by kind; `late` as percentiles."""
        numbers = {key: dict(value) if isinstance(value, Counter) else value for key, value in vars(self).items()}
        return {**numbers, "late": self.lateness()}

    def write(self, path: Path) -> None:
        """Writes the counters to a file atomically: a reader sees the old or the new file, never a part."""
        write_whole(path, json.dumps(self.as_dict()) + "\n", lasting=False)
