"""Real Kafka, Flink and worker pool on one running stack: killed processes are restarted and state is restored."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Literal

import psutil
import pytest
from kafka.admin import NewTopic

from deploy.engine import job_keeper as jobkeeper
from deploy.engine.checkpoints import newest_checkpoint
from deploy.engine.job_keeper import JobKeeper
from deploy.machine.data_directory import AlreadyRunning
from deploy.supervise.supervisor import Stack
from schemas.kafka.clients import admin
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import KafkaSettings, PipelineSettings, Settings
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

TOPIC = "counts"


def settings(data: Path, backend: Literal["heap", "rocksdb"]) -> Settings:
    every = timedelta(seconds=1)
    pipeline = PipelineSettings(checkpoint_interval=every, parallelism=2, workers=2, state_backend=backend)
    return Settings(data=data, pipeline=pipeline)


@pytest.fixture(scope="module", params=["heap", "rocksdb"])
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        stack = Stack.open(settings(tmp_path_factory.mktemp("engine"), request.param))
        stack.start()
        try:
            with admin(kafka_of(stack)) as client:
                client.create_topics([NewTopic(TOPIC, 1, 1)])
            stack.submit("tests.support.engine_job:build", [stack.bootstrap_servers, TOPIC], stall=20, first=60)
            until(stack, lambda: checkpoints(stack) >= 2)
            yield stack
        finally:
            stack.stop()


@pytest.fixture
def heap_stack(stack: Stack) -> Stack:
    """For what does not depend on where Flink keeps its state: that is tested once."""
    if stack.settings.pipeline.state_backend != "heap":
        pytest.skip("the same with both backends")
    return stack


def kafka_of(stack: Stack) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=stack.bootstrap_servers)


def keeper(stack: Stack) -> JobKeeper:
    assert stack.keeper
    return stack.keeper


def checkpoints(stack: Stack) -> int:
    """Checkpoints completed by the job that runs now."""
    found = keeper(stack).checkpoints
    return found.completed if found else 0


def until(stack: Stack, condition: Callable[[], bool], timeout: float = 140) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s; {keeper(stack).server.process.tail(40)}"
        stack.check()
        time.sleep(0.1)


def two_more_checkpoints(stack: Stack) -> None:
    """By the job that runs now, or by the one that takes its place."""
    job, before = keeper(stack).job, checkpoints(stack)
    until(stack, lambda: checkpoints(stack) >= 2 + (before if keeper(stack).job == job else 0))


def counts(stack: Stack) -> list[tuple[str, int]]:
    """(key, count) of every record there is, oldest first."""
    with closing(TopicTail(kafka_of(stack), [TOPIC])) as tail:
        return [(key.decode(), int(value.split()[0])) for _, key, value in tail.read() if key and value]


def kill(pid: int | None) -> None:
    assert pid
    os.kill(pid, signal.SIGKILL)


def kill_engine(stack: Stack) -> Path:
    """Kill the engine when its newest checkpoint has a seal; the newest checkpoint. One is completed each second."""
    root, engine, found = stack.data / "flink", stack.server.process.pid, list[Path]()

    def sealed() -> bool:
        os.kill(engine, signal.SIGSTOP)
        newest = newest_checkpoint(root)
        if newest and (root / "seals" / f"{newest.parent.name}.{newest.name}").exists():
            found.append(newest)
        else:
            os.kill(engine, signal.SIGCONT)
        return bool(found)

    assert engine
    until(stack, sealed)
    kill(engine)
    return found[0]


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_both_workers_count_and_the_topic_has_it(heap_stack: Stack) -> None:
    stack = heap_stack
    assert len(stack.pool.pids()) == 2
    assert {key for key, _ in counts(stack)} == {"a", "b", "c", "d"}
    note = json.loads((stack.data / "run.json").read_text())
    assert note["kafka"] == stack.bootstrap_servers
    assert set(note["parts"]) == {"broker", "flink", "workers"}


def test_a_second_instance_on_the_same_data_is_refused(heap_stack: Stack) -> None:
    stack = heap_stack
    with pytest.raises(AlreadyRunning):
        Stack.open(stack.settings)
    assert (stack.data / "run.json").exists()


def test_a_killed_worker_is_replaced(heap_stack: Stack) -> None:
    stack = heap_stack
    victim = stack.pool.pids()[0]
    kill(victim)
    until(stack, lambda: victim not in stack.pool.pids() and len(stack.pool.pids()) == 2)
    two_more_checkpoints(stack)


def test_a_killed_engine_resumes_from_the_newest_checkpoint(stack: Stack) -> None:
    workers, job = stack.pool.pids(), keeper(stack).job
    kill(stack.server.process.pid)
    before = counts(stack)  # the last ones: without the engine, nothing is counted
    newest = newest_checkpoint(stack.data / "flink")
    until(stack, lambda: keeper(stack).job not in (None, job))
    assert keeper(stack).state.restored == newest
    until(stack, lambda: checkpoints(stack) >= 3)
    after = counts(stack)[len(before) :]
    first = {key: min(count for k, count in after if k == key) for key, _ in before}
    last = {key: max(count for k, count in before if k == key) for key, _ in before}
    assert all(1 < first[key] <= last[key] + 20 for key in first), "state came back, or nearly all of it was lost"
    assert not any(runs(pid) for pid in workers), "workers of the dead engine must not go on"
    if stack.settings.pipeline.state_backend == "rocksdb":
        assert list((stack.data / "flink" / "checkpoints").glob("*/shared/*")), "checkpoints share what is not new"
    kept = [path.name for path in (stack.data / "flink" / "checkpoints").iterdir()]
    job = keeper(stack).job
    assert job and kept == [job.id], "checkpoints of the earlier run are deleted"


def test_damage_that_flink_has_words_of_its_own_for_is_passed_over(heap_stack: Stack) -> None:
    """In the metadata, which both backends write alike."""
    stack = heap_stack
    two_more_checkpoints(stack)
    kill(stack.server.process.pid)
    newest = newest_checkpoint(stack.data / "flink")
    assert newest
    before = newest_checkpoint(stack.data / "flink", {newest})
    with (newest / "_metadata").open("r+b") as metadata:
        metadata.seek(19)  # how many master states follow: there is none, of whose bytes Flink then says what is wrong
        metadata.write(b"\1")
    until(stack, lambda: newest in keeper(stack).state.damaged)
    until(stack, lambda: checkpoints(stack) >= 1)
    assert keeper(stack).state.restored == before


def test_state_that_a_bad_disk_changed_is_passed_over(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobkeeper, "INTERVAL", 0)
    two_more_checkpoints(stack)
    newest = kill_engine(stack)
    before = newest_checkpoint(stack.data / "flink", {newest})
    file = next(path for path in newest.iterdir() if path.name != "_metadata")
    content = bytearray(file.read_bytes())
    content[-len(content) // 50] ^= 1  # the state is at the end; what comes before tells how to read it
    file.write_bytes(content)
    until(stack, lambda: newest in keeper(stack).state.damaged)
    until(stack, lambda: checkpoints(stack) >= 1)
    assert keeper(stack).state.restored == before


def test_a_killed_broker_comes_back_with_its_port_and_data(heap_stack: Stack) -> None:
    stack = heap_stack
    assert stack.broker
    servers, before = stack.bootstrap_servers, counts(stack)
    kill(stack.broker.process.pid)
    until(stack, lambda: not stack.broker.alive())
    until(stack, lambda: stack.broker.ready())
    assert stack.bootstrap_servers == servers
    assert counts(stack)[: len(before)] == before
    two_more_checkpoints(stack)


def test_a_worker_that_stands_still_is_noticed_and_replaced(heap_stack: Stack) -> None:
    stack = heap_stack
    victims, engine = stack.pool.pids(), stack.server.process.pid
    for pid in victims:
        os.kill(pid, signal.SIGSTOP)
    until(stack, lambda: stack.server.process.pid != engine)
    until(stack, lambda: checkpoints(stack) >= 1)
    assert not set(victims) & set(stack.pool.pids())
    assert not any(runs(pid) for pid in victims), "what was paused must not wake and write beside its successor"


def test_stopping_leaves_no_process(stack: Stack) -> None:
    pids = [part.process.pid for part in (stack.broker, stack.server, stack.pool) if part] + stack.pool.pids()
    started = time.monotonic()
    stack.stop()
    assert time.monotonic() - started < 10
    assert not [pid for pid in pids if pid and runs(pid)]
    assert not (stack.data / "run.json").exists()
