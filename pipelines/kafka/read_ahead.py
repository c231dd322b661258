"""How many records are read before the steps behind the source have taken the last ones.

Records that were read wait in front of the steps, and the next checkpoint waits with them. Most articles take
milliseconds, but a publisher can write some that take seconds. So a source begins with a few records and reads more,
step by step, as long as what it reads is taken quickly (slow start and congestion control as in TCP, RFC 5681).
"""

#: Records a turn: the first number, the least and the most.
FIRST, LEAST, MOST = 16, 1, 4096
#: Seconds from the first record of a turn to the next turn: below the first number more is read, above the other less.
QUICK, SLOW = 2.0, 6.0


class ReadAhead:
    """The number of records that one turn of a reader may read. `now` is in monotonic seconds."""

    def __init__(self) -> None:
        self.allowed = FIRST
        self._began: float | None = None
        self._full = False

    def begin(self, now: float) -> None:
        """A turn begins: adapt to how long the records of the last one took."""
        if self._began is not None:
            self.allowed = adapted(self.allowed, now - self._began, self._full)
        self._began, self._full = None, False

    def took(self, count: int, now: float) -> bool:
        """`count` records of a partition were read in this turn; returns whether that is all it may read."""
        self._began = self._began if self._began is not None else now
        self._full = self._full or count >= self.allowed
        return count >= self.allowed


def adapted(allowed: int, seconds: float, full: bool) -> int:
    """The next allowance, when a turn took `seconds` and read as much as `allowed` (`full`) or less."""
    if seconds > SLOW:
        return max(LEAST, allowed // 2)
    return min(MOST, allowed * 2) if full and seconds < QUICK else allowed
