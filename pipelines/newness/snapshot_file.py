"""The file of a snapshot: a database, and up to which offsets of which topics it holds.

After the database come a JSON object (`Held`), its length in 4 bytes (big-endian), and the SHA-256 of all before it (32
bytes). A file gets its name by a rename when all of it is on the disk, so after a kill or a power cut at any moment
there is the earlier snapshot or the new one. A file that does not match its checksum is not used.
"""

import contextlib
import functools
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).parents[2]
#: What decides how records become rows of the database: with any change, they are all made anew.
CODE = (
    "pipelines/newness/*.py",
    "pipelines/text/*.py",
    "pipelines/data/function_words.yaml",
    "schemas/**/*.py",
    "schemas/data/persons.yaml",
)
LIBRARIES = ("snowballstemmer", "text2num", "py3langid")
#: Files that are being made, and how many seconds after its last write one was left by a process that was killed.
MAKING, LEFT = "making-", 3600.0
CHUNK = 1 << 20
LENGTH, SUM = 4, hashlib.sha256().digest_size


class SnapshotUnusable(Exception):
    """A snapshot cannot be used; the message says why."""


class Held(BaseModel):
    """What a snapshot holds. `code` is that which made it; `topics` maps each topic to its id in Kafka, `places` each
    "topic-partition" to the next offset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    topics: dict[str, str]
    places: dict[str, int]


def new_file(directory: Path) -> Path:
    """An empty file with a name of its own. Removes those that killed processes left. Raises OSError."""
    for path in directory.glob(f"{MAKING}*"):
        with contextlib.suppress(FileNotFoundError):  # another process removes it too
            if time.time() - path.stat().st_mtime > LEFT:
                path.unlink()
    handle, name = tempfile.mkstemp(prefix=MAKING, dir=directory)
    os.close(handle)
    return Path(name)


def write_snapshot(database: Path, snapshot: Path, held: Held) -> None:
    """Make a closed database file a snapshot: add what it holds and the checksum, and give it its name. Raises OSError,
    and then `snapshot` is as before."""
    said = held.model_dump_json().encode("utf-8")
    tail = said + len(said).to_bytes(LENGTH)
    checked = hashlib.sha256()
    with database.open("r+b") as file:
        for chunk in _chunks(file, database.stat().st_size):
            checked.update(chunk)
        checked.update(tail)
        file.write(tail + checked.digest())
        file.flush()
        os.fsync(file.fileno())
    database.replace(snapshot)
    directory = os.open(snapshot.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def unpack_snapshot(snapshot: Path, database: Path) -> Held:
    """Copy the database of a snapshot to the file `database`. Raises SnapshotUnusable for a damaged one,
    FileNotFoundError without one, and OSError when the copy cannot be written."""
    checked = hashlib.sha256()
    with snapshot.open("rb") as source, database.open("w+b") as copy:  # opened once: another process may replace it
        size = max(os.fstat(source.fileno()).st_size - SUM, 0)
        for chunk in _chunks(source, size):
            checked.update(chunk)
            copy.write(chunk)
        if size < LENGTH or source.read() != checked.digest():
            raise SnapshotUnusable("damaged: it does not match its checksum")
        copy.seek(size - LENGTH)
        end = size - LENGTH - int.from_bytes(copy.read(LENGTH))
        copy.seek(end)
        said = copy.read(size - LENGTH - end)
        copy.truncate(end)
    try:
        return Held.model_validate_json(said)
    except ValueError as error:
        raise SnapshotUnusable("made by another version of this program") from error


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The next `size` bytes of a file, or what is left of it."""
    while size > 0 and (chunk := file.read(min(CHUNK, size))):
        size -= len(chunk)
        yield chunk


@functools.cache
def code_digest() -> str:
    """A digest of the code, data and libraries that make the rows of a snapshot, and of the byte order."""
    checked = hashlib.sha256(sys.byteorder.encode())
    for name in LIBRARIES:
        checked.update(f"{name} {version(name)}\n".encode())
    for path in sorted(path for pattern in CODE for path in ROOT.glob(pattern)):
        checked.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return checked.hexdigest()
