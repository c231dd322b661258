"""The supervisor's reaction to its parts, with fake processes and a fake clock."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.machine.heartbeat import Beat
from deploy.machine.restarts import KeepsFailing
from deploy.supervise.run_settings import with_kafka
from deploy.supervise.servers import Servers
from deploy.supervise.supervisor import FETCHES, JOB, KAFKA, Stack
from schemas.settings import Settings


class Process:
    def __init__(self, name: str) -> None:
        self.name, self.pid, self.runs, self.killed = name, None, False, 0

    def alive(self) -> bool:
        return self.runs

    def start(self) -> None:
        self.runs, self.pid = True, 1

    def kill(self) -> None:
        self.runs = False
        self.killed += 1

    stop = kill

    def trim_log(self) -> None:
        pass

    def ending(self) -> str:
        return "exit status 1: no luck"


class Part:
    def __init__(self, name: str) -> None:
        self.name, self.process = name, Process(name)

    def start(self) -> None:
        self.process.start()

    def alive(self) -> bool:
        return self.process.alive()

    def ready(self) -> bool:
        return True


class World:
    """A stack of broker, engine, pool and connectors, which give a sign of life as far as `signs` says so."""

    def __init__(self, data: Path) -> None:
        self.now, self.free, self.count = 1000.0, 10**12, 0
        self.signs = {KAFKA, JOB, FETCHES}
        self.last = dict.fromkeys(self.signs, 0)
        self.broker, self.engine, self.pool, self.connectors = map(Part, ("broker", "flink", "workers", FETCHES))
        self.engine.rest = SimpleNamespace(url="http://127.0.0.1:1")  # type: ignore[attr-defined]
        settings = with_kafka(Settings(data=data), "127.0.0.1:2")
        servers: Any = Servers(self.engine, self.pool, self.broker)  # type: ignore[arg-type]
        stack = self.stack = Stack(settings, servers, data / "settings.json", clock=lambda: self.now)
        stack.disk.free = lambda: self.free
        for part in servers:
            part.start()
        stack.add(self.connectors, Beat(lambda: self.sign(FETCHES), 45))
        stack.watch_over(Beat(lambda: self.sign(KAFKA), 30), Beat(lambda: self.sign(JOB), 50, 240))
        self.after(1)

    def sign(self, name: str) -> int:
        if name in self.signs:
            self.last[name] += 1
        return self.last[name]

    def after(self, seconds: float) -> None:
        """Time passes, with a look every half second, as in a run."""
        for _ in range(int(2 * seconds)):
            self.now += 0.5
            self.stack.check()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_ends_is_started_again_and_counted(world: World) -> None:
    world.connectors.process.runs = False
    world.after(2)
    assert world.connectors.process.runs
    note = json.loads((world.stack.data / "run.json").read_text())
    assert note["restarts"] == {FETCHES: 1}


def test_what_keeps_ending_stops_the_whole_with_its_reason(world: World) -> None:
    with pytest.raises(KeepsFailing, match="connectors ended 5 times within 120 s: exit status 1: no luck"):
        for _ in range(200):
            world.connectors.process.runs = False
            world.after(1)


def test_a_part_that_hangs_is_killed_within_a_minute(world: World) -> None:
    world.signs.remove(FETCHES)
    world.after(44)
    assert not world.connectors.process.killed
    world.after(5)
    assert world.connectors.process.killed == 1
    assert world.connectors.process.runs
    assert not world.broker.process.killed


def test_a_job_that_does_not_tick_takes_engine_and_workers_with_it(world: World) -> None:
    world.signs.remove(JOB)
    world.after(55)
    assert world.engine.process.killed == world.pool.process.killed == 1
    assert world.engine.process.runs
    assert world.pool.process.runs


def test_after_the_engine_ended_the_job_has_as_much_time_as_at_the_first_start(world: World) -> None:
    world.engine.process.runs = False
    world.signs.remove(JOB)
    world.after(200)
    assert world.engine.process.runs
    assert not world.engine.process.killed, "its job may take that long to start"
    world.after(60)
    assert world.engine.process.killed == 1


def test_a_broker_that_hangs_is_to_blame_for_all_others(world: World) -> None:
    world.signs.clear()
    world.after(40)
    assert world.broker.process.killed == 1
    assert world.broker.process.runs
    assert not world.connectors.process.killed + world.engine.process.killed
    world.signs |= {KAFKA, JOB, FETCHES}
    world.after(300)
    assert world.broker.process.killed == 1
    assert not world.connectors.process.killed + world.engine.process.killed


def test_fetching_pauses_while_the_disk_is_low_and_nothing_starts_on_a_full_one(world: World) -> None:
    world.free = world.stack.settings.min_free_disk - 1
    world.after(10)
    assert not world.connectors.process.runs
    assert world.engine.process.runs
    assert json.loads((world.stack.data / "run.json").read_text())["paused"]
    world.free = 1
    world.engine.process.runs = False
    world.after(60)
    assert not world.engine.process.runs
    world.free = 10**12
    world.after(2)
    assert world.connectors.process.runs
    assert world.engine.process.runs
    note = json.loads((world.stack.data / "run.json").read_text())
    assert note["restarts"] == {"flink": 1}
