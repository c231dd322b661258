"""When a feed is polled next, and why; what an operator is told. Pure functions: no server, no clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import FetchError, NotAFeed
from connectors.feeds import schedule
from connectors.feeds.changes import remembered
from connectors.feeds.decide import MOVED, UNCONDITIONAL, Polled, address, decide, validators
from connectors.feeds.departed import MOST, recall, row_words
from connectors.formats.hints import Hints
from connectors.formats.parse import ParsedFeed
from connectors.http_headers import cache_seconds, retry_after
from connectors.web.fetcher import Response
from schemas.article import FeedEntry
from schemas.feed import FeedState, SeenEntry
from schemas.ids import digest
from schemas.settings import ConnectorSettings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://example.org/feed"
USED = ConnectorSettings()


def state(**fields: object) -> FeedState:
    return FeedState.model_validate({"url": URL, "outlet": "O", "next_poll": NOW, **fields})


def entries(count: int, start: int = 0, gap: float = 3600, newest: datetime = NOW) -> tuple[FeedEntry, ...]:
    """Entries of a feed, the newest first, `gap` seconds apart."""
    return tuple(
        FeedEntry(
            id=f"{URL}/{n}",
            url=f"https://example.org/{n}",
            title=f"Story number {n} of the bridge and its customs house",
            published=newest - timedelta(seconds=gap * i),
        )
        for i, n in enumerate(range(start + count, start, -1))
    )  # fmt: skip


def fetched(feed: ParsedFeed | tuple[FeedEntry, ...], status: int = 200, permanent: str | None = None, **headers: str):
    parsed = feed if isinstance(feed, ParsedFeed) else ParsedFeed("rss", feed)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Polled(Response(URL, status, fields, b"", permanent), parsed, body=str(hash(parsed.entries)))


def failed(status: int, **headers: str) -> Polled:
    return Polled(Response(URL, status, {name.replace("_", "-"): value for name, value in headers.items()}))


def after(*polls: Polled, first: FeedState | None = None, gap: float = 600) -> tuple[FeedState, list]:
    """The state after polls `gap` seconds apart, and every event told."""
    current, events, now = first or state(), [], NOW
    for polled in polls:
        decision = decide(current, polled, USED, now)
        current, now = decision.state, now + timedelta(seconds=gap)
        events += decision.events
    return current, events


def seconds(polled: Polled, before: FeedState | None = None, used: ConnectorSettings = USED) -> float:
    """Seconds to the next poll, without jitter."""
    return decide(before or state(), polled, used, NOW).state.interval or 0


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


def test_no_overlap_means_a_gap_and_a_faster_poll():
    before, _ = after(fetched(entries(10, gap=7200)))
    decision = decide(before, fetched(entries(10, start=50, gap=7200)), USED, NOW + timedelta(hours=1))
    assert [event.kind for event in decision.events] == ["gap"]
    assert decision.state.interval == 600 and decision.state.why_then == "many new entries"
    calm = decide(before, fetched(entries(10, start=1, gap=7200)), USED, NOW + timedelta(hours=1))
    assert not calm.events and calm.state.interval == 3600


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


def test_a_permanent_redirect_is_believed_when_seen_repeatedly():
    new = "https://example.org/new"
    moves = [fetched(entries(3), permanent=new)] * MOVED
    almost, events = after(*moves[1:])
    assert address(almost) == URL and not events
    moved, events = after(*moves)
    assert address(moved) == new and [event.kind for event in events] == ["moved"] and moved.url == URL
    wavering, events = after(moves[0], fetched(entries(3)), *moves[1:])
    assert address(wavering) == URL and not events
    back, _ = after(*[failed(404)] * MOVED, first=moved)
    assert address(back) == URL


def test_validators_are_sent_and_left_out_every_so_often():
    current = state(etag='"e"', last_modified="Mon, 02 Mar 2026 10:00:00 GMT")
    assert set(validators(current, NOW)) == {"If-None-Match", "If-Modified-Since"}
    current, _ = after(*[Polled(Response(URL, 304), conditional=True)] * UNCONDITIONAL, first=current)
    assert validators(current, NOW) == {}
    current, _ = after(fetched(entries(3), etag='"f"'), first=current)
    assert validators(current, NOW) == {"If-None-Match": '"f"'}


def test_validators_that_lie_are_not_believed_again():
    current, _ = after(fetched(entries(3), etag='"e"'), fetched(entries(4), etag='"e"'))
    assert current.distrusted and validators(current, NOW) == {}
    honest, _ = after(fetched(entries(3), etag='"e"'), fetched(entries(4), etag='"f"'))
    assert not honest.distrusted


def test_a_304_nobody_asked_for_is_a_failure():
    assert decide(state(), Polled(Response(URL, 304)), USED, NOW).result == "http-304"


def test_churning_guids_and_links_publish_nothing_twice():
    def again(n: int) -> tuple[FeedEntry, ...]:
        old = entries(5)
        return tuple(e.model_copy(update={"id": f"churn-number-{n}-{i}"}) for i, e in enumerate(old))

    def elsewhere(n: int) -> tuple[FeedEntry, ...]:
        return tuple(e.model_copy(update={"url": f"{e.url}/session-{n}"}) for e in again(n))

    current, _ = after(fetched(again(1)))
    assert not decide(current, fetched(again(2)), USED, NOW).changes
    assert not decide(current, fetched(elsewhere(3)), USED, NOW).changes


def test_a_new_link_under_the_same_guid_is_the_same_article():
    (one,) = entries(1)
    current, _ = after(fetched((one,)))
    moved = one.model_copy(update={"url": "https://example.org/better-words", "title": "Better words"})
    (change,) = decide(current, fetched((moved,)), USED, NOW).changes
    assert change.why == "revised" and change.key in current.seen


def test_a_republished_archive_publishes_nothing_twice():
    polls = (fetched(entries(20)), fetched(entries(3, start=17)), fetched(entries(4, start=17)))
    current, _ = after(*polls, gap=200_000)
    assert len(current.left) == 17 * 64
    again = tuple(e.model_copy(update={"id": f"another-{e.id}", "url": f"{e.url}/moved"}) for e in entries(20))
    for archive in (entries(20), again):
        (only,) = decide(current, fetched((*archive, *entries(1, start=50))), USED, NOW + timedelta(days=30)).changes
        assert only.why == "new" and only.entry == entries(1, start=50)[0]


def known(n: int, at: datetime = NOW) -> tuple[str, SeenEntry]:
    guid, version = digest("g", str(n), size=6), digest("v", str(n), size=8)
    return digest(str(n)), SeenEntry(version=version, at=at, date=NOW - timedelta(days=n), guid=guid)


def test_what_left_a_feed_is_remembered_in_short_and_for_so_long():
    lately = dict([known(1, NOW - timedelta(hours=40))])
    before = dict(known(n, NOW - timedelta(days=3)) for n in range(2, 9))
    seen, left = remembered(state(seen=lately | before), {}, NOW)
    assert seen == lately and len(left) == 7 * 64
    for key, entry in before.items():
        words = row_words(entry.version, entry.date)
        for found in (recall(left, key=key), recall(left, guid=entry.guid), recall(left, words=words)):
            assert found and found[0] == key and found[1].version == entry.version
    assert recall(left, key=known(1)[0]) is None and recall(left, guid=None) is None
    _, left = remembered(state(left=left), {}, NOW + timedelta(days=50))
    assert left == ""


def test_what_is_remembered_is_bounded():
    many = dict(known(n, NOW - timedelta(days=3)) for n in range(MOST + 700))
    seen, left = remembered(state(seen=many), {"new": SeenEntry(version="v", at=NOW)}, NOW)
    assert seen.keys() == {"new"} and len(left) == MOST * 64
    lately = dict(known(n, NOW - timedelta(minutes=n)) for n in range(700))
    seen, left = remembered(state(seen=lately), {}, NOW)
    assert len(seen) == 500 and len(left) == 200 * 64


@given(st.binary(min_size=10, max_size=10), st.integers(0, 50))
def test_a_row_is_found_only_at_its_place(key, count):
    rows = dict(known(n, NOW - timedelta(days=3)) for n in range(count))
    _, left = remembered(state(seen=rows), {}, NOW)
    found = recall(left, key=key.hex())
    assert (found is not None) == (key.hex() in rows)
    assert recall(left, guid=left[30:42]) is None or left[30:42] in {entry.guid for entry in rows.values()}


def test_dates_ahead_are_null():
    (ahead,) = (e.model_copy(update={"published": NOW + timedelta(days=3)}) for e in entries(1))
    (change,) = decide(state(), fetched((ahead,)), USED, NOW).changes
    assert change.entry.published is None


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
