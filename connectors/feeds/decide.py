"""Computes from a poll the feed's next state, the entries to publish and the events. Pure; `now` is passed in."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.entry_limits import VALIDATOR
from connectors.errors import ConnectorError, NotAFeed, TooCostly
from connectors.feeds import schedule, troubles
from connectors.feeds.changes import compare
from connectors.feeds.seen_entries import Change, arrivals, page_due, remembered
from connectors.formats.parse import ParsedFeed
from connectors.web.fetcher import Response
from schemas.feed import Feed, FeedEvent, FeedState
from schemas.limits import sound
from schemas.settings import ConnectorSettings

#: After this many conditional polls, one is sent without validators, because some servers wrongly answer 304.
UNCONDITIONAL = 10
#: A permanent redirect is followed directly after this many in a row, and dropped after as many failures of its target.
MOVED = 3


@dataclass(frozen=True)
class Polled:
    """The result of one request: a response, with the parsed feed unless it is unchanged; or an error.

    `conditional`: validators were sent. `body`: a hash of the body.
    """

    response: Response | None = None
    parsed: ParsedFeed | None = None
    error: ConnectorError | None = None
    conditional: bool = False
    body: str | None = None


@dataclass(frozen=True)
class Decision:
    """What follows from a poll. `result` is fetched, unchanged, or the kind of the failure.

    `domain_wait`: seconds for which the whole domain must not be requested. `known`: entries that were known before.
    """

    state: FeedState
    result: str
    changes: tuple[Change, ...] = ()
    events: tuple[FeedEvent, ...] = ()
    domain_wait: float = 0.0
    known: int = 0


def first_state(feed: Feed, now: datetime) -> FeedState:
    return FeedState(url=str(feed.url), outlet=feed.outlet, next_poll=now, why_then="never polled")


def address(state: FeedState) -> str:
    """The URL to request: the listed one, or the target of a permanent redirect that was seen `MOVED` times."""
    return state.moved_to if state.moved_to and state.moved_seen >= MOVED else state.url


def validators(state: FeedState, now: datetime) -> dict[str, str]:
    """Headers of a conditional GET (RFC 9110 §13.1); none if the full feed is needed."""
    if state.distrusted or state.index or state.unconditional >= UNCONDITIONAL or page_due(state, now):
        return {}
    headers = {"If-None-Match": state.etag, "If-Modified-Since": state.last_modified}
    return {name: value for name, value in headers.items() if value}


def sendable(validator: str | None) -> str | None:
    """The validator if it can be stored and sent back (printable ASCII, not too long), else None."""
    good = validator and len(validator) <= VALIDATOR and validator.isascii() and validator.isprintable()
    return validator if good else None


def body_hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def decide(state: FeedState, polled: Polled, settings: ConnectorSettings, now: datetime) -> Decision:
    """Computes the `Decision` from the feed's state and the result of a poll."""
    response = polled.response
    counted = state.model_copy(update={"polls": state.polls + 1})
    if polled.error is not None or response is None:
        error = polled.error or ConnectorError("no answer")
        return _failed(counted, error.kind, str(error), polled, settings, now)
    if response.status == 304 and polled.conditional:
        return _unchanged(counted, state, polled, response, settings, now)
    if not 200 <= response.status < 300:
        return _failed(counted, f"http-{response.status}", f"http-{response.status}", polled, settings, now)
    if polled.parsed is None:
        return _unchanged(counted, state, polled, response, settings, now)
    return _fetched(counted, state, polled, polled.parsed, response, settings, now)


def _failed(
    state: FeedState, kind: str, detail: str, polled: Polled, settings: ConnectorSettings, now: datetime
) -> Decision:
    response = polled.response
    state = state.model_copy(
        update={
            "failures": state.failures + 1,
            "kills": state.kills + (kind == TooCostly.kind),
            "failing_since": state.failing_since or now,
            "failures_by_kind": {**state.failures_by_kind, kind: state.failures_by_kind.get(kind, 0) + 1},
            "last_error": sound(detail)[:300],
            "asked_by": None,
            "last_poll": now,
        }
    )
    if state.moved_to and state.failures >= MOVED and address(state) != state.url:
        state = state.model_copy(update={"moved_to": None, "moved_seen": 0})
    asked = schedule.asked_to_wait(response, now) if response else None
    state = _next(state, schedule.after_failure(state, settings, kind, asked, now), now)
    wall = polled.error.wall if isinstance(polled.error, NotAFeed) else None
    blocked = troubles.is_blocked(response.status if response else None, wall)
    state, events = troubles.note_failure(state, blocked, schedule.gone(state, kind, now), now)
    wait = schedule.domain_wait(response, settings, now) if response else 0.0
    if response and wait and response.url != address(state):
        state = state.model_copy(update={"asked_by": response.url})
    return Decision(state, kind, (), tuple(events), wait)


