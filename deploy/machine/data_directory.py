"""The data directory: one instance at a time, and a layout whose version this program knows."""
import fcntl
from pathlib import Path
from typing import IO

from deploy.machine.write_whole import write_whole

#: The layout this program writes. A change that an older program cannot read gets the next number.
VERSION = 1


def temp(data: Path, part: str) -> Path:
    """Where a part keeps its temporary files: emptied whenever it starts."""
    return data.absolute() / "tmp" / part


class AlreadyRunning(RuntimeError):
    """Another instance works on the same data directory."""


class WrongLayout(RuntimeError):
    """The data directory was written by a newer program, or is none of ours."""


def lock(data: Path) -> IO[str]:
    """Lock the directory, which is made if need be, and check its version. Close the file to unlock.

    Raises AlreadyRunning, WrongLayout or OSError.
    """
    data.mkdir(parents=True, exist_ok=True)
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
