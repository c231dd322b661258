"""The file that Kafka's tool wrote once, in the cache: only the newest is kept, and half a file is never used."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.engine import kafka_storage
from deploy.engine.class_data import ClassData
from deploy.engine.kafka_storage import BOOTSTRAP, format_from, keep_format

Written = Callable[[bytes], Path]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClassData:
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(ClassData, "key", lambda _: "now")
    return ClassData("kafka", tmp_path / "java", [], tmp_path / "cache", tmp_path / "classes")


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """A storage directory that Kafka's tool has formatted."""

    def write(content: bytes) -> Path:
        directory = tmp_path / f"tool{len(list(tmp_path.iterdir()))}"
        directory.mkdir()
        (directory / BOOTSTRAP).write_bytes(content)
        return directory

    return write


def test_what_the_tool_wrote_formats_the_next_directory(cache: ClassData, written: Written, tmp_path: Path) -> None:
    assert not format_from(cache, tmp_path / "next", 1)
    keep_format(cache, written(b"versions"))
    assert format_from(cache, tmp_path / "next", 1)
    assert (tmp_path / "next" / BOOTSTRAP).read_bytes() == b"versions"
    (kept,) = cache.cache.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o644


def test_files_of_earlier_jars_are_removed_but_nothing_else(cache: ClassData, written: Written) -> None:
    others = {"kafka-before-1.jsa", "other-before-1.bootstrap"}
    for name in (*others, "kafka-before-1.bootstrap", "kafka-now-1.bootstrap"):
        (cache.cache / name).write_bytes(b"old")
    keep_format(cache, written(b"versions"))
    new = {path.name for path in cache.cache.iterdir()} - others
    assert len(new) == 1
    assert kafka_storage._kept(cache) == b"versions"


def test_runs_that_start_at_once_leave_one_whole_file(cache: ClassData, written: Written) -> None:
    content = b"versions" * 100_000
    directories = [written(content) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda directory: keep_format(cache, directory), directories))
    assert len(list(cache.cache.iterdir())) == 1
    assert kafka_storage._kept(cache) == content


def test_a_cache_that_cannot_be_written_to_is_left_alone(
    cache: ClassData, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    keep_format(cache, written(b"versions"))
    assert list(cache.cache.iterdir()) == []
