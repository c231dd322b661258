"""Which ticks count: each poll once, none behind a poll that began later, whatever the clock does."""
import pytest

from pipelines.read import STALE, TICK_MS, is_stale

TICK = TICK_MS / 1000


@pytest.mark.parametrize(
    ("ticked", "began", "last", "stale"),
    [
        (100.0, 0.0, 0.0, False),
        (100.0, 98.1, 98.0, False),
        (100.0, 100.5, 98.0, True),
        (100.0, 100.0, 98.0, True),
        (100.1, 100.05, 100.0, True),
        (100.0 + 0.6 * TICK, 100.1, 100.0, False),
        (100.0, 100.0 + STALE + 1, 99.0 + STALE, False),
    ],
)
def test_a_tick_is_stale_behind_the_last_poll_or_right_after_it(
    ticked: float, began: float, last: float, stale: bool
) -> None:
    assert is_stale(ticked, began, last) is stale


def test_polls_that_take_longer_than_a_tick_let_no_queue_grow() -> None:
    """One key, each poll taking two and a half ticks: what is waited for stays bounded."""
    now, began, last, late = 0.0, 0.0, 0.0, []
    for number in range(1, 200):
        ticked = number * TICK
        now = max(now, ticked)
        if not is_stale(ticked, began, last):
            began, last = now, ticked
            late.append(now - ticked)
            now += 2.5 * TICK
    assert max(late) <= 2.5 * TICK
    assert len(late) > 60
