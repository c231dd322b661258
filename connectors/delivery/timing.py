"""When a route sends what waits for it, and when it gives up: pure functions of route, progress and clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from schemas.delivery import Quiet, Route

#: Seconds until the second try; each further one waits twice as long, up to LONGEST.
FIRST, LONGEST = 5.0, 3600.0
#: Longest wait that a destination may ask for by Retry-After, in seconds.
MOST_ASKED = 86_400.0
#: A message that the other side refuses as such is not better for being sent more often than this.
REFUSALS = 5
HOUR = timedelta(hours=1)
#: A time later than this after now was set by a wrong clock, or by a record that lies.
SKEW = HOUR
#: Longer than any digest's period, summer time included.
PAST = timedelta(days=2)


@dataclass(frozen=True)
class Answer:
    """What became of a message: taken or not, and what the other side said. `refused`: it dislikes this very message.

    `retry_after` is how many seconds it asks to be left alone.
    """

    taken: bool
    told: str
    refused: bool = False
    retry_after: float | None = None


@dataclass(frozen=True)
class Progress:
    """What of a route outlives a restart, beside its place in the topics; small, for it travels with that place.

    `tries` of the message that is next, of which `refusals`; `failing_since` when the destination last stopped taking
    messages; `not_before` when it is tried again; `hour` and `sent`: how many messages were sent in that clock hour;
    `last_sent` when a message was last taken.
    """

    tries: int = 0
    refusals: int = 0
    first_try: datetime | None = None
    failing_since: datetime | None = None
    not_before: datetime | None = None
    hour: datetime | None = None
    sent: int = 0
    last_sent: datetime | None = None

    def dump(self) -> str:
        return _PROGRESS.dump_json(self).decode()

    @classmethod
    def load(cls, text: str) -> "Progress":
        """What was dumped; a new one where it cannot be read."""
        try:
            return _PROGRESS.validate_json(text)
        except ValidationError:
            return cls()


_PROGRESS = TypeAdapter(Progress)


def due(route: Route, alerted: datetime, progress: Progress, now: datetime) -> datetime:
    """When to send the message whose first alert was `alerted`; a time not after `now` means at once."""
    at = max(now, progress.not_before or now)
    if at - now > timedelta(seconds=MOST_ASKED):  # the clock was set back since
        at = now
    if route.digest:
        at = max(at, digest_end(route, alerted, progress.last_sent, now))
    if route.per_hour and progress.hour == clock_hour(at) and progress.sent >= route.per_hour:
        at = clock_hour(at) + HOUR
    return after_quiet(route.quiet, ZoneInfo(route.zone), at) if route.quiet else at


def taken(progress: Progress, now: datetime, more: bool = False) -> Progress:
    """The progress after a message was taken; `more`: a digest was full, and the rest of it is due as it was."""
    hour = clock_hour(now)
    sent = progress.sent + 1 if progress.hour == hour else 1
    return Progress(hour=hour, sent=sent, last_sent=progress.last_sent if more else now)


def failed(progress: Progress, answer: Answer, now: datetime, random: Callable[[], float]) -> Progress:
    """The progress after a message was not taken. Jitter halves the wait at most, so that many do not come at once."""
    tries = progress.tries + 1
    wait = min(LONGEST, FIRST * 2.0 ** min(tries - 1, 20)) * (0.5 + random() / 2)
    wait = max(wait, min(answer.retry_after or 0.0, MOST_ASKED))
    return Progress(
        tries=tries,
        refusals=progress.refusals + answer.refused,
        first_try=progress.first_try or now,
        failing_since=progress.failing_since or now,
        not_before=now + timedelta(seconds=wait),
        hour=progress.hour,
        sent=progress.sent,
        last_sent=progress.last_sent,
    )


def gives_up(route: Route, alerted: datetime, progress: Progress, now: datetime) -> bool:
    """Whether the message that just failed is a dead letter.

    It is when it was refused as such time and again, or when both the destination has failed and the alert has waited
    for `give_up`: behind a destination that is down for good, each alert gets the same time, not one after the other.
    """
    failing = progress.failing_since or now
    since = max(failing, alerted) if alerted <= now + SKEW else failing
    return progress.refusals >= REFUSALS or now - since >= route.give_up


def given_up(progress: Progress) -> Progress:
    """The progress after a message became a dead letter: the next starts anew, the destination's failing goes on."""
    refused = progress.refusals >= REFUSALS
    return Progress(
        failing_since=None if refused else progress.failing_since,
        not_before=None if refused else progress.not_before,
        hour=progress.hour,
        sent=progress.sent,
        last_sent=progress.last_sent,
    )


def digest_end(route: Route, alerted: datetime, last_sent: datetime | None, now: datetime) -> datetime:
    """When the digest that holds an alert is due, or `now` when that is past.

    A period begins with its first alert, or with the last message where that was later. Times in the far past or
    beyond now (year 1, year 9999, a clock that was set back) begin none.
    """
    begins = [when for when in (alerted, last_sent) if when and when <= now + SKEW]
    if not begins or now - max(begins) > PAST:
        return now
    return period_end(route, max(begins))


def period_end(route: Route, start: datetime) -> datetime:
    """When the digest's hour or day that holds `start` ends; days begin at `route.at` of the route's zone."""
    if route.digest == "hourly":
        return clock_hour(start) + HOUR
    zone = ZoneInfo(route.zone)
    local = start.astimezone(zone)
    end = on(local.date(), route.at, zone)
    return end if end > start else on(local.date() + timedelta(days=1), route.at, zone)


def after_quiet(quiet: Quiet, zone: ZoneInfo, at: datetime) -> datetime:
    """`at`, or the end of the quiet hours that hold it."""
    day = at.astimezone(zone).date()
    for first in (day - timedelta(days=1), day):
        begin = on(first, quiet.after, zone)
        last = first if quiet.until > quiet.after else first + timedelta(days=1)
        end = on(last, quiet.until, zone)
        if begin <= at < end:
            return end
    return at


def on(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def clock_hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
