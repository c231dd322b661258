"""Archives of the JVMs' classes: used when intact, made anew when not; no state of the cache keeps a JVM from running."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.engine import class_data
from deploy.engine.broker import JVM
from deploy.engine.class_data import ClassData
from deploy.guard import jar as guard
from deploy.jars.java import find_java

#: Kafka's and Flink's jars are large; any jar shows the same.
MAIN = ("-m", "java.base/sun.security.tools.keytool.Main", "-help")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ClassData:
    directory = tmp_path_factory.mktemp("archives")
    jar = Path(shutil.copy(guard.JAR, directory / "some.jar"))
    return ClassData("some", find_java(), [jar], directory / "cache", directory / "some.classes")


def run(data: ClassData) -> str:
    """Run a program with the options; returns where the JVM found its classes."""
    command = [data.java, *JVM, *data.options(), "-Xlog:class+load", "-cp", str(data.jars[0]), *MAIN]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def content(data: ClassData) -> bytes:
    """What an archive holds that was made from a first run."""
    assert data.options() == (f"-XX:DumpLoadedClassList={data.classes}",)
    run(data)
    data.make()
    archive = data.archive()
    assert archive
    return archive.read_bytes()


@pytest.fixture
def made(data: ClassData, content: bytes) -> Path:
    """The archive as it was made, whatever the test before did to it."""
    for left in data.cache.iterdir():
        left.unlink()
    archive = data.cache / f"some-{data.key()}-{hashlib.sha256(content).hexdigest()}.jsa"
    archive.write_bytes(content)
    return archive


def test_the_run_after_the_first_one_uses_the_archive(data: ClassData, made: Path) -> None:
    assert data.options() == (f"-XX:SharedArchiveFile={made}",)
    assert "source: shared objects file" in run(data)


def cut(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-5000])


def flip(archive: Path) -> None:
    damaged = bytearray(archive.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    archive.write_bytes(damaged)


def empty(archive: Path) -> None:
    archive.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flip, empty, Path.unlink])
def test_a_damaged_archive_is_not_used(data: ClassData, made: Path, damage: Callable[[Path], object]) -> None:
    """Java does not check: it crashes when a part is missing."""
    damage(made)
    assert data.archive() is None
    run(data)


def test_a_damaged_archive_is_made_anew(data: ClassData, made: Path) -> None:
    cut(made)
    data.make()
    assert data.archive()
    assert "source: shared objects file" in run(data)
    assert [path.suffix for path in data.cache.iterdir()] == [".jsa"]


def test_an_archive_of_jars_that_changed_is_not_used(data: ClassData, made: Path) -> None:
    os.utime(data.jars[0], (1_000_000_000, 1_000_000_000))  # Java compares size and time
    assert data.archive() is None


def test_a_cache_that_cannot_be_written_is_left_alone(
    data: ClassData, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_data.os, "access", lambda *_: False)
    assert data.options() == (f"-XX:SharedArchiveFile={made}",)
    made.unlink()
    assert data.options() == ()
    shutil.rmtree(data.cache)
    data.cache.write_text("a file where the directory should be")
    assert data.options() == ()
    run(data)
    data.cache.unlink()
    data.cache.mkdir()


def test_the_command_says_what_failed_and_makes_the_rest(
    data: ClassData, made: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_data.os, "nice", lambda _: 0)
    wrong = replace(data, name="wrong", java=data.classes)  # no program
    none = replace(data, name="none", classes=data.classes.with_name("no list"))
    monkeypatch.setattr(ClassData, "key", lambda _: "key")
    assert class_data.main(class_data.command([wrong, none])[3:]) == 1
    assert "wrong: no archive of its classes was made" in capfd.readouterr().err
