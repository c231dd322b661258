"""What another program, an older version or a broken disk wrote into `feeds.state`; records that Kafka refuses."""

from datetime import timedelta

import pytest

from connectors.feeds import state_store
from connectors.feeds.decide import first_state
from connectors.feeds.departed import MOST, WIDTH
from connectors.feeds.fit_record import fit_state
from connectors.feeds.state_store import States, load_states, unreadable
from schemas.codec import decode, encode
from schemas.feed import Feed, FeedState, SeenEntry
from schemas.ids import digest
from schemas.settings import KafkaSettings
from tests.support.hostile_server import START, Rig, always, numbered, run, settings

GOOD = first_state(Feed(url="https://example.org/feed", outlet="O"), START)
STORY = always(numbered(3))


@pytest.mark.parametrize(
    "record",
    [
        b"", b"\x00\xff", b"[]", b"{}", b'{"v":9}', encode(GOOD)[:-10],
        encode(GOOD).replace(b"example.org", b"other.org"),
        encode(GOOD).replace(b"2026", b"20-6"), encode(GOOD.model_copy(update={"left": "x" * (WIDTH - 1)})),
        encode(GOOD.model_copy(update={"left": "x" * WIDTH})), b"{" * 100_000, b'{"url":"\\ud800"}',
    ],
)  # fmt: skip
def test_what_is_no_state_is_passed_over_counted_and_told_once(record, monkeypatch, capsys):
    other = encode(GOOD).replace(b"example.org", b"good.org")
    records = {str(GOOD.url): record, "https://good.org/feed": other}
    monkeypatch.setattr(state_store, "read_all", lambda *_: records)
    states = load_states(KafkaSettings())
    assert list(states) == ["https://good.org/feed"] and states.unreadable == 1
    assert capsys.readouterr().out.count("states_unreadable") == 1
    assert unreadable(GOOD.url, record) and unreadable(GOOD.url, encode(GOOD)) is None


@pytest.mark.parametrize(
    "update",
    [
        {"next_poll": START.replace(year=9999)}, {"last_poll": START.replace(year=9999), "why_then": "http-429"},
        {"last_success": START.replace(year=1), "newest": START.replace(year=1)}, {"interval": 1e308, "rhythm": 1e308},
        {"seen": {"x": SeenEntry(version="", at=START.replace(year=1))}}, {"etag": "\n", "last_modified": "\u00e9"},
        {"moved_to": "file:///etc/passwd", "moved_seen": 3}, {"polls": -1, "failures": 10**9},
    ],
)  # fmt: skip
def test_a_state_that_reads_well_and_says_nonsense_silences_no_feed(update):
    async def scene(rig: Rig) -> None:
        url = rig.urls[0]
        known = States({url: encode(rig.state.model_copy(update=update))})
        again = Rig(rig.server, rig.fetcher, ["a"], settings(), states=known)
        for _ in range(8):
            again.now += timedelta(hours=1)
            for due in again.agenda.due(again.now):
                await again.agenda._poll(due)
        assert again.published.articles() and again.state.last_success

    run(scene, "a", a=STORY)


def test_a_state_always_fits_and_the_newest_is_kept():
    entry = SeenEntry(version=digest("v", size=8), at=START, guid=digest("g", size=6))
    times = {digest(str(n)): START + timedelta(seconds=n) for n in range(5000)}
    seen = {key: entry.model_copy(update={"at": at}) for key, at in times.items()}
    state = GOOD.model_copy(update={"seen": seen, "left": "0" * WIDTH * MOST})
    assert fit_state(state, 10_000_000, START) == encode(state)
    for limit in (1_000_000, 100_000, 30_000):
        record = fit_state(state, limit, START + timedelta(hours=2))
        kept = decode(FeedState, record)
        assert len(record) <= limit and digest("4999") in kept.seen and len(kept.left) % WIDTH == 0


def test_what_kafka_does_not_take_is_given_up_and_the_rest_is_written():
    async def scene(rig: Rig) -> None:
        rig.published.refuses = {"articles.raw": 600, "feeds.state": 10}
        await rig.poll()
        assert rig.poller.counters.records_lost == 2 and len(rig.published.articles()) == 2
        rig.published.refuses = {}
        await rig.poll()
        assert rig.published.states()[rig.urls[0]].polls == 2

    big = numbered(2).replace("</channel>", f"<item><title>{'T' * 900}</title></item></channel>")
    run(scene, "a", a=always(big))


def test_an_error_that_nobody_expected_ends_neither_the_saver_nor_the_feed():
    class Odd(Exception):
        pass

    async def scene(rig: Rig) -> None:
        rig.published.fail = [Odd("\ud800"), Odd()]
        await rig.agenda._poll(rig.urls[0])
        await rig.poller.delivery.save()
        assert rig.agenda._heap[-1][1] == rig.urls[0] and rig.poller.counters.records_lost >= 1
        rig.poller._retriever.retrieve = None  # whatever breaks in a poll
        for _ in range(3):
            await rig.agenda._poll(rig.urls[0])
        assert rig.poller.counters.failed["our-mistake"] == 3 and rig.state.why_then == "a mistake of ours"

    run(scene, "a", a=STORY)
