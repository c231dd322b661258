"""When a feed is polled next, and why. Pure functions of the state, the poll's result, the settings and `now`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from connectors.http_headers import cache_seconds, retry_after
from connectors.web.fetcher import Response
from schemas.article import FeedEntry
from schemas.feed import FeedState, NextPollKind
from schemas.ids import digest
from schemas.settings import ConnectorSettings

#: A quiet or failing feed is polled at least every six usual intervals (an hour, by default).
SLOWEST = 6
#: What a publisher asks for (ttl, syndication module, cache headers) is respected up to three usual intervals, because
#: many systems write "hourly" by default, and an hour is long for news.
WISH = 3
#: A feed that has been failing for so long is polled every `slow_interval`. It is never dropped.
LONG = timedelta(days=7)
#: Longest Retry-After in seconds that is respected: for the feed, and for all other requests to its domain.
LONGEST_WAIT = 86400.0
LONGEST_DOMAIN_WAIT = 3600.0
JITTER = 0.1
#: A feed whose parsing exceeded its limits so many times in a row is polled every `slow_interval`.
KILLS = 2


@dataclass(frozen=True)
class Next:
    """The next poll: seconds until then, and the reason in words and as a kind. `interval` is without jitter."""

    seconds: float
    why: str
    interval: float
    kind: NextPollKind = "planned"


def jitter(url: str, polls: int) -> float:
    """A number in [0, 1) derived from feed and poll, so that a replay gives the same number."""
    return int(digest("jitter", url, str(polls), size=4), 16) / 2**32


def after_success(
    state: FeedState,
    last_poll: datetime | None,
    settings: ConnectorSettings,
    response: Response,
    now: datetime,
    fresh: float,
) -> Next:
    """The next poll after a successful one. `last_poll` is the time of the poll before. `fresh` is the fraction of the
    entries that are new.

    If `fresh` is above 0.5, entries may soon be missed. Then the interval is shortened so that about half of the
    entries would be new, and what the publisher asks for is ignored.
    """
    usual = settings.interval
    if not settings.adaptive:
        return _at(usual, "fixed interval", state, now, heed=False)
    low, high = min(settings.min_interval, usual), usual * SLOWEST
    wanted, why = usual, "usual interval"
    if state.rhythm is not None:
        silence = (now - state.newest).total_seconds() if state.newest else 0.0
        wanted, why = max(state.rhythm, silence / 10) / 2, "its own rhythm"
    if fresh > 0.5 and last_poll:
        since = max(1.0, (now - last_poll).total_seconds())
        return _at(max(low, min(wanted, since * 0.5 / fresh, usual)), "many new entries", state, now, heed=False)
    header = response.headers.get
    cached = cache_seconds(header("cache-control", ""), header("expires", ""), header("date", ""), now)
    wish = min(max(state.wish or 0.0, cached or 0.0), usual * WISH)
    wanted = max(low, min(wanted, high))
    if wish > wanted:
        wanted, why = wish, "the publisher's wish"
    return _at(wanted, why, state, now)


def after_failure(state: FeedState, settings: ConnectorSettings, kind: str, asked: float | None, now: datetime) -> Next:
    """The next poll after a failure, which `state` must already count. `asked`: seconds of a Retry-After header.

    The wait doubles with each failure, up to SLOWEST intervals. If `asked` is longer, the wait is `asked`, up to
    LONGEST_WAIT. A 429 without Retry-After is treated like any failure here; for its domain, see `domain_wait`.
    """
    usual = settings.interval
    if gone(state, kind, now) or state.kills >= KILLS:
        wait, why = max(settings.slow_interval, usual), f"{kind}, slowed down"
    else:
        wait = min(usual * 2.0 ** min(state.failures - 1, 20), usual * SLOWEST)
        why = f"{kind}, failure {state.failures}"
    asks = asked is not None and asked > wait
    if asks:
        wait, why = min(asked or 0.0, LONGEST_WAIT), f"{kind}, asked to wait"
    due = _at(wait, why, state, now, heed=False)
    return replace(due, kind="asked-to-wait" if asks or kind == "http-429" else "failed")


def due_at(state: FeedState, settings: ConnectorSettings, now: datetime) -> datetime | None:
    """When a feed is polled next according to the state of an earlier run; None means at once.

    It is also None if the clock was set back: the last poll is in the future, or the next poll is further away than the
    longest possible wait.
    """
    longest = max(settings.slow_interval, settings.interval * SLOWEST, LONGEST_WAIT) * (1 + JITTER) + 6 * 3600
    ahead = state.last_poll is not None and state.last_poll > now + timedelta(minutes=1)
    if state.next_poll <= now or ahead or state.next_poll - now > timedelta(seconds=longest):
        return None
    return state.next_poll


def gone(state: FeedState, kind: str, now: datetime) -> bool:
    """Whether the server says 410 Gone, or the feed has been failing for longer than `LONG`. It is still polled, every
    `slow_interval`."""
    return kind == "http-410" or (state.failing_since is not None and now - state.failing_since > LONG)


def asked_to_wait(response: Response, now: datetime) -> float | None:
    """Seconds of the Retry-After header of a 429 or 503 response; else None."""
    return retry_after(response.headers.get("retry-after"), now) if response.status in (429, 503) else None


def domain_wait(response: Response, settings: ConnectorSettings, now: datetime) -> float:
    """Seconds for which no request is sent to the registrable domain, at most an hour.

    The server's Retry-After; one interval for a 429 without Retry-After; else 0.
    """
    asked = asked_to_wait(response, now)
    if asked is None:
        asked = settings.interval if response.status == 429 else 0.0
    return min(asked, LONGEST_DOMAIN_WAIT)


def domain_still_waits(state: FeedState, now: datetime) -> float:
    """Seconds for which a feed's domain must still not be requested, according to the state of an earlier run."""
    if state.then != "asked-to-wait":
        return 0.0
    until = min(state.next_poll, (state.last_poll or now) + timedelta(seconds=LONGEST_DOMAIN_WAIT))
    left = (until - now).total_seconds()
    return left if left <= LONGEST_DOMAIN_WAIT else 0.0


