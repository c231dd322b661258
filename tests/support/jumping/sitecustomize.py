"""Lets the clock of every Python process of a run jump: with this directory on PYTHONPATH, time.time adds the seconds
that stand in the file BORDERWIRE_TEST_CLOCK. For chaos.py. By it go the ticks, the expiry of state, and what is recent.
The JVMs' clocks and `datetime.now` stay: a class in its place does not survive being pickled."""
import os
import time
from pathlib import Path

FILE = Path(os.environ.get("BORDERWIRE_TEST_CLOCK", ""))
_time = time.time
_known = [0, 0.0]


def offset() -> float:
    try:
        changed = FILE.stat().st_mtime_ns
        if changed != _known[0]:
            _known[:] = changed, float(FILE.read_text() or 0)
    except (OSError, ValueError):
        return 0.0
    return _known[1]


if FILE.name:
    time.time = lambda: _time() + offset()
