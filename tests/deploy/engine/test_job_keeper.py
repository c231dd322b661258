"""Keeping the job running, with a fake Flink and a fake clock."""

import os
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.engine.checkpoints import MAGIC
from deploy.engine.fallback import Incompatible
from deploy.engine.flink_rest import Checkpoints, FlinkError, FlinkJob
from deploy.engine.job_keeper import APPEARS, INTERVAL, JobKeeper, cause
from deploy.engine.seals import seal
from deploy.machine.restarts import KeepsFailing

NOTHING = Checkpoints(completed=0, failed=0, restored=0, completed_at=None, size=None, path=None)


class Flink:
    """Job server and REST API: `jobs` are live; `configured` are the checkpoints given to start from."""

    def __init__(self, root: Path) -> None:
        self.root, self.rest, self.url = root, self, "http://127.0.0.1:1"
        self.process = SimpleNamespace(tail=lambda lines: "the engine's last words")
        self.jobs: list[FlinkJob] = []
        self.latest = NOTHING
        self.failed_with: str | None = None
        self.failed = 0
        self.configured: list[Path | None] = []
        self.cancelled: list[str] = []
        self.silent = False

    def live_jobs(self) -> list[FlinkJob]:
        if self.silent:
            raise FlinkError("ReadTimeout")
        return self.jobs

    def checkpoints(self, job: str) -> Checkpoints:
        return self.latest

    def failure(self, job: str) -> str | None:
        return self.failed_with

    def failures(self, job: str, since: float) -> int:
        return self.failed

    def cancel(self, job: str) -> None:
        self.cancelled.append(job)
        self.jobs = []

    def configure(self, restore: Path | None) -> None:
        self.configured.append(restore)


class Client:
    """The submitting process: `returncode` is what it ends with, `words` what it leaves in its log."""

    def __init__(self) -> None:
        self.started, self.returncode, self.words = 0, 0, ""

    def start(self) -> None:
        self.started += 1

    def stop(self, grace: float) -> None:
        pass

    def tail(self, lines: int) -> str:
        return self.words


