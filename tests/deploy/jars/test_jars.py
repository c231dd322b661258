"""Fetching the pinned jars from a server on loopback: resumed, checked, retried, then offline."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from deploy.jars import download
from deploy.jars.cache import CLUSTER, KAFKA_METRICS, LOCK, SETS, Jar, cache_dir, fetch, read_lock
from deploy.jars.download import Download, DownloadError


class Maven(ThreadingHTTPServer):
    """Serves `files` (path → bytes); each path in `faults` answers with its statuses first, or cuts off for "cut"."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[int | str]] = {}
        self.seen: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Maven

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.seen.append((self.path, wanted))
        fault = self.server.faults[self.path].pop(0) if self.server.faults.get(self.path) else None
        body = self.server.files.get(self.path)
        if isinstance(fault, int) or body is None:
            self.send_error(fault if isinstance(fault, int) else 404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start : len(body) // 2] if fault == "cut" else body[start:])

    def log_message(self, format: str, *args: object) -> None:
        pass


JARS = {"a-1.0.jar": b"first jar" * 1000, "b-2.0-linux.jar": b"second jar" * 5000}


@pytest.fixture
def maven(monkeypatch: pytest.MonkeyPatch) -> Iterator[Maven]:
    server = Maven()
    server.files["/org/x/a/1.0/a-1.0.jar"] = JARS["a-1.0.jar"]
    server.files["/org/x/b/2.0/b-2.0-linux.jar"] = JARS["b-2.0-linux.jar"]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("BORDERWIRE_MAVEN", server.url)
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    a, b = (f"{hashlib.sha256(body).hexdigest()} {len(body)}" for body in JARS.values())
    path = tmp_path / "jars.lock"
    path.write_text(f"# a comment\n\n[kafka]\norg.x:a:1.0 {a}\n\n[flink]\norg.x:b:2.0:linux {b}\norg.x:a:1.0 {a}\n")
    return path


def test_fetches_each_jar_once_and_is_offline_the_second_time(maven: Maven, lock: Path, tmp_path: Path) -> None:
    paths = fetch(tmp_path / "cache", lock=lock)
    assert {name: [p.name for p in group] for name, group in paths.items()} == {
        "kafka": ["a-1.0.jar"],
        "flink": ["b-2.0-linux.jar", "a-1.0.jar"],
    }
    assert all(path.read_bytes() == JARS[path.name] for group in paths.values() for path in group)
    assert sorted(path for path, _ in maven.seen) == sorted(maven.files)
    maven.files.clear()
    assert fetch(tmp_path / "cache", lock=lock) == paths
    assert len(maven.seen) == 2


def test_a_complete_cache_may_be_read_only(maven: Maven, lock: Path, tmp_path: Path) -> None:
    paths = fetch(tmp_path / "cache", lock=lock)
    (tmp_path / "cache" / ".lock").unlink()
    (tmp_path / "cache" / ".lock").mkdir()  # what nobody can write, not even root
    assert fetch(tmp_path / "cache", lock=lock) == paths


def test_a_partial_file_is_continued(maven: Maven, lock: Path, tmp_path: Path) -> None:
    part = tmp_path / "cache" / "jars" / "org.x" / "a-1.0.jar.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(JARS["a-1.0.jar"][:1234])
    (path,) = fetch(tmp_path / "cache", ["kafka"], lock)["kafka"]
    assert path.read_bytes() == JARS["a-1.0.jar"]
    assert maven.seen == [("/org/x/a/1.0/a-1.0.jar", "bytes=1234-")]
    assert not part.exists()


def test_a_wrong_checksum_is_one_clear_error_and_the_file_is_removed(maven: Maven, lock: Path, tmp_path: Path) -> None:
    wrong = b"x" * len(JARS["a-1.0.jar"])
    maven.files["/org/x/a/1.0/a-1.0.jar"] = wrong
    with pytest.raises(DownloadError) as caught:
        fetch(tmp_path / "cache", ["kafka"], lock)
    message = str(caught.value)
    assert "a-1.0.jar" in message
    assert hashlib.sha256(JARS["a-1.0.jar"]).hexdigest() in message
    assert hashlib.sha256(wrong).hexdigest() in message
    assert not list((tmp_path / "cache" / "jars").rglob("a-1.0*"))


def test_a_damaged_cached_jar_is_fetched_again(maven: Maven, lock: Path, tmp_path: Path) -> None:
    (path,) = fetch(tmp_path / "cache", ["kafka"], lock)["kafka"]
    path.write_bytes(b"y" * len(JARS["a-1.0.jar"]))
    assert fetch(tmp_path / "cache", ["kafka"], lock) == {"kafka": [path]}
    assert path.read_bytes() == JARS["a-1.0.jar"]


def item(maven: Maven, directory: Path) -> Download:
    body = JARS["a-1.0.jar"]
    digest = hashlib.sha256(body).hexdigest()
    return Download(f"{maven.url}/org/x/a/1.0/a-1.0.jar", directory / "a-1.0.jar", digest, len(body))


def test_faults_are_retried_with_growing_waits(maven: Maven, tmp_path: Path) -> None:
    maven.faults["/org/x/a/1.0/a-1.0.jar"] = [503, "cut", 429]
    waits: list[float] = []
    progress: list[int] = []
    with httpx.Client() as client:
        download.download(client, item(maven, tmp_path), progress.append, waits.append)
    assert (tmp_path / "a-1.0.jar").read_bytes() == JARS["a-1.0.jar"]
    assert waits == [1, 2, 4]
    assert sum(progress) == len(JARS["a-1.0.jar"])
    assert maven.seen[-1][1] == f"bytes={len(JARS['a-1.0.jar']) // 2}-", "what came before the cut is not fetched again"


def test_what_the_server_does_not_have_is_not_asked_for_again(maven: Maven, tmp_path: Path) -> None:
    maven.files.clear()
    with httpx.Client() as client, pytest.raises(DownloadError, match="404"):
        download.download(client, item(maven, tmp_path), lambda count: None, lambda seconds: None)
    assert len(maven.seen) == 1


def test_an_unreachable_server_is_given_up_after_some_tries(maven: Maven, tmp_path: Path) -> None:
    unreachable = Download("http://127.0.0.1:9/a.jar", tmp_path / "a.jar", "0" * 64, 10)
    waits: list[float] = []
    with httpx.Client() as client, pytest.raises(DownloadError, match="next start continues"):
        download.download(client, unreachable, lambda count: None, waits.append)
    assert len(waits) == download.ATTEMPTS - 1


def test_the_committed_lock_is_complete() -> None:
    sets = read_lock(LOCK)
    assert set(sets) == {*SETS, CLUSTER, KAFKA_METRICS}
    assert {"kafka_2.13", "kafka-clients"} <= {jar.artifact for jar in sets["kafka"]}
    assert {"beam-runners-flink-1.19", "flink-runtime"} <= {jar.artifact for jar in sets["flink"]}
    for jars in sets.values():
        assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in jars)
        names = [(jar.group, jar.artifact, jar.classifier) for jar in jars]
        assert len(names) == len(set(names)), "one version of each on a class path"


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "jars.lock"
    path.write_text("[kafka]\norg.x:a:1.0 abc\n")
    with pytest.raises(ValueError, match="line 2"):
        read_lock(path)


def test_coordinates_and_paths() -> None:
    jar = Jar("org.x.y", "b", "2.0", "linux", "0" * 64, 1)
    assert jar.coordinates == "org.x.y:b:2.0:linux"
    assert jar.url_path == "org/x/y/b/2.0/b-2.0-linux.jar"


def test_the_cache_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BORDERWIRE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "borderwire"
    monkeypatch.setenv("BORDERWIRE_CACHE", str(tmp_path / "own"))
    assert cache_dir() == tmp_path / "own"
