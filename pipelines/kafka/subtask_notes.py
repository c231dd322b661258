"""Notes, next to a worker's mark (pipelines/guard.py), which subtasks of the source the worker reads for.

Beam assigns subtasks to workers at random; the program that submits the job looks at the notes of all workers and
submits it again if they are too uneven (deploy/engine/worker_draw.py).
"""

import os
from contextlib import suppress
from pathlib import Path

from pipelines.guard import MARK

SUFFIX = ".subtasks"


def note_of(mark: Path) -> Path:
    """Where the worker with this mark notes its subtasks."""
    return mark.with_suffix(SUFFIX)


def note(subtask: int) -> None:
    """Add a subtask to the note of this process. A process without a mark has no note; a full disk loses the note."""
    if mark := os.environ.get(MARK):
        with suppress(OSError), note_of(Path(mark)).open("a", encoding="ascii") as file:
            file.write(f"{subtask}\n")


def read_notes(directory: Path) -> list[frozenset[int]]:
    """The subtasks of each worker whose note is in `directory`; a number that is not wholly written is left out."""
    found = []
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        with suppress(OSError):
            lines = path.read_text("ascii", "replace").splitlines(keepends=True)
            found.append(frozenset(int(line) for line in lines if line.endswith("\n") and line.strip().isdigit()))
    return [subtasks for subtasks in found if subtasks]
