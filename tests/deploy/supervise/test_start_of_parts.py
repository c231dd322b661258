"""When a run starts its parts and makes the archives of classes: with a stack without servers."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.supervise import run
from deploy.supervise.supervisor import FETCHES
from schemas.settings import Settings


class MadeUpStack:
    """Adds the parts to `happened`. Each of `checks` says what the job has reached: the attributes it sets."""

    def __init__(self, data: Path, checks: list[dict[str, bool]]) -> None:
        self.settings, self.settings_file = Settings(data=data), data / "settings.json"
        self.bootstrap_servers = "127.0.0.1:1"
        self.stop = threading.Event()
        self.tasks_ran = self.completed = False
        self.happened: list[set[str]] = []
        self._checks = checks

    def check(self) -> None:
        vars(self).update(self._checks.pop(0))
        self.happened.append(set())
        if not self._checks:
            self.stop.set()

    def job_tasks_ran(self) -> bool:
        return self.tasks_ran

    def checkpointed(self) -> bool:
        return self.completed

    def add(self, part: Any, *_: object, **__: object) -> None:
        self.happened[-1].add(part.name)

    def make_class_data(self) -> None:
        self.happened[-1].add("class data")

    def watch_over(self, *_: object) -> None:
        pass


def happened(tmp_path: Path, *checks: dict[str, bool]) -> list[set[str]]:
    """What `supervise` did after each check of the stack."""
    stack: Any = MadeUpStack(tmp_path, list(checks))
    watch: Any = SimpleNamespace(start=lambda: None, feeds=1, answers=0, ticked=0, done=threading.Event())
    files: Any = SimpleNamespace(look=lambda again: None)
    run.supervise(stack, watch, stack.stop, files, threading.Event())
    told: list[set[str]] = stack.happened
    return told


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CHECK", 0)
    monkeypatch.setattr(run, "AT_FIRST", 0)


def test_polling_starts_when_all_tasks_ran_and_the_rest_with_the_first_checkpoint(tmp_path: Path) -> None:
    steps = happened(tmp_path, {}, {"tasks_ran": True}, {}, {"completed": True}, {})
    assert steps == [set(), {FETCHES}, set(), {"metrics", "page", "class data"}, set()]


def test_all_start_without_the_job_when_it_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "OTHERS", -1)
    assert happened(tmp_path, {}) == [{"metrics", "page"}]
    monkeypatch.setattr(run, "PATIENCE", -1)
    assert happened(tmp_path, {}) == [{"metrics", "page", FETCHES, "class data"}]
