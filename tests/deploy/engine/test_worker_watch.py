"""The watch over worker processes: which limit ends a worker, and which deaths count against a record."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from deploy.engine import pool_server, worker_watch
from deploy.engine.pool_messages import StartWorkerRequest, StopWorkerRequest
from deploy.engine.pool_server import Servicer
from deploy.engine.worker_watch import CLOCK, MEMORY, SECONDS, Deaths, Patience, Seen, see
from pipelines.guard import DEATHS, AtWork, read_deaths
from tests.support.waiting import until

MARKED = AtWork(1, 77, "clean", "articles.raw-0-7")


def seen(**changes: Any) -> Seen:
    return Seen(**{"mark": MARKED, "cpu": 100.0, "memory": 10**9, "stopped": False} | changes)


def test_patience_ends_with_processor_time_memory_or_the_clock() -> None:
    for changes, words in (({"cpu": 101 + SECONDS}, "processor time"), ({"memory": 10**9 + MEMORY + 1}, "memory")):
        patience = Patience()
        assert patience.look(seen(), 0.5) is None
        assert words in (patience.look(seen(**changes), 0.5) or "")
    patience = Patience()
    ticks = [patience.look(seen(), 0.5) for _ in range(int(CLOCK * 2) + 3)]
    assert ticks[-1] == f"clean took more than {CLOCK:.0f} s" and not any(ticks[:-3])


def test_the_next_record_begins_anew_and_a_pause_does_not_count() -> None:
    patience = Patience()
    patience.look(seen(), 0.5)
    assert patience.look(seen(mark=AtWork(2, 77, "clean", "articles.raw-0-8"), cpu=500.0), 0.5) is None
    assert patience.look(seen(mark=AtWork(2, 77, "clean", "articles.raw-0-8"), cpu=500.0), 3600) is None, (
        "the watcher slept"
    )
    for _ in range(1000):
        assert (
            patience.look(seen(mark=AtWork(2, 77, "clean", "articles.raw-0-8"), cpu=500.0, stopped=True), 0.5) is None
        )


def test_only_the_thread_that_works_on_the_record_counts() -> None:
    """Another thread reads or encodes other records meanwhile: a cheap record must not pay for that."""
    me = psutil.Process()
    mark = f"1 {threading.get_native_id()} alert articles.raw-0-7\n".encode()
    before, burned = see(me, mark), me.cpu_times().user
    burner = threading.Thread(target=lambda: [hashlib.sha256(bytes(2**20)).digest() for _ in range(300)])
    burner.start()
    burner.join()
    after = see(me, mark)
    assert before and after
    assert after.cpu - before.cpu < (me.cpu_times().user - burned) / 2
    assert see(me, b"1 1 alert articles.raw-0-7\n") is None, "no such thread"


def test_deaths_are_counted_by_record_and_kept(tmp_path: Path) -> None:
    deaths = Deaths(tmp_path)
    for number in (1, 2):
        (tmp_path / f"{number}.mark").write_bytes(b"5 77 tag articles.raw-0-7\n\0")
        deaths.ended(tmp_path / f"{number}.mark", "killed by SIGSEGV")
        assert read_deaths(tmp_path / DEATHS) == {"articles.raw-0-7": (number, "killed by SIGSEGV")}
    (tmp_path / "3.mark").write_bytes(b"\0")
    deaths.ended(tmp_path / "3.mark", "killed by SIGKILL")
    assert len(read_deaths(tmp_path / DEATHS)) == 1, "nothing was worked on"
    (tmp_path / "4.mark").write_bytes(b"5 77 tag articles.raw-0-9\n\0")
    assert Deaths(tmp_path) and read_deaths(tmp_path / DEATHS)["articles.raw-0-9"] == (1, "the worker pool ended")
    assert list(tmp_path.glob("*.mark")) == []


def test_of_very_many_deaths_the_latest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_watch, "KEPT", 3)
    deaths = Deaths(tmp_path)
    for number in range(5):
        (tmp_path / "0.mark").write_bytes(f"5 77 tag key-{number}\n\0".encode())
        deaths.ended(tmp_path / "0.mark", "why")
    assert list(read_deaths(tmp_path / DEATHS)) == ["key-2", "key-3", "key-4"]


#: A worker that begins with a record and then does what it is told.
WORKER = """
import ctypes, os, sys, time
from pathlib import Path
from pipelines.guard import MARK, Guard
with Guard(Path(os.environ[MARK])).work("articles.raw-0-7", "clean"):
    Path(os.environ[MARK] + ".begun").touch()
    what = os.environ["WHAT"]
    while what == "burn":
        ctypes.PyDLL(None).strlen(b"x" * 10_000_000)
    held = []
    while what == "grow":
        held.append(b"x" * 20_000_000)
    time.sleep(60)
