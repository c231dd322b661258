"""What the connectors have done since they were started, as plain numbers."""
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Counters:
    """Polls end as fetched, unchanged (304 or the same body) or failed. Entries are new, revised or known."""

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
    events: Counter[str] = field(default_factory=Counter)

    def count_poll(self, result: str) -> None:
        self.polls += 1
        if result in ("fetched", "unchanged"):
            setattr(self, result, getattr(self, result) + 1)
        else:
            self.failed[result] += 1

    def as_dict(self) -> dict[str, int | dict[str, int]]:
        return {key: dict(value) if isinstance(value, Counter) else value for key, value in vars(self).items()}

    def write(self, path: Path) -> None:
        """Puts the numbers into a file at once: a reader sees the old or the new ones, never half of them."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(self.as_dict()) + "\n", encoding="utf-8")
        partial.replace(path)
