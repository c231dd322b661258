"""When a route sends its briefings: each at one time of day, once, also after a downtime. Pure functions."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from connectors.delivery.timing import FIRST, REFUSALS, SKEW, Answer, on
from schemas.delivery import Route

#: A briefing is made so long after its time that all that was recorded before it can be read.
SETTLE = timedelta(minutes=1)
#: The longest time between two tries.
LONGEST = timedelta(minutes=10)
#: A briefing lists statements of at most this many days.
MOST = timedelta(days=7)


@dataclass(frozen=True)
class BriefingProgress:
    """The state of a route of briefings that survives a restart. `handled` is the time of the last briefing that was
    sent or skipped, `covered` the end of the last span that was sent. The other fields are those of `Progress` in
    timing.py."""

    handled: datetime | None = None
    covered: datetime | None = None
    tries: int = 0
    refusals: int = 0
    failing_since: datetime | None = None
    not_before: datetime | None = None

    def dump(self) -> str:
        return _PROGRESS.dump_json(self).decode()

    @classmethod
    def load(cls, text: str) -> "BriefingProgress":
        """Reads what `dump` wrote; returns a new one if the text cannot be read."""
        try:
            return _PROGRESS.validate_json(text)
        except ValidationError:
            return cls()


_PROGRESS = TypeAdapter(BriefingProgress)


@dataclass(frozen=True)
class DueBriefing:
    """The briefing of the time `at`, which tells what was recorded from `since` on. `missed` are earlier times that no
    briefing is sent for. With `skipped`, the one of `at` is not sent either, for that reason."""

    at: datetime
    since: datetime
    missed: tuple[datetime, ...] = ()
    skipped: str = ""


def begun(route: Route, progress: BriefingProgress, now: datetime) -> BriefingProgress:
    """The progress of a new route: it begins with the next briefing. Also after a clock that was ahead was set back."""
    if progress.handled is not None and progress.handled <= now + SKEW:
        return progress
    last = times_before(route, now)[-1]
    return BriefingProgress(handled=last, covered=last)


def due_briefing(route: Route, progress: BriefingProgress, now: datetime) -> DueBriefing | None:
    """The briefing to be sent or skipped now; None if there is none. `progress` is that of a route that has begun."""
    handled = progress.handled or now
    open_times = [at for at in times_before(route, now - SETTLE) if at > handled]
    if not open_times:
        return None
    *missed, at = open_times
    since = max(progress.covered or handled, at - MOST)
    if progress.refusals >= REFUSALS:
        return DueBriefing(at, since, tuple(missed), skipped=f"refused {progress.refusals} times")
    if now - at > route.late:
        return DueBriefing(at, since, tuple(missed), skipped=f"more than {route.late} late")
    wait = progress.not_before is not None and now < progress.not_before <= now + 2 * LONGEST
    return None if wait else DueBriefing(at, since, tuple(missed))


def times_before(route: Route, now: datetime) -> list[datetime]:
    """The times of briefings in the last MOST until `now`, in order. There is always one.

    A clock time that a day does not have, because clocks are set forward, is an hour later; of one that it has twice,
    the first counts."""
    zone = ZoneInfo(route.zone)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(MOST.days + 1, -1, -1)]
    return sorted({at for day in days for clock in route.times if (at := on(day, clock, zone)) <= now})


def told_briefing(due: DueBriefing) -> BriefingProgress:
    """The progress after a briefing was accepted, or nothing was new and the route sends none then."""
    return BriefingProgress(handled=due.at, covered=due.at)


def passed(progress: BriefingProgress, at: datetime) -> BriefingProgress:
    """The progress after the briefings until `at` were skipped: the next one tells their statements too."""
    return BriefingProgress(handled=at, covered=progress.covered, failing_since=progress.failing_since)


def failed_briefing(progress: BriefingProgress, answer: Answer, now: datetime) -> BriefingProgress:
    """The progress after a failed try: the waits double from FIRST seconds up to LONGEST, or last as long as asked."""
    wait = min(LONGEST, timedelta(seconds=FIRST * 2.0 ** min(progress.tries, 20)))
    wait = max(wait, min(timedelta(seconds=answer.retry_after or 0.0), 2 * LONGEST))
    return replace(
        progress,
        tries=progress.tries + 1,
        refusals=progress.refusals + answer.refused,
        failing_since=progress.failing_since or now,
        not_before=now + wait,
    )
