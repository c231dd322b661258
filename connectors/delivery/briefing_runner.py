"""Runs one route of the kind `briefing`. Each briefing is sent once, with the same id at every try.

The progress is committed when the destination accepted the message. If the process is killed in between, the message is
sent again with the same id.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import structlog

from connectors.delivery.briefing_text import BriefingMessage
from connectors.delivery.briefing_times import (
    BriefingProgress,
    DueBriefing,
    begun,
    due_briefing,
    failed_briefing,
    passed,
    told_briefing,
)
from connectors.delivery.route_runner import DeliveryCounts, Place
from connectors.delivery.timing import Answer
from schemas.delivery import Route

log = structlog.get_logger()


class NoteKeeper(Protocol):
    """Where the progress is kept: as the note of committed offsets, which do not move. `keep` raises BrokerGone."""

    start: Mapping[Place, int]

    def keep(self, places: Mapping[Place, int], note: str) -> None: ...


class BriefingSink(Protocol):
    """Sends briefings to a destination."""

    def send_briefing(self, briefing: BriefingMessage, now: datetime) -> Answer: ...


class BriefingRunner:
    """`write` makes the briefing of a time, and raises KafkaError or BrokerGone when the ledger cannot be read."""

    def __init__(
        self,
        name: str,
        route: Route,
        notes: NoteKeeper,
        sink: BriefingSink,
        write: Callable[[DueBriefing], BriefingMessage],
        progress: BriefingProgress,
        clock: Callable[[], datetime],
    ) -> None:
        self.name, self.route, self.notes, self.sink, self.write = name, route, notes, sink, write
        self.progress, self.clock = progress, clock
        self.tally = DeliveryCounts()
        self._unkept = False

    def step(self) -> None:
        """Sends or skips the briefing that is due, if any. Raises what `write` and `keep` raise."""
        self._keep()
        now = self.clock()
        self._take(begun(self.route, self.progress, now))
        due = due_briefing(self.route, self.progress, now)
        self.tally.waiting = int(due is not None or self.progress.tries > 0)
        if due is None:
            return
        for at in due.missed:
            self._skip(at, "a later one is due already")
        if due.skipped:
            self._skip(due.at, due.skipped)
        else:
            self._send(due)

    def _send(self, due: DueBriefing) -> None:
        briefing = self.write(due)
        if not briefing.count and self.route.empty == "skip":
            log.info("nothing new, no briefing", route=self.name, at=due.at.isoformat())
            self._take(told_briefing(due))
            return
        try:
            answer = self.sink.send_briefing(briefing, self.clock())
        except Exception as error:  # a message that the sink cannot build is refused, so that it is not tried for ever
            answer = Answer(False, f"{type(error).__name__} while it was put together", refused=True)
        if answer.taken:
            self.tally.delivered += 1
            log.info("briefing_delivered", route=self.name, id=briefing.id, count=briefing.count, response=answer.told)
            self._take(told_briefing(due))
            return
        self.tally.failures += 1
        progress = failed_briefing(self.progress, answer, self.clock())
        again = progress.not_before.isoformat(timespec="seconds") if progress.not_before else None
        log.warning("briefing not delivered", route=self.name, id=briefing.id, response=answer.told, again_at=again)
        self._take(progress)

    def _skip(self, at: datetime, reason: str) -> None:
        self.tally.dead_letters += 1
        log.error("briefing_skipped", route=self.name, at=at.isoformat(), reason=reason)
        self._take(passed(self.progress, at))

    def _take(self, progress: BriefingProgress) -> None:
        self._unkept = self._unkept or progress != self.progress
        self.progress = progress
        self._keep()

    def _keep(self) -> None:
        """Commit the progress, unless it is committed already."""
        if self._unkept:
            self.notes.keep(self.notes.start, self.progress.dump())
            self._unkept = False
