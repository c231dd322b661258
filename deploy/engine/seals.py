"""What a checkpoint's files held when it was complete: what a bad disk changed is found before it is taken for state.

Flink's files have no checksum, and a byte changed in the value of a state is restored as if nothing were.

    <root>/seals/<job id>.chk-<n>       as sha256sum writes and checks it, within the checkpoint's directory

Killed at any line, a checkpoint has a seal or none; one without is taken, and Flink's own words tell of its damage.
What incremental checkpoints share is not sealed: RocksDB's files have checksums of their own.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from deploy.jars.download import sha256
from deploy.machine.write_whole import write_whole

#: A digest, a name. Other lines do not count: the seal itself may be what the disk has damaged.
LINE = re.compile(r"^([0-9a-f]{64})  ([^/\n\0]+)$", re.MULTILINE)


def seal(root: Path, checkpoints: Iterable[Path]) -> None:
    """Note what the files of complete checkpoints hold, once for each; forget the checkpoints that are gone."""
    present = {_file(root, path): path for path in checkpoints}
    for file, path in present.items():
        # Flink deletes the oldest while this looks; a full disk is told of elsewhere.
        with suppress(OSError):
            if not file.exists():
                _write(file, {part.name: sha256(part) for part in sorted(path.iterdir()) if part.is_file()})
    for file in set((root / "seals").glob("*")) - present.keys():
        file.unlink(missing_ok=True)


def broken(root: Path, checkpoint: Path) -> str | None:
    """Why a checkpoint is not what it was when it was complete; None when it is, or when it was never sealed."""
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
