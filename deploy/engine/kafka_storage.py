"""Formats the storage directory of a Kafka node, at the first start on a data directory.

    meta.properties         the ids of the cluster and of the directory, as text; written last
    bootstrap.checkpoint    the versions of Kafka's features, the same for all nodes of one set of jars

Kafka's own tool needs a second of processor time. What it wrote first into the second file is kept in the cache, beside
the archive of Kafka's classes, and copied for the next data directory.
"""

import hashlib
import os
import uuid
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from deploy.engine.class_data import ClassData
from schemas.write_whole import write_whole

BOOTSTRAP = "bootstrap.checkpoint"


def random_id() -> str:
    """A new id of a cluster or a directory, as Kafka writes a UUID."""
    return urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")


def format_from(cache: ClassData, directory: Path, node: int) -> bool:
    """Format the directory with the file in the cache; False, and nothing is written, if there is none that is intact.

    Raises OSError.
    """
    content = _kept(cache)
    if content is None:
        return False
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / BOOTSTRAP).open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    values = {"version": 1, "cluster.id": random_id(), "node.id": node, "directory.id": random_id()}
    write_whole(directory / "meta.properties", "".join(f"{key}={value}\n" for key, value in values.items()))
    return True


def keep_format(cache: ClassData, directory: Path) -> None:
    """Keep a file that Kafka's tool has just written, in place of earlier ones of this name.

    Nothing happens if the cache cannot be written to. Several runs may do this at once.
    """
    with suppress(OSError):
        content = (directory / BOOTSTRAP).read_bytes()
        if key := cache.key():
            kept = cache.cache / f"{cache.name}-{key}-{hashlib.sha256(content).hexdigest()}.bootstrap"
            _write(kept, content)
            for old in cache.cache.glob(f"{cache.name}-*.bootstrap"):
                if old != kept:
                    old.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """By a file that no other process writes. Others may read the cache: nothing in this file is secret."""
    handle, name = mkstemp(dir=path.parent, prefix=f"{path.stem}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _kept(cache: ClassData) -> bytes | None:
    with suppress(OSError):
        for path in cache.cache.glob(f"{cache.name}-{cache.key()}-*.bootstrap"):
            content = path.read_bytes()
            if path.stem.rpartition("-")[2] == hashlib.sha256(content).hexdigest():
                return content
    return None
