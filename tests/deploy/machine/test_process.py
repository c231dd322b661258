"""Child processes: started, stopped, never left behind; ports kept; restarts counted; Java found."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from deploy.jars.java import SUPPORTED, find_java, java_major, java_version
from deploy.machine import process as processes
from deploy.machine.ports import Ports, free
from deploy.machine.process import Process, ProcessError, identity, kill_leftover, wait_ready
from deploy.machine.restarts import KeepsFailing, Restarts
from schemas.write_whole import write_whole
from tests.support.paths import ROOT

FOREVER = "import time; print('up', flush=True); time.sleep(1000)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(1000)"
#: Starts a child of its own, prints its pid and ends at SIGTERM without looking after it.
PARENT = f"""
import subprocess, sys, time
print(subprocess.Popen([sys.executable, '-c', {DEAF!r}]).pid, flush=True)
time.sleep(1000)
"""


def python(code: str, tmp_path: Path, **env: str) -> Process:
    return Process("child", [sys.executable, "-c", code], tmp_path / "logs" / "child.log", env)


class Server:
    """A part that is ready once its log says what it should."""

    name = "server"

    def __init__(self, process: Process, lines: int = 1) -> None:
        self.process, self.lines = process, lines

    def start(self) -> None:
        self.process.start()

    def ready(self) -> bool:
        return len(self.process.tail(9).splitlines()) >= self.lines


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_output_goes_to_the_log_and_the_environment_is_added_to(tmp_path: Path) -> None:
    child = python("import os; print(os.environ['WORD'], 'PATH' in os.environ)", tmp_path, WORD="hello")
    child.start()
    assert child._child is not None
    child._child.wait(20)
    assert child.tail() == "hello True"
    assert child.returncode == 0
    assert not child.alive()


def test_temporary_files_go_when_it_starts_again(tmp_path: Path) -> None:
    code = "import tempfile, time; print(tempfile.mkstemp()[1], flush=True); time.sleep(1000)"
    temp = tmp_path / "tmp" / "child"
    child = Process("child", [sys.executable, "-c", code], tmp_path / "child.log", temp=temp)
    for _ in range(2):
        child.start()
        wait_ready(Server(child))
        child.kill()
        assert len(list(temp.iterdir())) == 1
        child.log.unlink()


def test_stop_asks_first(tmp_path: Path) -> None:
    server = Server(python(FOREVER, tmp_path))
    server.start()
    wait_ready(server)
    server.process.stop()
    assert server.process.returncode == -signal.SIGTERM
    server.process.stop()


def test_stop_kills_what_does_not_listen_and_what_it_started(tmp_path: Path) -> None:
    server = Server(python(PARENT, tmp_path), lines=2)
    server.start()
    wait_ready(server)
    grandchild = int(next(line for line in server.process.tail().splitlines() if line.isdecimal()))
    assert not gone(grandchild)
    server.process.stop(grace=5)
    assert server.process.returncode == -signal.SIGTERM
    assert gone(grandchild)
    deaf = Server(python(DEAF, tmp_path / "deaf"))
    deaf.start()
    wait_ready(deaf)
    deaf.process.stop(grace=0.05)
    assert deaf.process.returncode == -signal.SIGKILL


def test_it_cannot_run_twice_and_can_run_again(tmp_path: Path) -> None:
    server = Server(python(FOREVER, tmp_path))
    server.start()
    with pytest.raises(ProcessError, match="running already"):
        server.start()
    server.process.kill()
    server.start()
    assert server.process.alive()
    server.process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gathers timeouts")
def test_timeouts_may_be_as_late_as_the_part_allows(tmp_path: Path) -> None:
    code = "import ctypes; print(ctypes.CDLL(None).prctl(30))"  # PR_GET_TIMERSLACK, in nanoseconds
    told = []
    for late_ms in (0, 100):
        child = Process("child", [sys.executable, "-c", code], tmp_path / f"{late_ms}.log", late_ms=late_ms)
        child.start()
        assert child._child is not None
        child._child.wait(20)
        told.append(int(child.tail()))
    assert told == [50_000, 100_000_000]


def test_a_part_that_ends_at_its_start_says_why(tmp_path: Path) -> None:
    server = Server(python("import sys; sys.exit('OSError: address taken')", tmp_path), lines=99)
    server.start()
    with pytest.raises(ProcessError, match="server ended at its start:\nOSError: address taken"):
        wait_ready(server)
    assert server.process.ending() == "exit status 1: OSError: address taken"
    server.process = python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", tmp_path)
    server.start()
    with pytest.raises(ProcessError):
        wait_ready(server)
    assert server.process.ending() == "killed by SIGKILL"


def test_a_command_that_does_not_exist_says_so(tmp_path: Path) -> None:
    server = Server(Process("child", [tmp_path / "nothing"], tmp_path / "log"), lines=99)
    server.start()
    with pytest.raises(ProcessError, match="No such file"):
        wait_ready(server)


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = textwrap.dedent(f"""
        from pathlib import Path
        from deploy.machine.process import Process
        import sys, time
        child = Process("child", [sys.executable, "-c", {FOREVER!r}], Path({str(tmp_path / "log")!r}))
        child.start()
        while not child.tail():
            time.sleep(0.01)
        print(child.pid, flush=True)
        time.sleep(1000)
    """)

    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    psutil.wait_procs([child], 10)
    assert gone(child.pid)


def test_leftovers_are_killed_only_when_they_are_the_same_process(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", FOREVER], start_new_session=True, stdout=subprocess.DEVNULL) as left:
        found = identity(left.pid)
        assert found
        pid, started = found
        assert not kill_leftover(pid, started - 100)
        assert left.poll() is None
        killed = kill_leftover(pid, started, timeout=0)
        assert killed
        assert left.wait(10) == -signal.SIGKILL
    assert not kill_leftover(pid, started)


def test_a_large_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT", 10)
    child = python("", tmp_path)
    child.log.parent.mkdir()
    child.log.write_text("more than ten bytes")
    child.trim_log()
    assert child.log.read_text() == ""
    assert (tmp_path / "logs" / "child.log.1").read_text() == "more than ten bytes"


def test_ports_stay_unless_they_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    first = Ports(path).get("kafka")
    assert Ports(path).get("kafka") == first
    with socket.create_server(("127.0.0.1", first)):
        assert not free(first)
        other = Ports(path).get("kafka")
        assert other != first
    assert Ports(path).get("kafka") == other
    assert Ports(path).get("flink") != other


@pytest.mark.parametrize("left", ["", '{"kafka": 3', "[]", '{"kafka": "x"}', "\0\0"])
def test_a_file_of_ports_that_cannot_be_read_is_as_none(tmp_path: Path, left: str) -> None:
    (tmp_path / "ports.json").write_text(left)
    port = Ports(tmp_path / "ports.json").get("kafka")
    assert Ports(tmp_path / "ports.json").get("kafka") == port


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a power cut can take, whole files included, is what was not on the disk when its name was given to it."""
    path, done = tmp_path / "new" / "file", []
    write_whole(path, "old")
    replace = Path.replace
    monkeypatch.setattr(os, "fsync", lambda number: done.append(os.fstat(number).st_size))
    monkeypatch.setattr(Path, "replace", lambda new, old: done.append("named") or replace(new, old))
    write_whole(path, "newer")
    assert done == [5, "named"]
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_whole(path, "newest")
    assert path.read_text() == "newer"


