"""The clock of the machine is set back: feeds are polled all the same."""

import os
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.behaviours import STORY
from tests.support.hostile_server import Rig, run, settings
from tests.support.paths import TESTS


@pytest.mark.parametrize("days", [0.5, 2, 400])
def test_a_clock_that_was_set_back_silences_no_feed(days):
    async def scene(rig: Rig) -> None:
        await rig.poll()
        ahead = rig.wait()
        rig.poller.manners.wait("https://busy.example/feed", 3000, rig.now)
        rig.agenda._heap = [(rig.state.next_poll, rig.urls[0])]
        rig.agenda.due(rig.now)
        rig.now -= timedelta(days=days)
        assert rig.agenda.due(rig.now) == []
        assert rig.agenda.due(rig.now + timedelta(seconds=ahead + 1)) == rig.urls
        assert not rig.poller.manners.waiting("https://busy.example/feed", rig.now)
        again = Rig(rig.server, rig.fetcher, ["a"], settings(), states=rig.published.states(), now=rig.now)
        assert again.agenda.due(rig.now + timedelta(seconds=5)) == rig.urls, "after a restart as well"

    run(scene, "a", a=STORY)


def test_the_clock_of_the_chaos_tests_moves_datetime_too(tmp_path):
    """And what is pickled there can be read here."""
    (tmp_path / "clock").write_text("-172800")
    code = (
        "import pickle, sys, time; from datetime import UTC, datetime; now = datetime.now(UTC)\n"
        "assert type(now) is datetime and abs(now.timestamp() - time.time()) < 5\n"
        "sys.stdout.buffer.write(pickle.dumps(now))"
    )
    jump = {"PYTHONPATH": str(TESTS / "support" / "jumping"), "BORDERWIRE_TEST_CLOCK": str(tmp_path / "clock")}
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | jump, capture_output=True, check=True)
    assert abs(datetime.now(UTC) - timedelta(days=2) - pickle.loads(done.stdout)) < timedelta(minutes=5)
