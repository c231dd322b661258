"""One supervised part of a run: its heartbeat, how often it ended, and when it is started again."""

from dataclasses import dataclass

import structlog

from deploy.machine.heartbeat import Beat, not_stopped
from deploy.machine.process import Part
from deploy.machine.restarts import KeepsFailing, Restarts

#: A part without a heartbeat of its own is restarted after being stopped (SIGSTOP) for this many seconds.
STOPPED = 45.0
#: Seconds until a part without which the run goes on is tried again.
WITHOUT = 60.0

log = structlog.get_logger()


@dataclass
class Supervised:
    """`due` is when to start the part, in seconds of the stack's clock; None while no start is planned. `ended`
    counts how often it ended in this run. The run ends when a `vital` part keeps failing."""

    part: Part
    restarts: Restarts
    beat: Beat
    due: float | None = None
    ended: int = 0
    vital: bool = True

    @classmethod
    def of(cls, part: Part, beat: Beat | None = None, due: float | None = None, vital: bool = True) -> "Supervised":
        """A part with its heartbeat. Without one, the part counts as alive as long as it is not stopped (SIGSTOP)."""
        return cls(
            part, Restarts(part.name), beat or Beat(not_stopped(lambda: part.process.pid), STOPPED), due, vital=vital
        )

    def note_end(self, now: float, reason: str) -> None:
        """The part ended or was killed: plan its restart after the back-off.

        Raises KeepsFailing after too many, if the part is vital; otherwise the next try is a minute later.
        """
        self.ended += 1
        try:
            self.due = self.restarts.ended(now, reason)
        except KeepsFailing as error:
            if self.vital:
                raise
            self.restarts.healthy()
            self.due = now + WITHOUT
            log.error(
                "the run goes on without a part", part=self.part.name, reason=str(error), again_in_seconds=WITHOUT
            )
            return
        log.warning("part ended", part=self.part.name, reason=reason)

    def start(self) -> None:
        """Start the part, and wait again for its first heartbeat."""
        again = self.part.process.pid is not None
        self.due = None
        self.part.start()
        self.beat.restart()
        if again:
            log.info("part started again", part=self.part.name, pid=self.part.process.pid)

    def pause(self) -> None:
        """Stop the part. This needs no back-off: it may be started again at once."""
        if self.part.process.alive():
            self.part.process.stop()
            self.due = 0.0
