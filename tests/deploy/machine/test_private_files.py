"""Only the owner can read the data directory, whichever part wrote a file and whenever."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.machine.data_directory import PRIVATE, close_to_others, lock
from deploy.machine.process import Process, wait_ready
from tests.support.strangers import as_stranger, strangers_python


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def old_directory(root: Path) -> Path:
    """As earlier versions left it, with something of its user's beside."""
    data = root / "data"
    (data / "kafka" / "articles.raw-0").mkdir(parents=True)
    for name in ("kafka/articles.raw-0/0.log", "run.json", "letters.txt"):
        (data / name).write_text("x")
    (data / "logs").mkdir(mode=0o777)
    (data / "logs" / "elsewhere").symlink_to(root / "elsewhere")
    (root / "elsewhere").write_text("x")
    (data / "kafka" / "run.sh").write_text("x")
    (data / "kafka" / "run.sh").chmod(0o755)
    return data


def test_what_is_there_already_is_closed_when_it_is_locked(tmp_path: Path) -> None:
    data = old_directory(tmp_path)
    with lock(data):
        assert mode(data) == 0o700
        assert mode(data / "kafka" / "articles.raw-0") == 0o700
        assert mode(data / "kafka" / "articles.raw-0" / "0.log") == 0o600
        assert mode(data / "kafka" / "run.sh") == 0o700
        assert mode(data / "run.json") == mode(data / "version") == mode(data / "lock") == 0o600
        assert mode(data / "letters.txt") == 0o644, "not ours, and unreachable all the same"
        assert mode(tmp_path / "elsewhere") == 0o644, "a link is not followed"
        (data / "new").write_text("x")
        assert mode(data / "new") == 0o600
    assert close_to_others(data) == 0


def test_what_a_part_writes_is_closed_and_so_is_its_log(tmp_path: Path) -> None:
    code = "import pathlib, time; pathlib.Path('{0}').mkdir(); pathlib.Path('{0}/f').touch(); print('up', flush=True);"
    target = tmp_path / "made"
    child = Process("child", [sys.executable, "-c", code.format(target) + "time.sleep(100)"], tmp_path / "child.log")

    class Writer:
        name, process = "writer", child

        def start(self) -> None:
            child.start()

        def ready(self) -> bool:
            return "up" in child.tail()

    child.start()
    wait_ready(Writer())
    child.kill()
    assert (mode(target), mode(target / "f"), mode(child.log)) == (0o700, 0o600, 0o600)


def test_another_user_reads_nothing(tmp_path: Path) -> None:
    shared = Path(tempfile.gettempdir())
    for parent in [tmp_path, *(p for p in tmp_path.parents if shared in p.parents)]:
        parent.chmod(0o755)
    data = old_directory(tmp_path)
    assert as_stranger(["cat", data / "run.json"]).returncode == 0
    with lock(data):
        for command in (["cat", data / "run.json"], ["ls", data], ["cat", data / "kafka" / "articles.raw-0" / "0.log"]):
            assert "Permission denied" in as_stranger(command).stderr
    assert PRIVATE == 0o077


def test_another_user_is_told_who_may_ask() -> None:
    with tempfile.TemporaryDirectory() as directory:  # not pytest's, which others cannot look into
        Path(directory).chmod(0o755)
        data = Path(directory, "data")
        data.mkdir(mode=0o700)
        (data / "run.json").write_text("{}", encoding="utf-8")
        tried = [
            as_stranger([strangers_python(), "-m", "deploy.cli", name, "--data", data]) for name in ("status", "stop")
        ]
    for done in tried:
        assert done.returncode == 2, done.stderr
        assert done.stderr.strip().endswith("only its owner may read it: sudo -u root borderwire …")
