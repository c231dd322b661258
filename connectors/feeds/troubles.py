"""Problems of a feed that an operator should know. Each gives one event when it begins and one when it ends."""

from datetime import datetime, timedelta

from connectors.feeds import schedule
from schemas.feed import FeedEvent, FeedEventKind, FeedState

#: Consecutive failures before the event `failing`, and before the event `blocked`. The event `gone` comes at once.
FAILING = 3
BLOCKED = 2
#: A feed is stale if it had nothing new for ten times its usual gap between entries, and for at least three days.
STALE_RHYTHMS = 10
STALE_LEAST = timedelta(days=3)
BLOCKED_STATUS = frozenset((401, 402, 403, 407, 451))


def is_blocked(status: int | None, wall: str | None) -> bool:
    return wall is not None or status in BLOCKED_STATUS


def note_failure(state: FeedState, blocked: bool, gone: bool, now: datetime) -> tuple[FeedState, list[FeedEvent]]:
    """(state with its current problems, events for new problems). `state` must already count the failure.

    `gone`: the feed is polled only every `slow_interval` from now on.
    """
    troubles: list[FeedEventKind] = []
    if gone:
        troubles.append("gone")
    elif state.kills >= schedule.KILLS:
        troubles.append("too-costly")
    elif blocked and state.failures >= BLOCKED:
        troubles.append("blocked")
    elif state.failures >= FAILING:
        troubles.append("failing")
    detail = f"{state.failures} in a row, the last: {state.last_error}; next poll {state.next_poll:%Y-%m-%d %H:%M:%SZ}"
    new = [kind for kind in troubles if kind not in state.trouble]
    events = [_event(state, kind, detail, now) for kind in new]
    return state.model_copy(update={"trouble": (*state.trouble, *new)}), events


def note_success(
    state: FeedState, before: FeedState, empty: bool, no_overlap: bool, now: datetime, nothing: str = ""
) -> tuple[FeedState, list[FeedEvent]]:
    """(state with its current problems, events that are new) after a successful poll.

    `before` is the state before the poll. `empty`: the feed had entries before and has none now. `no_overlap`: none of
    its entries was known. `nothing`: why a listing has no entries.
    """
    events = []
    current: list[FeedEventKind] = []
    if empty:
        current.append("empty")
        what = f"the listing found nothing: {nothing}" if nothing else "no entries"
        if "empty" not in before.trouble:
            events.append(_event(state, "empty", f"{what}, but {before.entries} the last time it had any", now))
    if (silence := stale(state, now)) is not None:
        current.append("stale")
        if "stale" not in before.trouble:
            usual = _days(timedelta(seconds=state.rhythm or 0))
            detail = f"nothing new for {_days(silence)}, its rhythm is one entry in {usual}"
            events.append(_event(state, "stale", detail, now))
    if no_overlap:
        events.append(_event(state, "gap", "none of its entries was known: some may have come and gone unseen", now))
    if over := [kind for kind in before.trouble if kind not in current and kind not in ("gap", "moved", "recovered")]:
        detail = f"no longer {', '.join(over)}" + (f", after {before.failures} failures" if before.failures else "")
        events.append(_event(state, "recovered", detail, now))
    return state.model_copy(update={"trouble": tuple(current)}), events


def stale(state: FeedState, now: datetime) -> timedelta | None:
    """How long a feed has had nothing new, if that is long enough to call it stale; else None."""
    newest = state.newest or state.last_new
    if newest is None or state.rhythm is None:
        return None
    silence = now - newest
    return silence if silence > max(STALE_LEAST, timedelta(seconds=STALE_RHYTHMS * state.rhythm)) else None


def moved(state: FeedState, target: str, now: datetime) -> FeedEvent:
    return _event(state, "moved", f"moved for good to {target}, which is polled from now on", now)


def _event(state: FeedState, kind: FeedEventKind, detail: str, now: datetime) -> FeedEvent:
    return FeedEvent(url=state.url, outlet=state.outlet, kind=kind, detail=detail, at=now)


def _days(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"
