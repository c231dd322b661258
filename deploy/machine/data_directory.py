"""The data directory: one instance at a time, a layout whose version this program knows, readable by its owner only."""

import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from deploy.machine.write_whole import write_whole

#: The layout this program writes. A change that an older program cannot read gets the next number.
VERSION = 1
#: The umask of every process that writes there: its files are for its own user only.
PRIVATE = 0o077
#: What is written there; a directory that is also somebody's home may hold other things, which are left alone.
CONTENTS = ("kafka", "flink", "tmp", "logs", "run", "lock", "version", "deliver.lock", "*.json")


def temp(data: Path, part: str) -> Path:
    """Where a part keeps its temporary files: emptied whenever it starts."""
    return data.absolute() / "tmp" / part


class AlreadyRunning(RuntimeError):
    """Another instance works on the same data directory."""


class WrongLayout(RuntimeError):
    """The data directory was written by a newer program, or is none of ours."""


def lock(data: Path) -> IO[str]:
    """Lock the directory, which is made if need be, and check its version. Close the file to unlock.

    Other users can read nothing in it from then on: what is there is changed, and this process's umask is set.
    Raises AlreadyRunning, WrongLayout or OSError.
    """
    os.umask(PRIVATE)
    data.mkdir(parents=True, exist_ok=True)
    close_to_others(data)
    file = (data / "lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        check_version(data)
    except BlockingIOError:
        file.close()
        raise AlreadyRunning(f"another instance is running on {data}") from None
    except BaseException:
        file.close()
        raise
    return file


def check_version(data: Path) -> None:
    """Read `version`, or write it where there is none. Raises WrongLayout."""
    path = data / "version"
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        write_whole(path, f"{VERSION}\n")
        return
    if text != str(VERSION):
        raise WrongLayout(f"{data} has layout {text[:40]!r}, this program knows {VERSION}: run the one that wrote it")


def close_to_others(data: Path) -> int:
    """Take from group and others what they may do with the directory and what is ours in it; returns how many changed.

    Files of another user are left as they are. Raises OSError.
    """
    changed = 0
    for path in (data, *_contents(data)):
        try:
            found = path.lstat()
            if found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode) and found.st_mode & PRIVATE:
                path.chmod(stat.S_IMODE(found.st_mode) & ~PRIVATE)
                changed += 1
        except FileNotFoundError:
            continue
    return changed


def _contents(data: Path) -> Iterator[Path]:
    for pattern in CONTENTS:
        for top in data.glob(pattern):
            yield top
            yield from () if top.is_symlink() else top.rglob("*")
