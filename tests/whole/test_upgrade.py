"""The state that the last release left, Kafka's and Flink's, carried into this version: nothing lost, nothing twice.

`python -m tests.whole.test_upgrade` records such a state of the present version, as
tests/whole/released/<version>/state.tar.gz.
Do that for a release; between two, a change that cannot take the stored state up must fail here.
"""

import os
import shutil
import sys
import tarfile
import tempfile
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from deploy.engine.fallback import Incompatible
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import PipelineSettings
from tests.support.flow import Flow, wait_for
from tests.support.job_run import JobRun
from tests.support.paths import ROOT, TESTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
STATES = sorted((TESTS / "whole" / "released").glob("*/state.tar.gz"))
FIRST, KEPT = 16, ("kafka", "flink/savepoints", "version")
PIPELINE = PipelineSettings(checkpoint_interval=timedelta(seconds=2))


class Running(JobRun):
    def send(self, first: int, last: int) -> None:
        flow = Flow(self.settings, first, last, rate=16)
        flow.start()
        wait_for(lambda: not flow.is_alive(), self.check, 60, "all were sent")


def unpacked(archive: Path, data: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(data, filter="data")
    return data


@pytest.mark.parametrize("archive", STATES, ids=lambda path: path.parent.name)
def test_the_state_of_a_release_is_carried_on(archive: Path, tmp_path: Path) -> None:
    running = Running(unpacked(archive, tmp_path), PIPELINE)
    try:
        list(running.tally.update())
        before, old = set(running.tally.alerts), running.tally.raw
        assert len(before) == FIRST // 4
        assert running.tally.complete()
        running.wait_checkpoint()
        assert running.keeper.state.restored and running.keeper.state.restored.parent.name == "savepoints"
        running.send(0, FIRST + 8)
        running.wait_through(old + FIRST + 8)
        again = [o for o in running.tally.outcomes.values() if o.raw.key and o.outcome == "duplicate"]
        assert len(again) == FIRST // 4, "texts on topic are known from the old state"
        assert {outcome.reason for outcome in again} == {"this text of this article was there before"}
        assert before <= set(running.tally.alerts)
        assert len(running.tally.alerts) == (FIRST + 8) // 4
        assert running.tally.repeated_alerts == 0
        tail = TopicTail(running.settings.kafka, ["articles.outcomes"])
        assert len(list(tail.read())) == running.tally.raw, "nothing was read again"
    finally:
        running.stop()


def test_a_graph_that_does_not_match_stops_and_is_rebuilt_only_by_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # The other job never writes anything: its state does not fit.
    nowhere = ["127.0.0.1:9", "feeds.events"]
    running = Running(unpacked(STATES[-1], tmp_path), PIPELINE, "tests.support.engine_job:build", nowhere)
    try:
        with pytest.raises(Incompatible, match="--rebuild"):
            running.wait_checkpoint()
    finally:
        running.stop()
    savepoint = running.keeper.state.restored
    assert savepoint and savepoint.exists()
    running = Running(tmp_path, PIPELINE, rebuild=True)
    try:
        running.wait_checkpoint()
        assert running.keeper.state.restored is None
        assert (tmp_path / "flink" / "left-behind" / "savepoints" / savepoint.name).exists()
        old = running.tally.raw
        running.send(0, FIRST + 8)
        running.wait_through(old + FIRST + 8)
        assert len(running.tally.alerts) == (FIRST + 8) // 4, "known from ledger and alerts"
        assert running.tally.repeated_alerts == 0
    finally:
        running.stop()


def record() -> Path:
    """Run the present version, stop it with a savepoint and pack what it leaves."""
    archive = TESTS / "whole" / "released" / version("borderwire") / "state.tar.gz"
    archive.parent.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="record"))
    running = Running(data, PIPELINE)
    try:
        running.wait_checkpoint()
        running.send(0, FIRST)
        running.wait_through(FIRST)
        running.stack.savepoint()
    finally:
        running.stop()
    with tarfile.open(archive, "w:gz", compresslevel=9) as tar:
        for name in KEPT:
            tar.add(data / name, arcname=name, filter=unnamed)
    shutil.rmtree(data)
    return archive


def unnamed(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without owners and locks."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return None if member.name.endswith((".lock", ".kafka_cleanshutdown")) else member


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    print(record(), file=sys.stderr)
