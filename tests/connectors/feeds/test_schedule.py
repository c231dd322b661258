"""When a feed is polled next, and why. Pure functions: no server, no clock."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import FetchError, NotAFeed
from connectors.feeds import schedule
from connectors.feeds.decide import Polled, decide
from connectors.formats.hints import Hints
from connectors.formats.parse import ParsedFeed
from connectors.http_headers import cache_seconds, retry_after
from connectors.web.fetcher import Response
from schemas.settings import ConnectorSettings
from tests.support.polled import NOW, URL, USED, entries, failed, fetched, seconds, state


def test_the_interval_follows_the_feeds_rhythm_within_bounds():
    assert seconds(fetched(entries(10, gap=600))) == 300
    assert seconds(fetched(entries(10, gap=20))) == USED.min_interval
    assert seconds(fetched(entries(10, gap=86400))) == 6 * USED.interval
    assert seconds(fetched(entries(2))) == USED.interval, "too few dates to tell a rhythm"


def test_the_publishers_wishes_are_heeded_within_bounds():
    def wish(hours: float) -> ParsedFeed:
        return ParsedFeed("rss", entries(10, gap=600), hints=Hints(interval=hours * 3600))

    assert seconds(fetched(wish(0.25))) == 900
    assert seconds(fetched(wish(24))) == 3 * USED.interval
    assert seconds(fetched(entries(10, gap=600), cache_control="public, max-age=1200")) == 1200
    assert seconds(fetched(entries(10, gap=600), expires="Mon, 02 Mar 2026 12:20:00 GMT")) == 1200


def test_a_fixed_interval_is_kept_whatever_is_wished():
    used = ConnectorSettings(interval=1, adaptive=False)
    wish = ParsedFeed("rss", entries(10, gap=86400), hints=Hints(interval=3600, skip_hours=frozenset({12})))
    assert seconds(fetched(wish, cache_control="max-age=9999"), used=used) == 1


def test_skipped_hours_are_skipped():
    feed = ParsedFeed("rss", entries(10, gap=1200), hints=Hints(skip_hours=frozenset({12, 13})))
    decision = decide(state(), fetched(feed), USED, NOW)
    assert decision.state.next_poll == NOW.replace(hour=14) and "skip" in decision.state.why_then


def test_failures_back_off_and_never_give_up():
    current, waits = state(last_success=NOW), []
    for _ in range(6):
        current = decide(current, Polled(error=FetchError("timeout", "x")), USED, NOW).state
        waits.append(current.interval)
    assert waits == [600, 1200, 2400, 3600, 3600, 3600]
    decision = decide(current, Polled(error=FetchError("timeout", "x")), USED, NOW + timedelta(days=8))
    late = decision.state
    assert late.interval == 86400 and "slowed down" in late.why_then
    assert late.failures_by_kind == {"timeout": 7}
    assert [event.kind for event in decision.events] == ["gone"]
    assert not decide(late, Polled(error=FetchError("timeout", "x")), USED, NOW + timedelta(days=9)).events


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["7200", "Mon, 02 Mar 2026 14:00:00 GMT"])
def test_retry_after_is_heeded_in_both_forms(status, value):
    decision = decide(state(), failed(status, retry_after=value), USED, NOW)
    assert decision.state.interval == 7200 and "asked to wait" in decision.state.why_then
    assert decision.domain_wait == 3600, "a domain waits an hour at most"


def test_a_bare_429_slows_its_domain_and_a_bare_503_does_not():
    assert decide(state(), failed(429), USED, NOW).domain_wait == USED.interval
    rare = USED.model_copy(update={"interval": 6 * 3600})
    assert decide(state(), failed(429), rare, NOW).domain_wait == 3600, "an hour at most, whatever the interval"
    assert decide(state(), failed(503), USED, NOW).domain_wait == 0
    assert decide(state(), failed(500, retry_after="9"), USED, NOW).domain_wait == 0


def test_an_absurd_retry_after_is_bounded():
    assert decide(state(), failed(429, retry_after="999999999"), USED, NOW).state.interval == 86400


def test_feeds_of_one_host_do_not_come_back_at_one_instant():
    times = {
        decide(state(url=f"{URL}/{n}"), failed(429, retry_after="600"), USED, NOW).state.next_poll for n in range(50)
    }
    assert len(times) == 50 and all(
        NOW + timedelta(seconds=600) <= time <= NOW + timedelta(seconds=660) for time in times
    )


@pytest.mark.parametrize(
    ("control", "expires", "found"),
    [
        ("max-age=60", "", 60),
        ("no-cache, max-age=60", "", None),
        ("", "0", None),
        ("", "", None),
        ("max-age=x", "", None),
    ],
)
def test_cache_headers(control, expires, found):
    assert cache_seconds(control, expires, "", NOW) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", None), (None, None), ("soon", None), ("-5", None), ("0", 0), (" 10 ", 10), ("²", None), ("٣", None),
        ("１０", None), ("9" * 10, None), ("Fri, 31 Dec 9999 23:59:59 -1200", None),
    ],
)  # fmt: skip
def test_a_retry_after_that_is_no_number_of_ascii_digits_and_no_date_is_none(value, found):
    assert retry_after(value, NOW) == found


@given(st.text())
def test_no_header_value_makes_retry_after_fail(value):
    assert (retry_after(value, NOW) or 0.0) >= 0.0


@settings(deadline=None)
@given(
    polls=st.lists(
        st.sampled_from(["new", "same", "304", "500", "429", "410", "timeout", "html", "empty"]),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_happens_there_is_a_next_poll_within_bounds(polls):
    current, now, start = state(), NOW, 0
    for kind in polls:
        start += kind == "new"
        polled = {
            "new": fetched(entries(5, start=start * 5)), "same": fetched(entries(5, start=start * 5)),
            "304": Polled(Response(URL, 304), conditional=True), "500": failed(500), "410": failed(410),
            "429": failed(429, retry_after="3000"), "timeout": Polled(error=FetchError("timeout", "t")),
            "html": Polled(Response(URL, 200), error=NotAFeed("html")), "empty": fetched(()),
        }[kind]  # fmt: skip
        polls_before = current.polls
        current = decide(current, polled, USED, now).state
        wait = (current.next_poll - now).total_seconds()
        assert USED.min_interval <= wait <= 86400 * (1 + schedule.JITTER) + 6 * 3600
        assert current.polls == polls_before + 1 and current.why_then
        now = current.next_poll
