"""Whether a file is the one that is expected: its size and its SHA-256."""

import hashlib
from pathlib import Path


def intact(path: Path, digest: str, size: int) -> bool:
    """Whether the file exists with this size in bytes and this SHA-256 in hex. Reads the whole file. Raises OSError."""
    return path.is_file() and path.stat().st_size == size and sha256(path) == digest


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