def test_restarts_wait_longer_and_longer_and_then_give_up() -> None:
    restarts = Restarts("broker", limit=5, window=120)
    assert [restarts.ended(now, "why") - now for now in (0, 10, 20, 30)] == [0.5, 1, 2, 4]
    with pytest.raises(KeepsFailing, match="broker ended 5 times within 120 s: disk full"):
        restarts.ended(40, "disk full")


def test_restarts_far_apart_do_not_add_up() -> None:
    restarts = Restarts("broker", limit=2, window=120)
    assert [restarts.ended(now, "why") - now for now in (0, 120, 240)] == [0.5, 0.5, 0.5]
    restarts.healthy()
    assert restarts.ended(250, "why") == 250.5


@pytest.mark.parametrize(
    ("text", "major"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "1.8.0_392"', 8), ('version "21"', 21), ("", None)],
)
def test_the_java_version_is_read(text: str, major: int | None) -> None:
    assert java_major(text) == major


def fake_java(directory: Path, version: str) -> Path:
    java = directory / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return java


def test_a_supported_java_is_preferred_to_the_bundled_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(fake_java(tmp_path / "old", "11.0.2").parent) + os.pathsep + "/bin")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "new"))
    assert find_java() not in (tmp_path / "old" / "bin" / "java", tmp_path / "new" / "bin" / "java")
    assert java_version(find_java()) in SUPPORTED
    java = fake_java(tmp_path / "new", "21.0.1")
    assert find_java() == java