def _at(interval: float, why: str, state: FeedState, now: datetime, heed: bool = True) -> Next:
    seconds = interval * (1 + JITTER * jitter(state.url, state.polls))
    if heed and (skipped := _skipped(now + timedelta(seconds=seconds), state)):
        return Next(seconds + skipped, f"{why}, hours it asks to skip", interval)
    return Next(seconds, why, interval)


def _skipped(when: datetime, state: FeedState) -> float:
    """Seconds from `when` to the first hour that is not to be skipped (RSS 2.0 skipHours, skipDays), at most 6 h."""
    moved = when
    for _ in range(6):
        if moved.hour not in state.skip_hours and moved.weekday() not in state.skip_days:
            break
        moved = moved.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return (moved - when).total_seconds()


def rhythm(entries: Sequence[FeedEntry], now: datetime) -> tuple[float | None, datetime | None]:
    """(usual seconds between two entries, date of the newest entry), from the dates in the feed."""
    dates = (entry.published or entry.updated for entry in entries)
    past = sorted((date for date in dates if date is not None and date <= now), reverse=True)
    return usual_gap(past), past[0] if past else None


def usual_gap(past: Sequence[datetime]) -> float | None:
    """The median gap in seconds between the 20 latest times (`past` is sorted, the latest first); None for fewer than
    4 times."""
    if len(past) < 4:
        return None
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(past[:20])]
    mean = (past[0] - past[min(19, len(past) - 1)]).total_seconds() / len(gaps)
    gap = median(gaps) or mean
    return gap if gap > 0 and math.isfinite(gap) else None
