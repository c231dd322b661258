"""When a feed is polled next, and why. Pure: the state, what the poll brought, the settings and `now` go in."""

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

#: A quiet or failing feed is polled at least every six usual intervals (an hour, by default) …
SLOWEST = 6
#: … and a publisher's wish (ttl, syndication module, cache headers) stretches the usual interval three times at most:
#: many systems write "hourly" by default, and an hour is long for news.
WISH = 3
#: Failing for so long, a feed is polled once every `slow_interval`; it is never dropped.
LONG = timedelta(days=7)
#: A server that asks for more than this is asked again after it all the same; a domain waits an hour at most.
LONGEST_WAIT = 86400.0
LONGEST_DOMAIN_WAIT = 3600.0
JITTER = 0.1
#: A feed whose parsing used up its time or memory so often is polled once every `slow_interval`.
KILLS = 2


@dataclass(frozen=True)
class Next:
    """The next poll: in how many seconds, and why. `interval` is without jitter."""

    seconds: float
    why: str
    interval: float
    kind: NextPollKind = "planned"


def jitter(url: str, polls: int) -> float:
    """A number in [0, 1) that differs by feed and poll and is the same for each replay."""
    return int(digest("jitter", url, str(polls), size=4), 16) / 2**32


def after_success(
    state: FeedState,
    last_poll: datetime | None,
    settings: ConnectorSettings,
    response: Response,
    now: datetime,
    fresh: float,
) -> Next:
    """After a poll that had an answer; `last_poll` is the one before. `fresh`: the share of its entries never seen.

    More than half fresh means that entries may soon be lost: the interval shrinks so that half would be. That, and a
    feed none of whose entries were known, goes before the publisher's wishes.
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
    """After a failure, which `state` already counts. `asked` are the seconds of a Retry-After header.

    The wait doubles with each failure, up to SLOWEST intervals; it is `asked` where that is longer. A 429 without
    Retry-After is treated like any failure here; what it means for the whole domain is said by `domain_wait`.
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
    """When a feed is polled next, as its state of an earlier run says; None for now.

    It is now as well when the clock was set back since: the last poll is ahead, or the next is further away than the
    longest wait there is.
    """
    longest = max(settings.slow_interval, settings.interval * SLOWEST, LONGEST_WAIT) * (1 + JITTER) + 6 * 3600
    ahead = state.last_poll is not None and state.last_poll > now + timedelta(minutes=1)
    if state.next_poll <= now or ahead or state.next_poll - now > timedelta(seconds=longest):
        return None
    return state.next_poll


def gone(state: FeedState, kind: str, now: datetime) -> bool:
    """Is a feed given up by its publisher, or failing for so long that it may be? It is still asked once a day."""
    return kind == "http-410" or (state.failing_since is not None and now - state.failing_since > LONG)


def asked_to_wait(response: Response, now: datetime) -> float | None:
    """Seconds of Retry-After, where the answer is a 429 or 503 that has one."""
    return retry_after(response.headers.get("retry-after"), now) if response.status in (429, 503) else None


def domain_wait(response: Response, settings: ConnectorSettings, now: datetime) -> float:
    """Seconds for which the whole registrable domain is left alone, an hour at most.

    As long as the server asks; one interval for a 429 that does not say.
    """
    asked = asked_to_wait(response, now)
    if asked is None:
        asked = settings.interval if response.status == 429 else 0.0
    return min(asked, LONGEST_DOMAIN_WAIT)


def domain_still_waits(state: FeedState, now: datetime) -> float:
    """Seconds for which a feed's domain is still left alone, as the state of an earlier run tells."""
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
    """Seconds from `when` to the first hour not to be skipped (RSS 2.0 skipHours, skipDays), six hours at most."""
    moved = when
    for _ in range(6):
        if moved.hour not in state.skip_hours and moved.weekday() not in state.skip_days:
            break
        moved = moved.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return (moved - when).total_seconds()


def rhythm(entries: Sequence[FeedEntry], now: datetime) -> tuple[float | None, datetime | None]:
    """(usual seconds between two entries, date of the newest), by the dates that the feed gives."""
    dates = (entry.published or entry.updated for entry in entries)
    past = sorted((date for date in dates if date is not None and date <= now), reverse=True)
    return usual_gap(past), past[0] if past else None


def usual_gap(past: Sequence[datetime]) -> float | None:
    """The median gap in seconds of the last 20 moments, the latest first; None of fewer than 4."""
    if len(past) < 4:
        return None
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(past[:20])]
    mean = (past[0] - past[min(19, len(past) - 1)]).total_seconds() / len(gaps)
    gap = median(gaps) or mean
    return gap if gap > 0 and math.isfinite(gap) else None
