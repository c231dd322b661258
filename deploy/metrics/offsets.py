"""A set of Kafka offsets, stored as ranges. It is used to count each record once, even if a replay repeats it."""

from bisect import bisect_right
from collections.abc import Iterable


class Offsets:
    """Offsets of one partition. Memory grows with the number of gaps, not of offsets."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        """`ranges` are disjoint (first, end) pairs, ascending, end exclusive, as `ranges()` returns them."""
        pairs = list(ranges)
        self._firsts = [first for first, _ in pairs]
        self._ends = [end for _, end in pairs]

    def add(self, offset: int) -> bool:
        """Add an offset; False when it was there already."""
        at = bisect_right(self._firsts, offset)
        if at and offset < self._ends[at - 1]:
            return False
        before = at > 0 and self._ends[at - 1] == offset
        after = at < len(self._firsts) and self._firsts[at] == offset + 1
        if before and after:
            self._ends[at - 1] = self._ends.pop(at)
            del self._firsts[at]
        elif before:
            self._ends[at - 1] = offset + 1
        elif after:
            self._firsts[at] = offset
        else:
            self._firsts.insert(at, offset)
            self._ends.insert(at, offset + 1)
        return True

    def missing(self, first: int, end: int) -> int:
        """How many offsets from `first` up to `end`, exclusive, are not in the set."""
        there = (min(e, end) - max(f, first) for f, e in self.ranges())
        return max(0, end - first) - sum(max(0, number) for number in there)

    def ranges(self) -> list[tuple[int, int]]:
        return list(zip(self._firsts, self._ends, strict=True))
