"""Seals: checksums of a complete checkpoint's files. They reveal files that a bad disk changed, before a restore.

Flink's files have no checksums: it would restore a changed byte in a state value without noticing.

    <root>/seals/<job id>.chk-<n>       in the format of sha256sum, with names relative to the checkpoint's directory

Seals are written atomically, so after a kill a checkpoint has a whole seal or none. One without a seal is used; only
Flink's own errors then show damage. Shared files of incremental checkpoints are not sealed: RocksDB's files have
checksums of their own.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from deploy.jars.intact import sha256
from schemas.write_whole import write_whole

#: A digest and a file name. Other lines are ignored: the seal itself may be damaged.
LINE = re.compile(r"^([0-9a-f]{64})  ([^/\n\0]+)$", re.MULTILINE)


def seal(root: Path, checkpoints: Iterable[Path]) -> None:
    """Write a seal for each complete checkpoint that has none; delete the seals of checkpoints that are gone."""
    present = {_file(root, path): path for path in checkpoints}
    for file, path in present.items():
        # Flink may delete the oldest checkpoint meanwhile; a full disk is reported elsewhere.
        with suppress(OSError):
            if not file.exists():
                _write(file, {part.name: sha256(part) for part in sorted(path.iterdir()) if part.is_file()})
    for file in set((root / "seals").glob("*")) - present.keys():
        file.unlink(missing_ok=True)


def broken(root: Path, checkpoint: Path) -> str | None:
    """Why a checkpoint does not match its seal; None when it does, or when it has no seal."""
    try:
        text = _file(root, checkpoint).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    for digest, name in LINE.findall(text):
        try:
            same = sha256(checkpoint / name) == digest
        except OSError as error:
            return str(error)
        if not same:
            return f"{name} is not what it was when the checkpoint was complete"
    return None


def _write(file: Path, digests: dict[str, str]) -> None:
    write_whole(file, "".join(f"{digest}  {name}\n" for name, digest in digests.items()))


def _file(root: Path, checkpoint: Path) -> Path:
    return root / "seals" / f"{checkpoint.parent.name}.{checkpoint.name}"
