"""Small files that other starts rely on, written so that they are whole."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Put `text` into `path`, whose directory is made if need be. Killed or without power at any line, the file holds
    what it held before or all of `text`. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
