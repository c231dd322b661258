"""Class data sharing: archives of the classes of Kafka and Flink, which their JVMs map instead of reading jars.

A JVM that has no archive yet writes the list of the classes that it loads. When the run is complete, a process of low
priority makes an archive from the list (`python -m deploy.engine.class_data`), and the next start uses it. Each archive
belongs to one Java and one set of jars. Its SHA-256 is part of its name: a damaged one is not used, and made anew.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.jars.intact import sha256
from deploy.machine.process import TETHER

#: Options of every JVM here that an archive depends on: those of the JVM that makes it and of the one that uses it.
COLLECTOR = "-XX:+UseSerialGC"
#: Seconds that making one archive may take.
TIMEOUT = 300


@dataclass(frozen=True)
class ClassData:
    """The archive of a JVM. `jars` is the beginning of its class path, `cache` the directory of all archives, `name`
    that of this JVM, and `classes` the file for the list of the classes it loads."""

    name: str
    java: Path
    jars: Sequence[Path]
    cache: Path
    classes: Path

    def options(self) -> tuple[str, ...]:
        """Options for the JVM: to use the archive, or to write the list for one, or none if the cache is read-only."""
        if archive := self.archive():
            return (f"-XX:SharedArchiveFile={archive}",)
        return (f"-XX:DumpLoadedClassList={self.classes}",) if _writable(self.cache) and self.key() else ()

    def archive(self) -> Path | None:
        """The archive, if there is one that is intact."""
        with suppress(OSError):
            for path in self.cache.glob(f"{self.name}-{self.key()}-*.jsa"):
                if path.stem.rpartition("-")[2] == sha256(path):
                    return path
        return None

    def key(self) -> str | None:
        """Identifies Java and jars, by path, size and time; None when this Java has no archives."""
        library = self.java.resolve().parents[1] / "lib" / "server" / "libjvm.so"
        try:
            known = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in (library, *self.jars)]
        except OSError:
            return None
        return hashlib.sha256(repr(known).encode()).hexdigest()[:16]

    def make(self) -> None:
        """Make the archive from the list. Nothing happens without a list, or when there is an archive.

        Earlier archives of this name are removed; a JVM that uses one keeps its pages. Raises OSError, or
        subprocess.SubprocessError when Java fails.
        """
        key = self.key()
        if key is None or not self.classes.exists() or self.archive():
            return
        part = self.cache / f"{self.name}.part"
        part.unlink(missing_ok=True)
        command: list[str | Path] = [sys.executable, "-ISs", TETHER, str(os.getpid()), "0"]
        command += [self.java, COLLECTOR, "-Xmx256m", "-Xshare:dump", "-Xlog:disable"]
        command += [f"-XX:SharedClassListFile={self.classes}", f"-XX:SharedArchiveFile={part}"]
        command += ["-cp", os.pathsep.join(map(str, self.jars))]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT)
        archive = self.cache / f"{self.name}-{key}-{sha256(part)}.jsa"
        for old in self.cache.glob(f"{self.name}-*.jsa"):
            old.unlink(missing_ok=True)
        part.replace(archive)

    def words(self) -> list[str]:
        """The arguments for `main`."""
        return [self.name, *map(str, (self.java, self.cache, self.classes)), str(len(self.jars)), *map(str, self.jars)]


def command(all_data: Sequence[ClassData]) -> list[str]:
    """The command that makes the archives that are missing."""
    return [sys.executable, "-m", "deploy.engine.class_data", *(word for data in all_data for word in data.words())]


def _writable(cache: Path) -> bool:
    with suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        return os.access(cache, os.W_OK)
    return False


def main(words: list[str]) -> int:
    """Make archives, one after the other, unless another process does so. Exit code 1 when one could not be made."""
    os.nice(19)
    failed = 0
    while words:
        name, java, cache, classes, count, *words = words
        jars, words = [Path(word) for word in words[: int(count)]], words[int(count) :]
        data = ClassData(name, Path(java), jars, Path(cache), Path(classes))
        try:
            with (data.cache / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                data.make()
        except BlockingIOError:
            return 0
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{name}: no archive of its classes was made: {str(error)[-300:]}", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
