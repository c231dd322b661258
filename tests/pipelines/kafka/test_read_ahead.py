"""How many records a source reads before the steps have taken the last ones."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.kafka.read_ahead import FIRST, LEAST, MOST, ReadAhead, adapted


def turn(ahead: ReadAhead, now: float, waiting: int, seconds_each: float) -> tuple[float, int]:
    """One turn with so many records at hand; returns when the steps have taken them, and how many were read."""
    ahead.begin(now)
    read = 0
    while read < waiting:
        read += 1
        if ahead.took(read, now):
            break
    return now + read * seconds_each, read


def test_quick_records_are_soon_read_by_the_thousand() -> None:
    ahead, now = ReadAhead(), 0.0
    for _ in range(20):
        now, read = turn(ahead, now, 10**6, 0.0001)
    assert read == MOST


def test_after_a_few_turns_a_turn_takes_seconds_whatever_a_record_costs() -> None:
    for cost in (0.003, 0.1, 1.0, 5.0):
        ahead, now = ReadAhead(), 0.0
        for _ in range(20):
            began = now
            now, read = turn(ahead, now, 10**6, cost)
        assert now - began <= max(6.0, cost) or read == LEAST


def test_records_that_suddenly_cost_much_cost_one_long_turn() -> None:
    ahead, now = ReadAhead(), 0.0
    for _ in range(10):
        now, many = turn(ahead, now, 10**6, 0.007)
    long, _ = turn(ahead, now, 10**6, 3.0)
    for _ in range(10):
        now, few = turn(ahead, now, 10**6, 3.0)
    assert few <= 2 < FIRST < many


def test_a_quiet_source_keeps_its_allowance() -> None:
    ahead, now = ReadAhead(), 0.0
    for _ in range(50):
        now, read = turn(ahead, now + 60, 3, 0.003)
        ahead.begin(now)  # the next turn begins at once; it finds nothing
        assert (read, ahead.allowed) == (3, FIRST)


@given(st.integers(LEAST, MOST), st.floats(0, 1e6), st.booleans())
def test_the_allowance_stays_within_its_bounds(allowed: int, seconds: float, full: bool) -> None:
    assert LEAST <= adapted(allowed, seconds, full) <= MOST
