"""Runs one route: reads alerts from its topics, sends them in order, commits the offsets.

Delivery: at least once. An offset is committed only after the destination accepted the message or the dead letter was
acknowledged. After a crash in between, the same message is sent again with the same id. A destination that is down
does not delay other routes: each route has its own deliverer, offsets and thread.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import structlog

from connectors.delivery.timing import Answer, Progress, due, failed, given_up, gives_up, held_until, taken
from schemas.alert import Alert
from schemas.codec import DecodeError, decode
from schemas.delivery import Route, Undelivered
from schemas.mark import Mark

log = structlog.get_logger()

#: Reading stops while this many records are in memory; a digest has at most so many alerts.
HELD, DIGEST = 500, 200

#: Topic without prefix, partition.
Place = tuple[str, int]


@dataclass(frozen=True)
class QueuedAlert:
    """A record of an alert topic. `alert` is None if the bytes cannot be decoded; `error` then says why."""

    topic: str
    partition: int
    offset: int
    value: bytes
    alert: Alert | None = None
    error: str = ""

    @classmethod
    def read(cls, topic: str, partition: int, offset: int, value: bytes | None) -> "QueuedAlert":
        try:
            return cls(topic, partition, offset, value or b"", decode(Alert, value))
        except DecodeError as error:
            return cls(topic, partition, offset, value or b"", None, str(error))


class QueueSource(Protocol):
    """Where records are read from and offsets are committed; both raise BrokerGone. `start` holds the first offsets."""

    start: Mapping[Place, int]

    def poll(self) -> list[QueuedAlert]: ...

    def keep(self, places: Mapping[Place, int], note: str) -> None:
        """Commits the next offsets to be read, with a note."""


class Sink(Protocol):
    """Sends messages to a destination."""

    def send(self, alerts: Sequence[Alert], now: datetime) -> Answer: ...


@dataclass
class DeliveryCounts:
    """Counters of a route since it started. `delays` are seconds from alert to delivery."""

    delivered: int = 0
    failures: int = 0
    dead_letters: int = 0
    muted: int = 0
    waiting: int = 0
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))


class Deliverer:
    """Delivers the alerts of one route.

    `marks` maps alert ids and muted stories to marks. `bury` writes a dead letter and raises BrokerGone.
    """

    def __init__(
        self,
        name: str,
        route: Route,
        source: QueueSource,
        sink: Sink,
        bury: Callable[[Undelivered], None],
        marks: Callable[[], Mapping[str, Mark]],
        progress: Progress,
        clock: Callable[[], datetime],
        random: Callable[[], float],
    ) -> None:
        self.name, self.route, self.source, self.sink = name, route, source, sink
        self.bury, self.marks, self.clock, self.random = bury, marks, clock, random
        self.progress = progress
        self.tally = DeliveryCounts()
        self.last_error = ""
        self._queue: deque[QueuedAlert] = deque()
        self._read = dict(source.start)
        self._unkept = True

    def step(self) -> None:
        """Reads new records and sends what is due. Raises BrokerGone if offsets cannot be committed; nothing further is
        sent then."""
        self._keep()
        if len(self._queue) < HELD:
            for record in self.source.poll():
                self._queue.append(self._looked_at(record))
                self._read[record.topic, record.partition] = record.offset + 1
        self._pass_over()
        while batch := self._due():
            self._send(batch)
            self._keep()
            self._pass_over()
        self.tally.waiting = len(self._queue)
        self._keep()

    def _looked_at(self, record: QueuedAlert) -> QueuedAlert:
        """The record. If the route's rules raise for its alert, the alert is removed, so that later records go on."""
        try:
            if record.alert and self.route.takes(record.alert):
                due(self.route, record.alert.alerted, self.progress, self.clock())
        except Exception as error:
            return replace(record, alert=None, error=f"{type(error).__name__}: {error}")
        return record

    def _due(self) -> list[QueuedAlert]:
        """The records of the next message if it is due now, else none."""
        now = self.clock()
        first = next(self._wanted(), None)
        if first is None or first.alert is None or due(self.route, first.alert.alerted, self.progress, now) > now:
            return []
        if not self.route.digest:
            held = held_until(self.route, first.alert.alerted)
            return self._held_until(held) if held else [first]
        return [record for record, _ in zip(self._wanted(), range(DIGEST), strict=False)]

    def _held_until(self, end: datetime) -> list[QueuedAlert]:
        """The alerts of the same quiet hours: they go out as one message, not one after the other."""
        held = (r for r in self._wanted() if r.alert and held_until(self.route, r.alert.alerted) == end)
        return [record for record, _ in zip(held, range(DIGEST), strict=False)]

    def _wanted(self) -> Iterator[QueuedAlert]:
        marks = self.marks()
        return (r for r in self._queue if r.alert and self.route.takes(r.alert) and not muted(r.alert, marks))

    def _pass_over(self) -> None:
        """Removes records at the head of the queue that this route does not send: alerts that it does not want, and
        muted ones. Unreadable records become dead letters."""
        marks = self.marks()
        while self._queue:
            record = self._queue[0]
            if record.alert is None:
                self._bury(record, record.error)
            elif self.route.takes(record.alert):
                if not muted(record.alert, marks):
                    return
                self.tally.muted += 1
            self._done(record)

    def _send(self, batch: Sequence[QueuedAlert]) -> None:
        alerts = [record.alert for record in batch if record.alert]
        try:
            answer = self.sink.send(alerts, self.clock())
        except Exception as error:  # a message that the sink cannot build must not stop the others
            answer = Answer(False, f"{type(error).__name__} while it was put together", refused=True)
        now = self.clock()
        if answer.taken:
            self.progress = taken(self.progress, now, more=len(batch) == DIGEST)
            self.last_error = ""
            self.tally.delivered += len(batch)
            self.tally.delays.extend((now - alert.alerted).total_seconds() for alert in alerts)
            log.info("delivered", route=self.name, alerts=[a.id for a in alerts], response=answer.told)
            self._done(*batch)
            return
        self.progress = failed(self.progress, answer, now, self.random)
        self.last_error = answer.told
        self.tally.failures += 1
        self._unkept = True
        log.warning(
            "not delivered",
            route=self.name,
            alerts=[a.id for a in alerts],
            response=answer.told,
            tries=self.progress.tries,
            again_at=self.progress.not_before.isoformat(timespec="seconds") if self.progress.not_before else None,
        )
        if gives_up(self.route, alerts[0].alerted, self.progress, now):
            for record in batch:
                self._bury(record, answer.told)
            self.progress = given_up(self.progress)
            self._done(*batch)

    def _bury(self, record: QueuedAlert, error: str) -> None:
        self.bury(
            Undelivered(
                route=self.name,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                alert=record.alert.id if record.alert else None,
                error=error,
                tries=self.progress.tries if record.alert else 0,
                first_try=self.progress.first_try if record.alert else None,
                at=self.clock(),
                record=record.value,
            )
        )
        self.tally.dead_letters += 1
        log.error("dead letter", route=self.name, topic=record.topic, offset=record.offset, reason=error)

    def _done(self, *records: QueuedAlert) -> None:
        gone = {id(record) for record in records}
        self._queue = deque(record for record in self._queue if id(record) not in gone)
        self._unkept = True

    def _keep(self) -> None:
        """Commits for each partition the offset of its first waiting record, or else the next offset to read."""
        if not self._unkept:
            return
        places = dict(self._read)
        for record in self._queue:
            place = (record.topic, record.partition)
            places[place] = min(places[place], record.offset)
        self.source.keep(places, self.progress.dump())
        self._unkept = False


class Markable(Protocol):
    """What a mark can be about: an alert, or the page's row of one."""

    @property
    def id(self) -> str: ...
    @property
    def follows(self) -> str | None: ...
    @property
    def story(self) -> str | None: ...


def muted(alert: Markable, marks: Mapping[str, Mark]) -> bool:
    """Whether readers marked the alert (or the alert it follows) as wrong or muted, or muted its story."""
    return alert.id in marks or (alert.follows or "") in marks or (alert.story or "") in marks


def by_what_they_mute(marks: Mapping[str, Mark]) -> dict[str, Mark]:
    """Marks by alert id; marks of the kind `mute` also by story."""
    stories = {mark.story: mark for mark in marks.values() if mark.verdict == "mute" and mark.story}
    return {**stories, **marks}
