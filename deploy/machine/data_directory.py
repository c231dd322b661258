"""The data directory: lock for one instance at a time, version of the layout, permissions for the owner only."""

import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from schemas.write_whole import write_whole

#: Version of the layout that this program writes. A change that an older program cannot read gets the next number.
VERSION = 1
#: The umask of every process that writes there: only the owner may access the files.
PRIVATE = 0o077
#: What this program writes there. Anything else (the directory may also be a home directory) is left alone.
CONTENTS = ("kafka", "flink", "tmp", "logs", "run", "snapshots", "lock", "version", "deliver.lock", "links.*", "*.json")


def temp(data: Path, part: str) -> Path:
    """The directory for a part's temporary files. It is emptied whenever the part starts."""
    return data.absolute() / "tmp" / part


class AlreadyRunning(RuntimeError):
    """Another instance uses the same data directory."""

    exit_code = 1


class WrongLayout(RuntimeError):
    """The data directory has a layout version that this program does not know."""

    mistake = True


def lock(data: Path) -> IO[str]:
    """Create the directory if needed, lock it, and check its version. Close the returned file to unlock.

    Also closes the directory to other users: changes the permissions of existing files and sets this process's umask.
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
    """Check the file `version`, or create it if there is none. Raises WrongLayout."""
    path = data / "version"
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        write_whole(path, f"{VERSION}\n")
        return
    if text != str(VERSION):
        raise WrongLayout(f"{data} has layout {text[:40]!r}, this program knows {VERSION}: run the one that wrote it")


def close_to_others(data: Path) -> int:
    """Remove the permissions of group and others on the directory and on this program's files in it.

    Files of another user are left as they are. Returns how many files and directories changed. Raises OSError.
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