class World:
    """A keeper with its Flink, client and clock."""

    def __init__(self, root: Path) -> None:
        self.now = 1000.0
        self.flink = Flink(root)
        server: Any = self.flink
        self.deaths = {("refused by an earlier run", 2)}
        self.marks = 0
        self.keeper = JobKeeper(
            server,
            root / "log",
            [],
            "m:f",
            [],
            stall=45,
            first=180,
            clock=lambda: self.now,
            deaths=lambda: self.deaths,
            marks=lambda: self.marks,
        )
        self.client = Client()
        self.keeper.client = self.client  # type: ignore[assignment]

    def after(self, seconds: float) -> str | None:
        self.now += seconds
        return self.keeper.check(engine_ready=lambda: True)

    def runs(self, job: str = "j1", completed: int = 0) -> None:
        self.flink.jobs = [FlinkJob(job, "borderwire", "RUNNING", self.now)]
        self.flink.latest = Checkpoints(completed, 0, 0, None, None, None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def checkpoint(root: Path, name: str, age: int) -> Path:
    directory = root / "checkpoints" / name
    directory.mkdir(parents=True)
    metadata = directory / "_metadata"
    metadata.write_bytes(struct.pack(">I", MAGIC))
    os.utime(metadata, (10_000 - age, 10_000 - age))
    return directory


def test_submits_once_the_engine_is_ready_from_the_newest_checkpoint(world: World) -> None:
    newest = checkpoint(world.flink.root, "old/chk-4", age=1)
    checkpoint(world.flink.root, "old/chk-3", age=2)
    assert world.keeper.check(engine_ready=lambda: False) is None
    assert world.client.started == 0
    world.after(1)
    world.after(1)
    assert world.client.started == 1
    assert world.flink.configured == [newest]


def test_a_job_that_is_there_is_cancelled_first(world: World) -> None:
    world.runs("stray")
    world.after(1)
    assert world.flink.cancelled == ["stray"]
    assert world.client.started == 1


def test_a_refused_job_is_submitted_again_with_growing_waits_and_then_given_up(world: World) -> None:
    world.client.returncode, world.client.words = 1, "java.lang.IllegalStateException: no slot"
    with pytest.raises(KeepsFailing, match="no slot"):
        for _ in range(100):
            world.after(1)
    assert world.client.started == 5


def test_a_job_that_is_gone_is_submitted_again(world: World) -> None:
    world.after(1)
    world.runs(completed=3)
    world.after(INTERVAL)
    assert world.keeper.job and world.keeper.job.id == "j1"
    world.flink.jobs = []
    world.after(INTERVAL)
    world.after(1)
    assert world.client.started == 2


def test_a_job_may_take_a_while_to_appear(world: World) -> None:
    world.after(1)
    world.after(APPEARS - 1)
    assert world.client.started == 1
    world.after(INTERVAL)
    world.after(1)
    assert world.client.started == 2


@pytest.mark.parametrize("silent", [False, True])
def test_without_new_checkpoints_the_engine_is_to_start_anew(world: World, silent: bool) -> None:
    world.after(1)
    world.runs(completed=1)
    assert world.after(INTERVAL) is None
    world.flink.silent = silent
    assert world.after(44) is None
    reason = world.after(INTERVAL)
    assert reason and f"no checkpoint was completed for {44 + INTERVAL} s" in reason


def test_the_first_checkpoint_may_take_longer(world: World) -> None:
    world.after(1)
    world.runs()
    assert world.after(100) is None
    assert world.after(100)


def test_a_damaged_checkpoint_is_passed_over(world: World) -> None:
    newest = checkpoint(world.flink.root, "old/chk-4", age=1)
    before = checkpoint(world.flink.root, "old/chk-3", age=2)
    world.client.returncode, world.client.words = 1, "failed in state FAILED: java.io.StreamCorruptedException: header"
    world.after(1)
    world.after(1)
    world.client.returncode = 0
    world.after(1)
    world.runs()
    world.flink.failed_with = "Exception while creating StreamOperatorStateContext\nCaused by: java.io.EOFException"
    world.after(INTERVAL)
    assert world.flink.cancelled == ["j1"]
    world.after(INTERVAL)
    assert world.flink.configured == [newest, before, None]


def test_a_checkpoint_that_changed_on_the_disk_is_never_handed_to_flink(world: World) -> None:
    world.after(1)
    newest, before = (checkpoint(world.flink.root, f"j1/chk-{4 - age}", age) for age in (1, 2))
    world.runs(completed=2)
    world.after(INTERVAL)
    with (newest / "_metadata").open("ab") as metadata:
        metadata.write(b"x")
    world.flink.jobs = []
    world.after(INTERVAL)
    world.after(1)
    assert world.flink.configured == [None, before]


def test_a_changed_checkpoint_is_no_reason_to_leave_sound_state_of_another_graph_behind(world: World) -> None:
    newest, before = (checkpoint(world.flink.root, f"old/chk-{4 - age}", age) for age in (1, 2))
    seal(world.flink.root, [newest, before])
    (before / "_metadata").write_bytes(struct.pack(">I", MAGIC) + b"x")
    os.utime(before / "_metadata", (0, 0))
    world.client.returncode, world.client.words = 1, OTHER_GRAPH
    world.after(1)
    with pytest.raises(Incompatible):
        world.after(1)
    assert world.flink.configured == [newest]


def test_a_failure_of_our_own_code_blames_no_checkpoint(world: World) -> None:
    newest = checkpoint(world.flink.root, "old/chk-4", age=1)
    world.client.returncode, world.client.words = 1, "ImportError: no module"
    world.after(1)
    world.after(1)
    world.after(1)
    assert world.flink.configured == [newest, newest]


def fails(world: World, words: str) -> None:
    """From now on each job ends with these words before it runs; a minute passes."""
    world.client.returncode, world.client.words = 1, words
    for _ in range(60):
        world.after(1)


GIVEN_UP = "Pipeline p failed in state FAILED: java.io.IOException: words never seen before"
OTHER_GRAPH = "java.lang.IllegalStateException: Cannot map checkpoint/savepoint state for operator x"


def test_unknown_words_blame_the_checkpoint_when_flink_gave_the_job_up_twice(world: World) -> None:
    newest, before = (checkpoint(world.flink.root, f"old/chk-{4 - age}", age) for age in (1, 2))
    with pytest.raises(KeepsFailing, match="never seen before"):
        fails(world, GIVEN_UP)
    assert world.flink.configured == [newest, newest, before, before] + [None] * 4


def test_an_engine_that_runs_out_of_memory_tries_what_is_left_but_never_without_state(world: World) -> None:
    newest, before = (checkpoint(world.flink.root, f"old/chk-{4 - age}", age) for age in (1, 2))
    for _ in range(6):
        world.after(1)
        world.keeper.engine_ended("exit status 3: Terminating due to java.lang.OutOfMemoryError: Java heap space")
    assert world.flink.configured == [newest, newest, before, before, before, before]


def test_a_job_that_got_on_in_between_blames_nothing(world: World) -> None:
    newest = checkpoint(world.flink.root, "old/chk-4", age=1)
    for _ in range(3):
        world.client.returncode, world.client.words = 1, GIVEN_UP
        world.after(1)
        world.after(1)
        world.client.returncode = 0
        world.after(1)
        world.runs(completed=1)
        world.after(INTERVAL)
        world.runs(completed=0)
        world.flink.jobs = []
        world.after(INTERVAL)
    assert set(world.flink.configured) == {newest}


def test_what_looks_like_another_graph_is_passed_over_when_the_one_before_fits(world: World) -> None:
    newest, before = (checkpoint(world.flink.root, f"old/chk-{4 - age}", age) for age in (1, 2))
    world.client.returncode, world.client.words = 1, OTHER_GRAPH
    world.after(1)
    world.after(1)
    world.client.returncode = 0
    world.after(1)
    assert world.flink.configured == [newest, before]


def test_state_of_another_graph_is_kept_and_told(world: World) -> None:
    newest, before = (checkpoint(world.flink.root, f"old/chk-{4 - age}", age) for age in (1, 2))
    with pytest.raises(Incompatible, match="chk-3"):
        fails(world, OTHER_GRAPH)
    assert world.flink.configured == [newest, before]
    assert newest.exists() and before.exists()


def test_the_cause_of_a_failure() -> None:
    trace = "java.lang.Exception: outer\n\tat a.B\nCaused by: b.Inner: why\nCaused by: c.Root: really\n\tat e.F"
    assert cause(trace) == "c.Root: really"
    assert cause("one\njava.io.IOException: disk\n\tat x.Y\n") == "java.io.IOException: disk"
    assert cause("") == "no reason was given"


def test_a_job_that_stalls_again_and_again_ends_the_run(world: World) -> None:
    """A record that nothing finds and that hangs in the engine: each time the engine is started anew, and it counts."""
    with pytest.raises(KeepsFailing, match=r"the Beam job ended 5 times within 900 s: no checkpoint was completed"):
        for _ in range(5):
            stall(world)


def test_while_kafka_is_away_a_stall_does_not_count(world: World) -> None:
    world.keeper.excused = lambda: True
    for _ in range(20):
        assert stall(world)


def test_a_record_that_is_refused_between_two_stalls_forgives_the_first(world: World) -> None:
    """Thirty records in a row that each end two workers: no checkpoint comes through, and still the job gets on."""
    for number in range(30):
        world.deaths = world.deaths | {(f"poison {number}", 2)}
        assert stall(world)
    with pytest.raises(KeepsFailing):
        for _ in range(5):
            stall(world)


def test_a_record_that_is_refused_is_progress_for_a_job_without_checkpoints(world: World) -> None:
    world.after(1)
    world.runs(completed=1)
    assert world.after(INTERVAL) is None
    for number in range(20):
        world.deaths = world.deaths | {(f"poison {number}", 2)}
        assert world.after(40) is None
    assert world.after(46)


def test_records_that_end_workers_blame_no_checkpoint(world: World) -> None:
    """Flink gives the job up again and again, before its first checkpoint; each time another record was refused."""
    newest = checkpoint(world.flink.root, "old/chk-4", age=1)
    for number in range(20):
        world.client.returncode, world.client.words = 0, ""
        world.after(20)
        world.deaths = world.deaths | {(f"poison {number}", 2)}
        world.after(1)
        world.client.returncode, world.client.words = 1, GIVEN_UP
        world.after(1)
    assert set(world.flink.configured) == {newest}


def test_a_checkpoint_between_two_stalls_forgives_the_first(world: World) -> None:
    for number in range(20):
        assert stall(world, completed=number + 1)


def stall(world: World, completed: int = 0) -> str:
    """A job that is submitted, completes so many checkpoints, and then no more until the engine is started anew."""
    world.after(20)
    world.runs(completed=completed)
    for _ in range(100):
        world.client.returncode = 0
        if reason := world.after(6):
            world.keeper.engine_ended(reason)
            return reason
    raise AssertionError("it did not stall")


def test_a_job_whose_workers_begin_one_record_after_another_does_not_stall(world: World) -> None:
    """Sixty articles of twelve seconds each were read before the next checkpoint."""
    world.after(1)
    world.runs(completed=1)
    assert world.after(INTERVAL) is None
    for number in range(60):
        world.marks = number
        assert world.after(12) is None
    assert world.after(30) is None, "within the time that one record may take"
    assert world.after(30), "no worker begins a record any more"


def test_a_job_that_fails_again_and_again_stalls_although_its_workers_begin_records(world: World) -> None:
    world.after(1)
    world.runs(completed=1)
    assert world.after(INTERVAL) is None
    world.flink.failed = 1
    world.marks = 1
    assert world.after(40) is None
    world.marks = 2
    assert world.after(10)


def test_the_death_of_a_worker_in_a_record_explains_one_failure_of_the_job(world: World) -> None:
    world.after(1)
    world.runs(completed=1)
    assert world.after(INTERVAL) is None
    world.flink.failed = 1
    world.deaths = world.deaths | {("poison", 1)}
    for number in range(20):
        world.marks = number
        assert world.after(12) is None
    world.flink.failed = 2
    assert world.after(1 + INTERVAL), "it failed by itself, too"
