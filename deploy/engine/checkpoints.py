"""Flink's checkpoints on disk: finds complete ones and the newest one, and removes those of earlier runs.

<root>/checkpoints/<job id>/chk-<n>/_metadata      written last: if it exists, the checkpoint is complete
<root>/savepoints/savepoint-<id>/_metadata
"""

import shutil
import struct
from collections.abc import Collection
from pathlib import Path

from schemas.write_whole import write_whole

#: How many complete checkpoints of a job Flink keeps. The older ones are used when the newest is damaged.
RETAINED = 3
#: First four bytes of `_metadata` (org.apache.flink.runtime.checkpoint.Checkpoints.HEADER_MAGIC_NUMBER).
MAGIC = 0x4960672D


def complete_checkpoints(root: Path) -> list[Path]:
    """Directories of complete checkpoints and savepoints under `root`, of all jobs, newest first."""
    found = []
    for pattern in ("checkpoints/*/chk-*/_metadata", "savepoints/*/_metadata"):
        for metadata in root.glob(pattern):
            if _has_header(metadata):
                found.append((metadata.stat().st_mtime_ns, _number(metadata.parent), metadata.parent))
    return [path for _, _, path in sorted(found, reverse=True)]


def newest_checkpoint(root: Path, damaged: Collection[Path] = ()) -> Path | None:
    """The newest complete checkpoint or savepoint that is not in `damaged`, or None."""
    return next((path for path in complete_checkpoints(root) if path not in damaged), None)


def remove_earlier_runs(root: Path, job: str) -> list[Path]:
    """Delete the checkpoints of other jobs once `job` has RETAINED complete ones of its own. Keep savepoints.

    Returns the directories removed.
    """
    own = [path for path in complete_checkpoints(root) if path.parent.name == job]
    if len(own) < RETAINED:
        return []
    earlier = [path for path in (root / "checkpoints").iterdir() if path.is_dir() and path.name != job]
    for path in earlier:
        shutil.rmtree(path, ignore_errors=True)
    return earlier


def other_backend(root: Path, backend: str) -> str | None:
    """The state backend that wrote the newest checkpoint, if a job with `backend` cannot read it.

    Otherwise returns None and stores `backend` as the one in use. Every backend can read a savepoint.
    """
    note, newest = root / "backend", newest_checkpoint(root)
    before = (note.read_text(encoding="utf-8") if note.exists() else "") or backend
    if before != backend and newest and newest.parent.name != "savepoints":
        return before
    write_whole(note, backend)
    return None


def leave_behind(root: Path) -> Path | None:
    """Move all state to `<root>/left-behind`, so that no start finds it. What was there before is deleted.

    Returns that directory, or None when there was no state.
    """
    there = [root / name for name in ("checkpoints", "savepoints") if (root / name).exists()]
    if not there:
        return None
    place = root / "left-behind"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for directory in there:
        directory.rename(place / directory.name)
    return place


def _number(directory: Path) -> int:
    suffix = directory.name.rpartition("-")[2]
    return int(suffix) if suffix.isdecimal() else 0


def _has_header(metadata: Path) -> bool:
    try:
        with metadata.open("rb") as file:
            return file.read(4) == struct.pack(">I", MAGIC)
    except OSError:
        return False