"""


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servicer]:
    monkeypatch.setattr(worker_watch, "SECONDS", 0.5)
    monkeypatch.setattr(worker_watch, "MEMORY", 300 * 2**20)
    monkeypatch.setattr(pool_server, "TETHER", tmp_path / "worker.py")
    (tmp_path / "worker.py").write_text(WORKER)
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    original = subprocess.Popen

    def start(command: list[str], **options: Any) -> Any:
        return original([sys.executable, str(tmp_path / "worker.py")], **options)

    monkeypatch.setattr(pool_server.subprocess, "Popen", start)
    monkeypatch.setattr(Servicer, "_refuse_strangers", lambda *_: None)
    servicer = Servicer(1, tmp_path / "marks")
    yield servicer
    for worker in servicer.workers.values():
        worker.process.kill()
        worker.process.wait()


def begin(pool: Servicer, what: str, monkeypatch: pytest.MonkeyPatch, name: str = "1") -> int:
    monkeypatch.setenv("WHAT", what)
    request = StartWorkerRequest(worker_id=name)
    assert not pool.StartWorker(request, grpc.ServicerContext).error
    worker = pool.workers[name]
    until(Path(f"{worker.mark}.begun").exists, every=0.02)
    return worker.process.pid


def look_until_gone(pool: Servicer, pid: int) -> None:
    deadline = time.monotonic() + 30
    while psutil.pid_exists(pid):
        pool.look()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def deaths(pool: Servicer) -> dict[str, tuple[int, str]]:
    return read_deaths(pool._directory / DEATHS)


def test_a_worker_that_burns_or_grows_in_native_code_is_ended(pool: Servicer, monkeypatch: pytest.MonkeyPatch) -> None:
    look_until_gone(pool, begin(pool, "burn", monkeypatch))
    assert deaths(pool) == {"articles.raw-0-7": (1, "clean took more than 0 s of processor time")}
    look_until_gone(pool, begin(pool, "grow", monkeypatch, "2"))
    assert deaths(pool) == {"articles.raw-0-7": (2, "clean took more than 300 MB of memory")}


def test_a_crash_counts_and_being_asked_to_end_does_not(pool: Servicer, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(pool, "wait", monkeypatch)
    pool.StopWorker(StopWorkerRequest(worker_id="1"), grpc.ServicerContext)
    assert deaths(pool) == {}
    pid = begin(pool, "wait", monkeypatch, "2")
    os.kill(pid, signal.SIGSEGV)
    pool.workers["2"].process.wait(10)
    begin(pool, "wait", monkeypatch, "3")  # the death is known before the next worker starts
    assert deaths(pool) == {"articles.raw-0-7": (1, "killed by SIGSEGV")}


def test_a_spare_worker_is_given_out_once_and_a_dead_one_never(pool: Servicer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHAT", "wait")
    pool.start_spares(2)
    dead, spare = (worker.process.pid for worker in pool._spares)
    os.kill(dead, signal.SIGKILL)
    until(lambda: psutil.Process(dead).status() == psutil.STATUS_ZOMBIE, every=0.02)
    assert begin(pool, "wait", monkeypatch, "1") == spare
    assert begin(pool, "wait", monkeypatch, "2") not in (dead, spare)


def test_a_worker_ends_when_no_address_comes() -> None:
    """The pool ended before Flink asked for the worker."""
    command = [sys.executable, "-m", "deploy.engine.worker"]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0
    assert "worker is loaded" in result.stderr
    assert "worker starts" not in result.stderr
