"""The record that a process works on is in its mark; a record that ended two processes is refused."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines import guard as guarding
from pipelines.guard import DEATHS, EndedWorkers, Guard, read_deaths, read_mark


def test_the_mark_names_the_record_at_work_and_is_empty_in_between(tmp_path: Path) -> None:
    mark = tmp_path / "0.mark"
    guard = Guard(mark)
    assert read_mark(mark.read_bytes()) is None
    with guard.work("articles.raw-0-7", "clean"):
        assert read_mark(mark.read_bytes()) == (1, threading.get_native_id(), "clean", "articles.raw-0-7")
    assert read_mark(mark.read_bytes()) is None
    with pytest.raises(ZeroDivisionError), guard.work("articles.raw-0-8", "tag"):
        1 / 0  # noqa: B018
    assert read_mark(mark.read_bytes()) is None
    with guard.work("x" * 5000, "tag"):
        assert read_mark(mark.read_bytes())[::2] == (3, "tag")


def test_the_mark_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    program = f"""
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pipelines.guard import Guard
with Guard(Path({str(tmp_path / "0.mark")!r})).work("articles.raw-1-2", "statements"):
    print("at work", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    assert read_mark((tmp_path / "0.mark").read_bytes())[2:] == ("statements", "articles.raw-1-2")


def test_a_record_that_ended_two_processes_is_refused_and_the_next_is_not(tmp_path: Path) -> None:
    guard = Guard(tmp_path / "0.mark")
    with guard.work("a", "clean"):
        pass
    (tmp_path / DEATHS).write_text(json.dumps({"a": [2, "clean took too long"], "b": [1, "killed"]}))
    with pytest.raises(EndedWorkers, match="ended 2 worker processes: clean took too long"), guard.work("a", "clean"):
        pass
    for key in ("b", "c"):
        with guard.work(key, "clean"):
            pass


@pytest.mark.parametrize("text", ["", "[", "[1]", '{"a": 1}', '{"a": ["x", "y"]}', "null"])
def test_a_damaged_file_of_deaths_refuses_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / DEATHS).write_text(text)
    assert read_deaths(tmp_path / DEATHS) == {}
    assert read_mark(text.encode()) is None


def test_one_record_at_a_time_is_worked_on_by_all_threads(tmp_path: Path) -> None:
    guard, order = Guard(tmp_path / "0.mark"), []

    def work(key: str) -> None:
        with guard.work(key, "clean"):
            order.append(key)
            time.sleep(0.02)
            order.append(key)

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one == other for one, other in zip(order[::2], order[1::2], strict=True))


def test_threads_that_start_together_share_one_guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Guard):
        def __init__(self, mark: Path | None = None) -> None:
            time.sleep(0.05)
            super().__init__(mark)

    monkeypatch.setattr(guarding, "Guard", Slow)
    monkeypatch.setenv(guarding.MARK, str(tmp_path / "0.mark"))
    guarding._guard.cache_clear()
    try:
        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(lambda _: guarding.guard(), range(8)))) == 1
    finally:
        guarding._guard.cache_clear()


def test_it_costs_microseconds(tmp_path: Path) -> None:
    guard = Guard(tmp_path / "0.mark")
    started = time.process_time()
    for _ in range(10_000):
        with guard.work("articles.raw-0-123456", "statements"):
            pass
    each = (time.process_time() - started) / 10_000
    print(f"{each * 1e6:.1f} microseconds a record and step")
    assert each < 50e-6
