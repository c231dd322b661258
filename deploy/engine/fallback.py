"""Which checkpoint a job starts from, and when the one before is taken instead. What Flink says is read here."""

from collections import Counter
from pathlib import Path

import structlog

from deploy.engine.checkpoints import complete_checkpoints, newest_checkpoint, other_backend
from deploy.engine.seals import broken

#: In these words Flink and Beam say that the state they were to start from cannot be read.
DAMAGED = (
    "StreamOperatorStateContext",
    "StreamCorruptedException",
    "EOFException",
    "FileNotFoundException",
    "UTFDataFormatException",
    "Could not load checkpoint/savepoint metadata",
    "Reading invalid",
    "Corrupt data",
    "Cannot find checkpoint or savepoint",
)
#: And in these that it belongs to another graph, to other types or to another spread of keys.
INCOMPATIBLE = (
    "Cannot map checkpoint/savepoint state",
    "StateMigrationException",
    "serializer must be compatible",
    "Max parallelism mismatch",
)
#: Flink restarts a job for ever once it ran. One that it gives up had trouble with what it was to start from, whatever
#: the words: after as many TRIES, too, the checkpoint before it is taken.
GAVE_UP = "failed in state FAILED"
#: A damaged length can ask for more than there is. So can a state that has grown: then no other checkpoint helps.
NO_MEMORY = "OutOfMemoryError"
TRIES = 2

log = structlog.get_logger()


class Incompatible(RuntimeError):
    """The job cannot take up any of the state there is, which is sound. It is kept; a choice is needed: `choice`, or
    to leave the state behind."""

    def __init__(self, choice: str) -> None:
        super().__init__(
            f"{choice}, or leave the state behind and rebuild it from the ledger and the committed offsets: "
            "`borderwire run --rebuild`"
        )


def require_backend(root: Path, backend: str) -> None:
    """Raises Incompatible when a job with this state backend cannot read the newest checkpoint."""
    if before := other_backend(root, backend):
        raise Incompatible(
            f"pipeline.state_backend is {backend!r}, but {before!r} wrote the newest checkpoint, and only it reads "
            f"that: run with {before!r} and end it with `borderwire stop --savepoint`"
        )


class Fallback:
    """`root` is the directory of deploy/engine/checkpoints.py. `restored` is what the job at hand started from."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.restored: Path | None = None
        self.damaged: set[Path] = set()
        self._given_up: Counter[Path] = Counter()
        self._incompatible: Path | None = None

    def choose(self) -> Path | None:
        """The checkpoint or savepoint for the next start: the newest that was not passed over and is as it was."""
        while (newest := newest_checkpoint(self.root, self.damaged)) and (reason := broken(self.root, newest)):
            self._pass_over(newest, reason)
        self.restored = newest
        if self.damaged and not self.restored:
            log.error("no checkpoint can be read; state is rebuilt from the ledger and the committed offsets")
        return self.restored

    def healthy(self) -> None:
        """The job has a checkpoint of its own."""
        self._given_up.clear()

    def blames(self, failure: str) -> bool:
        """Whether Flink's words blame the checkpoint that the job started from."""
        return self.restored is not None and any(words in failure for words in (*DAMAGED, *INCOMPATIBLE))

    def failed(self, failure: str, reason: str) -> bool:
        """The job failed before it had a checkpoint of its own. True when the one before is taken from now on.

        Raises Incompatible when there is none, and one belongs to another graph: damaged bytes can look like that, so
        each is tried first.
        """
        if self.restored is None:
            return False
        self._given_up[self.restored] += GAVE_UP in failure
        if not self.blames(failure) and self._given_up[self.restored] < TRIES:
            return False
        if any(words in failure for words in INCOMPATIBLE):
            self._incompatible = self._incompatible or self.restored
        if self._incompatible and not self._others(self.restored):
            raise Incompatible(
                f"the job's steps do not match the state in {self._incompatible}: run the version that wrote it"
            )
        self._pass_over(self.restored, reason)
        return True

    def engine_ended(self, reason: str) -> None:
        """The engine ended while the job took up its checkpoint. If it had no memory for it, TRIES times, the one
        before is taken, where there is one."""
        if self.restored is None or NO_MEMORY not in reason:
            return
        self._given_up[self.restored] += 1
        if self._given_up[self.restored] >= TRIES and self._others(self.restored):
            self._pass_over(self.restored, reason)

    def _others(self, checkpoint: Path) -> bool:
        """Whether there is another to start from: one that changed on the disk is none."""
        others = set(complete_checkpoints(self.root)) - {*self.damaged, checkpoint}
        return any(not broken(self.root, path) for path in others)

    def _pass_over(self, checkpoint: Path, reason: str) -> None:
        log.error(
            "checkpoint cannot be taken up; falling back on the one before", checkpoint=str(checkpoint), reason=reason
        )
        self.damaged.add(checkpoint)
