"""When a route sends its next message, and when it gives up. Pure functions of route, progress and time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from schemas.delivery import Quiet, Route

#: Exponential back-off: seconds until the second try; each further wait is twice as long, up to LONGEST.
FIRST, LONGEST = 5.0, 3600.0
#: Longest Retry-After that is respected, in seconds.
MOST_ASKED = 86_400.0
#: After so many refusals of this particular message, it becomes a dead letter.
REFUSALS = 5
HOUR = timedelta(hours=1)
#: A time further in the future than this comes from a wrong clock or a wrong record.
SKEW = HOUR
#: Longer than any digest period, including changes of daylight saving time.
PAST = timedelta(days=2)


@dataclass(frozen=True)
class Answer:
    """The result of sending a message: whether it was accepted (`taken`), and the response in words (`told`).

    `refused`: the destination rejects this particular message. `retry_after`: seconds that it asks us to wait.
    """

    taken: bool
    told: str
    refused: bool = False
    retry_after: float | None = None


@dataclass(frozen=True)
class Progress:
    """The state of a route that survives a restart, besides its offsets. It is small, because it is stored as the note
    of the committed offsets.

    `tries` counts the tries of the next message, `refusals` those of them that were refused. `failing_since`: when the
    destination stopped accepting messages. `not_before`: when it is tried again. `hour` and `sent`: how many messages
    were sent in that clock hour. `last_sent`: when a message was last accepted.
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
        """Reads what `dump` wrote; returns a new Progress if the text cannot be read."""
        try:
            return _PROGRESS.validate_json(text)
        except ValidationError:
            return cls()


_PROGRESS = TypeAdapter(Progress)


def due(route: Route, alerted: datetime, progress: Progress, now: datetime) -> datetime:
    """When to send the message whose first alert was raised at `alerted`. A time not after `now` means at once."""
    at = max(now, progress.not_before or now)
    if at - now > timedelta(seconds=MOST_ASKED):  # the clock was set back in the meantime
        at = now
    if route.digest:
        at = max(at, digest_end(route, alerted, progress.last_sent, now))
    if route.per_hour and progress.hour == clock_hour(at) and progress.sent >= route.per_hour:
        at = clock_hour(at) + HOUR
    return after_quiet(route.quiet, ZoneInfo(route.zone), at) if route.quiet else at


def taken(progress: Progress, now: datetime, more: bool = False) -> Progress:
    """The progress after a message was accepted. `more`: the digest was full, and its rest is still due now."""
    hour = clock_hour(now)
    sent = progress.sent + 1 if progress.hour == hour else 1
    return Progress(hour=hour, sent=sent, last_sent=progress.last_sent if more else now)


def failed(progress: Progress, answer: Answer, now: datetime, random: Callable[[], float]) -> Progress:
    """The progress after a failed try. Jitter shortens the wait by up to half, so that routes do not retry at once."""
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
    """Whether the message that just failed becomes a dead letter.

    It does if it was refused REFUSALS times, or if both the destination has been failing and the alert has been waiting
    for at least `give_up`. So behind a destination that stays down, alerts do not wait `give_up` one after the other.
    """
    failing = progress.failing_since or now
    since = max(failing, alerted) if alerted <= now + SKEW else failing
    return progress.refusals >= REFUSALS or now - since >= route.give_up


def given_up(progress: Progress) -> Progress:
    """The progress after a message became a dead letter. The tries start at 0 for the next message. `failing_since` is
    kept, unless the message itself was refused."""
    refused = progress.refusals >= REFUSALS
    return Progress(
        failing_since=None if refused else progress.failing_since,
        not_before=None if refused else progress.not_before,
        hour=progress.hour,
        sent=progress.sent,
        last_sent=progress.last_sent,
    )


def digest_end(route: Route, alerted: datetime, last_sent: datetime | None, now: datetime) -> datetime:
    """When the digest that contains an alert is due, or `now` if that time is long past.

    The period is the one that contains the first alert, or the last message if that was later. Times in the far past
    or in the future (year 1, year 9999, a clock that was set back) are ignored.
    """
    begins = [when for when in (alerted, last_sent) if when and when <= now + SKEW]
    if not begins or now - max(begins) > PAST:
        return now
    return period_end(route, max(begins))


def period_end(route: Route, start: datetime) -> datetime:
    """End of the digest's hour or day that contains `start`. Days begin at `route.at` in the route's time zone."""
    if route.digest == "hourly":
        return clock_hour(start) + HOUR
    zone = ZoneInfo(route.zone)
    local = start.astimezone(zone)
    end = on(local.date(), route.at, zone)
    return end if end > start else on(local.date() + timedelta(days=1), route.at, zone)


def after_quiet(quiet: Quiet, zone: ZoneInfo, at: datetime) -> datetime:
    """`at`, or the end of the quiet hours if `at` is within them."""
    day = at.astimezone(zone).date()
    for first in (day - timedelta(days=1), day):
        begin = on(first, quiet.after, zone)
        last = first if quiet.until > quiet.after else first + timedelta(days=1)
        end = on(last, quiet.until, zone)
        if begin <= at < end:
            return end
    return at


def held_until(route: Route, alerted: datetime) -> datetime | None:
    """The end of the quiet hours in which an alert was raised; None if it was not raised in quiet hours."""
    if route.quiet is None:
        return None
    end = after_quiet(route.quiet, ZoneInfo(route.zone), alerted)
    return end if end > alerted else None


def on(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def clock_hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
