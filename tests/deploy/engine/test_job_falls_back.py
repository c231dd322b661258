"""Which checkpoint a failed job starts from next, and when none is to blame."""

import os
import struct
from pathlib import Path

import pytest

from deploy.engine.checkpoints import MAGIC
from deploy.engine.fallback import Incompatible
from deploy.engine.job_keeper import INTERVAL, cause
from deploy.engine.seals import seal
from deploy.machine.restarts import KeepsFailing
from tests.support.kept_job import World, checkpoint


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


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
