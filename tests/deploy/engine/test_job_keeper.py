"""The job's keeper: when the job is submitted, when the engine is to start anew, and when the run gives up."""

from pathlib import Path

import pytest

from deploy.engine.job_keeper import APPEARS, INTERVAL
from deploy.engine.worker_draw import DRAWS
from deploy.machine.restarts import KeepsFailing
from tests.support.kept_job import World, checkpoint


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_submits_once_the_engine_is_ready_from_the_newest_checkpoint(world: World) -> None:
    newest = checkpoint(world.flink.root, "old/chk-4", age=1)
    checkpoint(world.flink.root, "old/chk-3", age=2)
    assert world.keeper.check(engine_ready=lambda: False) is None
    assert world.client.started == 0
    world.after(1)
    world.after(1)
    assert world.client.started == 1
    assert world.flink.configured == [newest]


def test_a_client_that_waits_is_told_to_submit(world: World) -> None:
    world.keeper.prepare()
    assert world.keeper.check(engine_ready=lambda: False) is None
    assert (world.client.started, world.client.told) == (1, 0)
    world.after(1)
    assert (world.client.started, world.client.told) == (1, 1)


def test_a_client_that_ended_while_it_waited_is_started_again(world: World) -> None:
    world.keeper.prepare()
    world.client.waits = False
    world.after(1)
    assert (world.client.started, world.client.told) == (2, 1)


def test_each_job_is_asked_once_for_a_checkpoint_when_all_its_tasks_run(world: World) -> None:
    world.flink.all_run = False
    world.after(1)
    world.runs("first")
    world.after(INTERVAL)
    assert world.flink.asked == [] and not world.keeper.tasks_ran
    world.flink.all_run = True
    world.after(INTERVAL)
    world.after(INTERVAL)
    assert world.flink.asked == ["first"] and world.keeper.tasks_ran
    world.flink.jobs = []
    world.after(INTERVAL)
    assert not world.keeper.tasks_ran
    world.after(1)
    world.runs("second")
    world.after(INTERVAL)
    assert world.flink.asked == ["first", "second"]


def test_checkpoints_that_flink_takes_itself_count_although_it_refuses_to_take_one_when_asked(world: World) -> None:
    world.flink.refuses_checkpoints = True
    world.after(1)
    world.runs("first")
    world.after(INTERVAL)
    assert world.keeper.tasks_ran
    world.after(INTERVAL)
    assert world.flink.asked == ["first", "first"]
    world.runs("first", completed=1)
    for _ in range(3):
        assert world.after(INTERVAL) is None
    assert world.keeper.checkpoints is not None and world.keeper.checkpoints.completed == 1
    assert world.flink.asked == ["first", "first", "first"]


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


def test_a_job_that_initializes_is_not_asked_for_checkpoints_and_may_stall(world: World) -> None:
    world.after(1)
    world.runs(state="INITIALIZING")
    assert world.after(INTERVAL) is None
    assert world.keeper.job and world.keeper.checkpoints is None
    assert world.after(181) == "no checkpoint was completed for 186 s"


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


def test_a_job_whose_subtasks_crowd_one_worker_is_submitted_again_from_its_newest_checkpoint(world: World) -> None:
    newest = checkpoint(world.flink.root, "old/chk-4", age=1)
    world.crowded = True
    world.after(1)
    world.runs("first")
    world.after(INTERVAL)
    assert world.flink.cancelled == ["first"]
    world.crowded = False
    world.after(1)
    world.runs("second", completed=1)
    world.after(INTERVAL)
    assert world.flink.configured == [newest, newest] and world.flink.cancelled == ["first"]


def test_after_some_draws_an_uneven_assignment_is_kept_and_the_job_never_counts_as_failed(world: World) -> None:
    world.crowded = True
    for number in range(DRAWS + 1):
        world.after(1)
        world.runs(str(number))
        world.after(INTERVAL)
    assert world.flink.cancelled == [str(number) for number in range(DRAWS)]
    world.runs(str(DRAWS), completed=1)
    assert all(world.after(INTERVAL) is None for _ in range(10))
    assert len(world.flink.cancelled) == DRAWS


def test_the_engine_is_restarted_when_a_cancelled_job_keeps_its_cluster(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.engine.job_keeper.ENDS", 0.2)
    world.crowded, world.flink.keeps_cluster = True, True
    for number in range(DRAWS):
        world.after(1)
        world.runs(str(number))
        assert "still had its cluster" in str(world.after(INTERVAL))
        world.keeper.engine_ended("killed")
    world.after(1)
    world.runs("last")
    assert world.after(INTERVAL) is None
