"""Which checkpoint a job starts from, and which are deleted."""

import os
import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.engine.checkpoints import (
    MAGIC,
    RETAINED,
    complete_checkpoints,
    newest_checkpoint,
    other_backend,
    remove_earlier_runs,
)


def checkpoint(root: Path, name: str, age: float, header: bytes = struct.pack(">I", MAGIC)) -> Path:
    """A complete checkpoint of `age` seconds; `name` is relative to the root."""
    directory = root / name
    directory.mkdir(parents=True)
    metadata = directory / "_metadata"
    metadata.write_bytes(header + b"the rest")
    os.utime(metadata, (1_000_000 - age, 1_000_000 - age))
    return directory


def test_nothing_there(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path) is None
    assert newest_checkpoint(tmp_path / "absent") is None
    assert remove_earlier_runs(tmp_path, "job") == []


def test_the_newest_over_all_jobs_wins_whatever_its_number(tmp_path: Path) -> None:
    old = checkpoint(tmp_path, "checkpoints/aaa/chk-900", age=60)
    new = checkpoint(tmp_path, "checkpoints/bbb/chk-2", age=10)
    older = checkpoint(tmp_path, "checkpoints/bbb/chk-1", age=20)
    assert complete_checkpoints(tmp_path) == [new, older, old]
    assert newest_checkpoint(tmp_path) == new
    assert newest_checkpoint(tmp_path, damaged={new}) == older
    assert newest_checkpoint(tmp_path, damaged={new, older, old}) is None


def test_numbers_count_as_numbers_when_times_are_equal(tmp_path: Path) -> None:
    checkpoint(tmp_path, "checkpoints/aaa/chk-9", age=5)
    ten = checkpoint(tmp_path, "checkpoints/aaa/chk-10", age=5)
    assert newest_checkpoint(tmp_path) == ten


def test_incomplete_and_foreign_directories_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "checkpoints" / "aaa" / "chk-7").mkdir(parents=True)
    (tmp_path / "checkpoints" / "aaa" / "shared").mkdir()
    checkpoint(tmp_path, "checkpoints/aaa/chk-8", age=1, header=b"")
    good = checkpoint(tmp_path, "checkpoints/aaa/chk-6", age=9)
    assert complete_checkpoints(tmp_path) == [good]


def test_a_savepoint_is_a_place_to_start_from(tmp_path: Path) -> None:
    checkpoint(tmp_path, "checkpoints/aaa/chk-5", age=20)
    savepoint = checkpoint(tmp_path, "savepoints/savepoint-aaa-1f2e", age=10)
    assert newest_checkpoint(tmp_path) == savepoint


def test_earlier_runs_go_once_the_new_one_has_enough_of_its_own(tmp_path: Path) -> None:
    earlier = checkpoint(tmp_path, "checkpoints/old/chk-5", age=100)
    savepoint = checkpoint(tmp_path, "savepoints/savepoint-old-1f2e", age=90)
    for number in range(1, RETAINED):
        checkpoint(tmp_path, f"checkpoints/new/chk-{number}", age=50 - number)
    assert remove_earlier_runs(tmp_path, "new") == []
    assert earlier.exists()
    checkpoint(tmp_path, f"checkpoints/new/chk-{RETAINED}", age=1)
    assert remove_earlier_runs(tmp_path, "new") == [tmp_path / "checkpoints" / "old"]
    assert not earlier.exists()
    assert savepoint.exists()
    assert len(complete_checkpoints(tmp_path)) == RETAINED + 1


def test_only_a_savepoint_is_carried_into_another_backend(tmp_path: Path) -> None:
    assert other_backend(tmp_path, "heap") is None
    checkpoint(tmp_path, "checkpoints/aaa/chk-5", age=20)
    assert other_backend(tmp_path, "rocksdb") == "heap"
    assert other_backend(tmp_path, "heap") is None
    checkpoint(tmp_path, "savepoints/savepoint-aaa-1f2e", age=10)
    assert other_backend(tmp_path, "rocksdb") is None
    checkpoint(tmp_path, "checkpoints/bbb/chk-1", age=1)
    assert other_backend(tmp_path, "heap") == "rocksdb"
    (tmp_path / "backend").write_text("")
    assert other_backend(tmp_path, "heap") is None, "a power cut took what the note said"


@given(st.binary(max_size=8))
def test_any_bytes_may_stand_in_the_metadata(tmp_path_factory, content: bytes) -> None:
    root = tmp_path_factory.mktemp("any")
    directory = checkpoint(root, "checkpoints/aaa/chk-1", age=1, header=content)
    good = (content + b"the rest").startswith(struct.pack(">I", MAGIC))
    assert complete_checkpoints(root) == ([directory] if good else [])
