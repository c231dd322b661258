"""Snapshots are taken when they are due, whole or not at all: processes are killed, disks are full, others take one too."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pipelines.newness import snapshot_file, snapshots
from pipelines.newness.known import Known
from pipelines.newness.snapshots import NAME, Snapshots
from tests.support.known_topics import ListTopics, Log, filled, read_all, records, started, take


def killed_at(line: int, log: Log, directory: Path) -> bool:
    """Take a snapshot in a process that kills itself before the given line of the files of snapshots, counted as they
    are executed. Returns whether it was killed."""
    child = os.fork()
    if child == 0:
        left = [line]

        def trace(frame, event, _):
            if Path(frame.f_code.co_filename).name not in ("snapshots.py", "snapshot_file.py"):
                return None
            if event == "line":
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        take(log, directory)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_a_process_that_is_killed_before_any_line_of_taking_a_snapshot_leaves_a_good_one(tmp_path) -> None:
    snapshot_file.code_digest()
    log = filled(list(range(6)))
    take(log, tmp_path)
    first = (tmp_path / NAME).read_bytes()
    for number in range(6, 9):
        log.add(*records()[number])
    expected, line, kept = read_all(log), 1, 0
    while killed_at(line, log, tmp_path):
        kept += (tmp_path / NAME).read_bytes() == first
        for left in tmp_path.glob("making-*"):
            left.unlink()
        found, _, reasons = started(log, tmp_path)
        assert found == expected and reasons == [], line
        line += 1
    assert line > 60 and 0 < kept < line


def test_what_a_killed_process_left_is_removed_and_what_is_being_made_is_not(tmp_path) -> None:
    old, new = tmp_path / "making-old", tmp_path / "making-new"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    snapshot_file.new_file(tmp_path)
    assert not old.exists() and new.exists()


def test_processes_that_take_one_at_the_same_time_do_not_spoil_it(tmp_path) -> None:
    log = filled(list(range(40)))
    threads = [threading.Thread(target=take, args=(log, tmp_path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found, _, reasons = started(log, tmp_path)
    assert found == read_all(log) and reasons == []
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_snapshot_that_cannot_be_written_is_told_and_the_one_before_stays(tmp_path, monkeypatch) -> None:
    log = filled(list(range(20)))
    take(log, tmp_path)
    before = (tmp_path / NAME).read_bytes()
    log.add(*records()[30])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshots.shutil, "copyfile", full)
    with capture_logs() as logs:
        take(log, tmp_path)
    assert [(line["event"], "No space" in line["reason"]) for line in logs if line["log_level"] == "warning"] == [
        ("snapshot not taken", True)
    ]
    assert (tmp_path / NAME).read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_it_is_taken_in_a_thread_when_enough_records_came(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(snapshots, "RECORDS", 10)
    log, through = filled([4]), threading.Event()
    opened: list[ListTopics] = []

    def make_topics() -> ListTopics:
        opened.append(ListTopics(log))
        monkeypatch.setattr(opened[-1], "close", through.set)
        return opened[-1]

    taking = Snapshots(tmp_path, make_topics)
    taking.start(Known(), ListTopics(log))
    taking.count(8)
    assert not opened
    taking.count(1)
    assert through.wait(120)
    assert started(log, tmp_path)[2] == []


def test_a_long_first_reading_is_saved_on_the_way(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(snapshots, "RECORDS", 10)
    monkeypatch.setattr(snapshots, "READING", 0.0)
    log = filled(list(range(35)))
    read = ListTopics.read

    def breaks(self):
        for number, row in enumerate(read(self)):
            if number == 25:
                raise ConnectionError("the broker is gone")
            yield row

    with monkeypatch.context() as patched, pytest.raises(ConnectionError):
        patched.setattr(ListTopics, "read", breaks)
        started(log, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    taken: list[int] = []
    with monkeypatch.context() as patched:
        patched.setattr(snapshots, "take_record", lambda *_: taken.append(1))
        started(log, tmp_path)
    assert len(taken) == 15
