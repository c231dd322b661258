"""Chooses the checkpoint that a job starts from, and falls back on an older one after certain errors of Flink."""

from collections import Counter
from pathlib import Path

import structlog

from deploy.engine.checkpoints import complete_checkpoints, newest_checkpoint, other_backend
from deploy.engine.seals import broken

#: If one of these is in an error of Flink or Beam, the state to restore cannot be read.
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
#: If one of these is, the state belongs to another job graph, to other types or to another maximum parallelism.
INCOMPATIBLE = (
    "Cannot map checkpoint/savepoint state",
    "StateMigrationException",
    "serializer must be compatible",
    "Max parallelism mismatch",
)
#: Flink gave the job up. Before a job's first checkpoint this may be due to the restored state, whatever the error
#: says: after TRIES such failures the checkpoint before it is used.
GAVE_UP = "failed in state FAILED"
#: A damaged length field can request too much memory. So can a state that has grown; then no other checkpoint helps.
NO_MEMORY = "OutOfMemoryError"
TRIES = 2

log = structlog.get_logger()


class Incompatible(RuntimeError):
    """The job cannot restore any of the existing state, although that is undamaged. The state is kept.

    The operator must decide: `choice`, or start without the state. The message says both.
    """

    mistake = True

    def __init__(self, choice: str) -> None:
        super().__init__(
            f"{choice}, or leave the state behind and rebuild it from the ledger and the committed offsets: "
            "`borderwire run --rebuild`"
        )


def require_backend(root: Path, backend: str) -> None:
    """Raise Incompatible when a job with this state backend cannot read the newest checkpoint."""
    if before := other_backend(root, backend):
        raise Incompatible(
            f"pipeline.state_backend is {backend!r}, but {before!r} wrote the newest checkpoint, and only it reads "
            f"that: run with {before!r} and end it with `borderwire stop --savepoint`"
        )


class Fallback:
    """`root` is as in deploy/engine/checkpoints.py. `restored` is the checkpoint that the current job started from."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.restored: Path | None = None
        self.damaged: set[Path] = set()
        self._given_up: Counter[Path] = Counter()
        self._incompatible: Path | None = None

    def choose(self) -> Path | None:
        """The checkpoint or savepoint for the next start: the newest that was not rejected and matches its seal."""
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
        """Whether Flink's error says that the checkpoint that the job started from is damaged or incompatible."""
        return self.restored is not None and any(words in failure for words in (*DAMAGED, *INCOMPATIBLE))

    def failed(self, failure: str, reason: str) -> bool:
        """The job failed before it had a checkpoint of its own. Returns True when the restored checkpoint is rejected.

        Raises Incompatible when one checkpoint was incompatible and no other is left. The others are tried first,
        because damaged bytes can cause the same error.
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
        """The engine ended while the job restored its checkpoint. After running out of memory TRIES times, that
        checkpoint is rejected, if there is another."""
        if self.restored is None or NO_MEMORY not in reason:
            return
        self._given_up[self.restored] += 1
        if self._given_up[self.restored] >= TRIES and self._others(self.restored):
            self._pass_over(self.restored, reason)

    def _others(self, checkpoint: Path) -> bool:
        """Whether there is another checkpoint to start from that matches its seal."""
        others = set(complete_checkpoints(self.root)) - {*self.damaged, checkpoint}
        return any(not broken(self.root, path) for path in others)

    def _pass_over(self, checkpoint: Path, reason: str) -> None:
        log.error(
            "checkpoint cannot be taken up; falling back on the one before", checkpoint=str(checkpoint), reason=reason
        )
        self.damaged.add(checkpoint)
