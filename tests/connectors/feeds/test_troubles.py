"""Which troubles of a feed an operator is told of, and when they are over."""

from datetime import timedelta

import pytest

from connectors.errors import NotAFeed
from connectors.feeds.decide import Polled, decide
from connectors.web.fetcher import Response
from schemas.article import FeedEntry
from tests.support.polled import NOW, URL, USED, after, entries, failed, fetched


def test_no_overlap_means_a_gap_and_a_faster_poll():
    before, _ = after(fetched(entries(10, gap=7200)))
    decision = decide(before, fetched(entries(10, start=50, gap=7200)), USED, NOW + timedelta(hours=1))
    assert [event.kind for event in decision.events] == ["gap"]
    assert decision.state.interval == 600 and decision.state.why_then == "many new entries"
    calm = decide(before, fetched(entries(10, start=1, gap=7200)), USED, NOW + timedelta(hours=1))
    assert not calm.events and calm.state.interval == 3600


def test_gone_feeds_are_slowed_to_once_a_day_and_told():
    current, events = after(failed(410))
    assert current.interval == 86400 and [event.kind for event in events] == ["gone"]
    back, events = after(fetched(entries(3)), first=current)
    assert [event.kind for event in events] == ["recovered"] and not back.trouble


def test_trouble_is_told_once_and_so_is_its_end():
    _, events = after(*[failed(500)] * 6, fetched(entries(3)), fetched(entries(3)))
    assert [event.kind for event in events] == ["failing", "recovered"]
    assert "http-500" in events[0].detail


@pytest.mark.parametrize(
    "polled", [failed(403), failed(401), Polled(Response(URL, 200), error=NotAFeed("x", "captcha"))]
)
def test_a_blocked_feed_is_told_as_blocked(polled):
    _, events = after(*[polled] * 4)
    assert [event.kind for event in events] == ["blocked", "failing"] or [e.kind for e in events] == ["blocked"]


def test_an_emptied_feed_is_told_and_forgets_nothing():
    current, events = after(fetched(entries(5)), fetched(()), fetched(()), fetched(entries(5)))
    assert [event.kind for event in events] == ["empty", "recovered"]
    assert len(current.seen) == 5 and current.entries == 5


def test_silence_far_beyond_the_rhythm_is_told():
    before, _ = after(fetched(entries(10, gap=3600)))
    unchanged = Polled(Response(URL, 304), conditional=True)
    assert not decide(before, unchanged, USED, NOW + timedelta(days=2)).events
    (event,) = decide(before, unchanged, USED, NOW + timedelta(days=4)).events
    assert event.kind == "stale" and "4.0 days" in event.detail


def test_a_feed_without_dates_is_stale_by_when_its_entries_came():
    def undated(count: int) -> tuple[FeedEntry, ...]:
        return tuple(e.model_copy(update={"published": None}) for e in entries(count))

    current, events = after(*[fetched(undated(n)) for n in range(5, 12)], gap=3600)
    assert current.rhythm == 3600 and not events
    unchanged = Polled(Response(URL, 304), conditional=True)
    (event,) = decide(current, unchanged, USED, NOW + timedelta(days=5)).events
    assert event.kind == "stale"
