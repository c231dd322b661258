"""Follows a file while a program runs: whether it was changed, and which of its named parts differ from before."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Difference:
    """Names of the parts that are only in the new version, differ between the two, or are only in the old version."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def told(self) -> dict[str, list[str]]:
        """The fields of a log line: only the lists that are not empty."""
        lists = {"added": self.added, "changed": self.changed, "removed": self.removed}
        return {name: list(names) for name, names in lists.items() if names}


def difference(before: Mapping[str, object], after: Mapping[str, object]) -> Difference:
    """Compares two versions of a file, each a mapping from names to parts."""
    return Difference(
        tuple(name for name in after if name not in before),
        tuple(name for name in after if name in before and after[name] != before[name]),
        tuple(name for name in before if name not in after),
    )


class FollowedFile:
    """Notices that a file was written or replaced since the last look. A file that is missing counts as unchanged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sign = self._read()

    def changed(self) -> bool:
        """Whether the file differs from the one at the last call, by its time, size or inode."""
        sign = self._read()
        differs = sign is not None and sign != self._sign
        self._sign = sign or self._sign
        return differs

    def _read(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except (OSError, ValueError):
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