def _unchanged(
    state: FeedState, before: FeedState, polled: Polled, response: Response, settings: ConnectorSettings, now: datetime
) -> Decision:
    state = _succeeded(state, before, polled, response, now)
    state = _next(state, schedule.after_success(state, before.last_poll, settings, response, now, 0.0), now)
    state, events = troubles.note_success(state, before, "empty" in before.trouble, False, now)
    state, moves = _follow_move(state, response, now)
    return Decision(state, "unchanged", (), (*events, *moves))


def _fetched(
    state: FeedState,
    before: FeedState,
    polled: Polled,
    parsed: ParsedFeed,
    response: Response,
    settings: ConnectorSettings,
    now: datetime,
) -> Decision:
    if parsed.nothing and not before.entries:  # a listing that never had entries counts as failing
        return _failed(state, "empty-listing", f"the listing shows nothing: {parsed.nothing}", polled, settings, now)
    compared = compare(before, parsed.entries, now, settings.fetch_pages)
    new = sum(change.why == "new" for change in compared.changes)
    first = before.last_success is None
    no_overlap = not first and before.entries > 0 and new > 1 and compared.known == 0
    rhythm, newest = schedule.rhythm(parsed.entries, now)
    if newest is None:
        rhythm = schedule.usual_gap(arrivals(compared.seen))
    seen, left = remembered(before, compared.seen, now)
    update: dict[str, object] = {
        "seen": seen,
        "left": left,
        "index": parsed.kind == "sitemap-index",
        "rhythm": rhythm or before.rhythm,
        "newest": newest or (now if new else before.newest),
        "last_new": now if new else before.last_new,
        "entries": len(compared.seen) or before.entries,
        "wish": parsed.hints.interval,
        "skip_hours": tuple(sorted(parsed.hints.skip_hours)),
        "skip_days": tuple(sorted(parsed.hints.skip_days)),
    }
    lied = _lied(before, polled, response) and bool(compared.changes)
    state = _succeeded(state, before, polled, response, now).model_copy(update=update)
    if lied:
        state = state.model_copy(update={"distrusted": True})
    fresh = 0.0 if first or not compared.seen else new / len(compared.seen)
    state = _next(state, schedule.after_success(state, before.last_poll, settings, response, now, fresh), now)
    empty = not compared.seen and before.entries > 0
    state, events = troubles.note_success(state, before, empty, no_overlap, now, parsed.nothing)
    state, moves = _follow_move(state, response, now)
    return Decision(state, "fetched", compared.changes, (*events, *moves), 0.0, compared.known)


def _lied(before: FeedState, polled: Polled, response: Response) -> bool:
    """Whether the server sent the same validator with a different body. Then its 304 responses cannot be trusted."""
    etag, modified = sendable(response.headers.get("etag")), sendable(response.headers.get("last-modified"))
    same = (etag == before.etag) if etag else (modified is not None and modified == before.last_modified)
    return same and before.body is not None and before.body != polled.body


def _succeeded(state: FeedState, before: FeedState, polled: Polled, response: Response, now: datetime) -> FeedState:
    whole = response.status != 304
    header = response.headers.get
    return state.model_copy(
        update={
            "last_success": now,
            "last_poll": now,
            "failures": 0,
            "kills": 0,
            "asked_by": None,
            "failing_since": None,
            "last_error": None,
            "etag": sendable(header("etag")) or (None if whole else before.etag),
            "last_modified": sendable(header("last-modified")) if whole else before.last_modified,
            "body": polled.body if whole else before.body,
            "unconditional": before.unconditional + 1 if polled.conditional else 0,
        }
    )


def _next(state: FeedState, due: schedule.Next, now: datetime) -> FeedState:
    when = now + timedelta(seconds=due.seconds)
    return state.model_copy(update={"next_poll": when, "why_then": due.why, "then": due.kind, "interval": due.interval})


def _follow_move(state: FeedState, response: Response, now: datetime) -> tuple[FeedState, list[FeedEvent]]:
    """Counts successive polls with a permanent redirect to the same target. After `MOVED` of them it is accepted, and
    the event `moved` is returned."""
    target = response.permanent
    if target is None:
        if state.moved_seen < MOVED and state.moved_to:
            state = state.model_copy(update={"moved_to": None, "moved_seen": 0})
        return state, []
    count = state.moved_seen + 1 if target == state.moved_to and state.moved_seen < MOVED else 1
    state = state.model_copy(update={"moved_to": target, "moved_seen": count})
    return state, [troubles.moved(state, target, now)] if count == MOVED else []
