"""Which entries of a feed are new, and what is remembered of those that have left it."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.decide import decide
from connectors.feeds.departed import MOST, recall, row_words
from connectors.feeds.seen_entries import remembered
from schemas.article import FeedEntry
from schemas.feed import SeenEntry
from schemas.ids import digest
from tests.support.polled import NOW, USED, after, entries, fetched, state


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


def test_dates_ahead_are_null():
    (ahead,) = (e.model_copy(update={"published": NOW + timedelta(days=3)}) for e in entries(1))
    (change,) = decide(state(), fetched((ahead,)), USED, NOW).changes
    assert change.entry.published is None


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
