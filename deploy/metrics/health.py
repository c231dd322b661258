"""Decides whether a run is healthy. No I/O.

The job must have a recent completed checkpoint and a recent tick, because Flink's state RUNNING proves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from deploy.engine.flink_rest import Checkpoints
from deploy.metrics.read_progress import Place

#: Seconds after which a checkpoint or a tick is no longer recent.
RECENT = 60.0
#: Age in seconds from which an unread raw record is about to expire: Kafka's retention is 14 days.
EXPIRING = 12 * 86_400


@dataclass(frozen=True)
class PartHealth:
    """A process of the run: `cpu` in seconds and `memory` in bytes (the pool's with its workers), and restarts."""

    name: str
    alive: bool
    cpu: float = 0.0
    memory: int = 0
    processes: int = 1
    restarts: int = 0


@dataclass(frozen=True)
class Sight:
    """An observation of a run at one moment, `at` (seconds since 1970).

    `kafka` is the error if Kafka does not answer. `engine` is whether Flink's address is known; `checkpoints` is None
    when Flink does not answer or runs no job. `free`: free bytes on the disk of the data directory, None without a data
    directory here; `used`: bytes by its subdirectory. `paused`: why fetching is paused. `still`: for how many seconds
    there have been unread records while the job read none. `unreadable`: records by topic that could not be read.
    """

    at: float
    kafka: str | None = None
    places: Sequence[Place] = ()
    engine: bool = False
    checkpoints: Checkpoints | None = None
    parts: Sequence[PartHealth] = ()
    free: int | None = None
    used: dict[str, int] = field(default_factory=dict)
    paused: str | None = None
    still: float = 0.0
    unreadable: dict[str, int] = field(default_factory=dict)


def troubles(sight: Sight) -> list[str]:
    """Why the run is not healthy, one line per reason; empty when it is."""
    found = [f"disk: {sight.paused}"] if sight.paused else []
    if sight.kafka:
        return [*found, f"kafka: {sight.kafka}"]
    found += [f"part {part.name} is not running" for part in sight.parts if not part.alive]
    if sight.engine and sight.checkpoints is None:
        found.append("checkpoint: Flink does not answer, or runs no job")
    elif sight.checkpoints and not (age := since(sight.at, sight.checkpoints.completed_at)) <= RECENT:
        found.append(f"checkpoint: the last one was completed {told(age)}")
    ticks = [place.ticked for place in sight.places]
    oldest = min((tick or 0.0 for tick in ticks), default=0.0)
    if not (age := since(sight.at, oldest or None)) <= RECENT:
        found.append(f"tick: the last one that a checkpoint confirmed was {told(age)}")
    if sight.still > RECENT:
        found.append(f"reading: records wait, none was read for {sight.still:.0f} s; the job may fail again and again")
    found += [
        f"expiring: oldest unread record of partition {p.partition} is {(sight.at - p.waiting) / 86_400:.1f} days old"
        for p in sight.places
        if p.waiting is not None and sight.at - p.waiting > EXPIRING
    ]
    found += [f"expired: {p.expired} records of partition {p.partition} unread" for p in sight.places if p.expired]
    return found


def since(now: float, then: float | None) -> float:
    return now - then if then is not None else float("inf")


def told(age: float) -> str:
    return "never" if age == float("inf") else f"{age:.0f} s ago"
