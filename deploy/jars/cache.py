"""The pinned Kafka and Flink jars: downloaded once into a cache, verified, then used offline."""

import fcntl
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.jars.intact import intact

LOCK = Path(__file__).with_name("jars.lock")
#: The sets that one machine needs.
SETS = ("kafka", "flink")
#: The set that a Flink cluster or the RocksDB backend needs in addition to `flink`.
CLUSTER = "cluster"
#: The set with which a Kafka node serves its figures to Prometheus (deploy/compose.yaml).
KAFKA_METRICS = "kafka-metrics"


@dataclass(frozen=True)
class Jar:
    """One line of the lock: Maven coordinates, sha256 in hex, size in bytes."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str
    size: int

    @property
    def file(self) -> str:
        return "-".join(filter(None, (self.artifact, self.version, self.classifier))) + ".jar"

    @property
    def url_path(self) -> str:
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.file}"

    @property
    def coordinates(self) -> str:
        return ":".join(filter(None, (self.group, self.artifact, self.version, self.classifier)))


def repository() -> str:
    """The Maven repository's URL: Maven Central, or the mirror named by BORDERWIRE_MAVEN."""
    from jgo.constants import MAVEN_CENTRAL_URL  # only when something is downloaded: its libraries take 0.3 s

    return os.environ.get("BORDERWIRE_MAVEN", MAVEN_CENTRAL_URL).rstrip("/")


def cache_dir() -> Path:
    """BORDERWIRE_CACHE, else `borderwire` under XDG_CACHE_HOME or ~/.cache."""
    if own := os.environ.get("BORDERWIRE_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "borderwire"


def read_lock(path: Path = LOCK) -> dict[str, list[Jar]]:
    """Set name → its jars in class path order. Raises ValueError that names the wrong line."""
    sets: dict[str, list[Jar]] = {}
    jars: list[Jar] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            jars = sets.setdefault(line.strip("[]"), [])
            continue
        try:
            coordinates, digest, size = line.split()
            group, artifact, version, *rest = coordinates.split(":")
            jars.append(Jar(group, artifact, version, rest[0] if rest else "", digest, int(size)))
        except ValueError:
            raise ValueError(f"{path.name}, line {number}: expected coordinates, sha256, size; got {line!r}") from None
    return sets


def fetch(cache: Path | None = None, sets: Sequence[str] = SETS, lock: Path = LOCK) -> dict[str, list[Path]]:
    """Set name → paths of its jars, in class path order. All of them exist and have the right checksum.

    Downloads missing or damaged jars, and uses no network otherwise. Waits for another process that is downloading.
    Raises DownloadError.
    """
    cache = cache or cache_dir()
    known = read_lock(lock)
    wanted = list({_place(jar, cache): jar for name in sets for jar in known[name]}.values())
    if _absent(wanted, cache):  # a complete cache may be read-only, as in a container
        from deploy.jars.download import Download, download_all

        cache.mkdir(parents=True, exist_ok=True)
        with (cache / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if absent := _absent(wanted, cache):
                base = repository()
                items = [Download(f"{base}/{j.url_path}", _place(j, cache), j.sha256, j.size) for j in absent]
                download_all(items, f"Fetching {len(items)} jars ({' and '.join(sets)})")
    return {name: [_place(jar, cache) for jar in known[name]] for name in sets}


def _absent(jars: Sequence[Jar], cache: Path) -> list[Jar]:
    def good(jar: Jar) -> bool:
        return intact(_place(jar, cache), jar.sha256, jar.size)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [jar for jar, is_good in zip(jars, pool.map(good, jars), strict=True) if not is_good]


def _place(jar: Jar, cache: Path) -> Path:
    return cache / "jars" / jar.group / jar.file
