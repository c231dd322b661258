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

from deploy.engine.class_data import ClassData
from deploy.jars.intact import sha256
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
    """Keep a file that Kafka's tool has just written. Nothing happens if the cache cannot be written to."""
    written = directory / BOOTSTRAP
    with suppress(OSError):
        if key := cache.key():
            part = cache.cache / f"{cache.name}.bootstrap.part"
            part.write_bytes(written.read_bytes())
            part.replace(cache.cache / f"{cache.name}-{key}-{sha256(part)}.bootstrap")


def _kept(cache: ClassData) -> bytes | None:
    with suppress(OSError):
        for path in cache.cache.glob(f"{cache.name}-{cache.key()}-*.bootstrap"):
            content = path.read_bytes()
            if path.stem.rpartition("-")[2] == hashlib.sha256(content).hexdigest():
                return content
    return None
