"""Atomic writing of small files."""

import os
from pathlib import Path


def write_whole(path: Path, text: str, lasting: bool = True) -> None:
    """Write `text` to `path` atomically, creating its directory if needed. After a kill or a power cut at any moment,
    the file holds its old content or all of `text`. Raises OSError.

    Without `lasting` it is not forced to the disk: after a power cut the file may be empty. For what is written again
    every few seconds and what no later start relies on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    new.replace(path)
