"""Feeds are parsed in a separate process: a feed that ends or blocks it affects no other feed."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from connectors.errors import NotAFeed, ParserBroke, TooCostly
from connectors.formats.parse import parse_feed
from connectors.formats.parsers import ParserProcess, Parsers
from tests.support.flawed_parser import DIE, EAT, ERR, SPIN
from tests.support.hostile_server import PARSERS, START, Rig, always, in_turn, numbered, rss, run, settings

URL = "https://example.org/feed"
GOOD = numbered(3).encode()
FLAWED = "tests.support.flawed_parser"


def feed(body: bytes):
    return asyncio.run(PARSERS.feed(body, URL, ""))


def test_a_feed_is_parsed_as_it_would_be_here():
    assert feed(GOOD) == parse_feed(GOOD, URL)
    with pytest.raises(NotAFeed, match="an HTML page") as raised:
        feed(b"<html><title>Just a moment</title>")
    assert raised.value.wall == "bot check"


@pytest.mark.parametrize(
    ("flaw", "error", "told"),
    [
        (SPIN, TooCostly, "more than 1 s of CPU time"), (EAT, TooCostly, "more than 476 MB of memory"),
        (DIE, TooCostly, "exit code -6"), (ERR, ParserBroke, "LookupError: a mistake of ours"),
    ],
)  # fmt: skip
def test_what_stops_the_parser_is_told_and_the_next_feed_is_parsed(flaw, error, told):
    with pytest.raises(error, match=told):
        feed(flaw)
    assert len(feed(GOOD).entries) == 3


def test_a_page_that_stops_the_parser_is_a_page_with_an_error():
    judged = asyncio.run(PARSERS.page(SPIN, URL, 200, "text/html"))
    assert judged.error and judged.error.startswith("too-costly: ") and judged.canonical is None


def test_a_parser_that_was_ended_while_it_had_nothing_to_do_is_started_again():
    parser = ParserProcess(module=FLAWED)
    try:
        assert parser.run("feed", GOOD, URL, "") == parse_feed(GOOD, URL)
        assert parser._process
        parser._process.kill()
        parser._process.wait()
        assert parser.run("feed", GOOD, URL, "") == parse_feed(GOOD, URL)
    finally:
        parser.close()


def test_other_feeds_are_parsed_while_one_takes_all_the_time_it_may():
    async def scene() -> list[str]:
        with Parsers(seconds=4, module=FLAWED) as parsers:
            order: list[str] = []

            async def one(name: str, body: bytes) -> None:
                with contextlib.suppress(TooCostly):
                    await parsers.feed(body, URL, "")
                order.append(name)

            await asyncio.gather(one("poison", SPIN), *(one(f"good {n}", GOOD) for n in range(5)))
            return order

    order = asyncio.run(scene())
    assert len(order) == 6 and order[-1] == "poison"


def test_a_closed_pool_leaves_no_process_and_gives_up_what_is_under_way():
    async def scene() -> None:
        parsers = Parsers(module=FLAWED)
        task = asyncio.create_task(parsers.feed(SPIN, URL, ""))
        while not parsers._all[0]._process:
            await asyncio.sleep(0.01)
        process = parsers._all[0]._process
        await asyncio.to_thread(parsers.close)
        assert process.returncode is not None
        with pytest.raises((TooCostly, OSError, asyncio.CancelledError)):
            await task

    asyncio.run(scene())


def test_a_feed_that_stops_its_parser_twice_is_asked_once_a_day_and_an_operator_is_told():
    async def scene(rig: Rig) -> None:
        await rig.poll()
        assert rig.state.kills == 1 and 600 <= rig.wait() <= 660 and not rig.published.events()
        await rig.poll()
        assert rig.state.kills == 2 and 86400 <= rig.wait() <= 95040
        (event,) = rig.published.events()
        assert event.kind == "too-costly" and "CPU time" in event.detail
        await rig.poll()
        assert (rig.state.kills, rig.state.failures, rig.wait() <= 3960) == (0, 0, True)
        assert [event.kind for event in rig.published.events()] == ["too-costly", "recovered"]

    poison = always(rss(SPIN.decode()))
    run(scene, "poison", poison=in_turn(poison, poison, always(numbered(3))))


def test_killed_while_it_parses_a_feed_the_next_process_asks_the_others_first(monkeypatch):
    """The state that is saved meanwhile already says that the feed failed; all that is left of the first process is
    what it saved."""
    monkeypatch.setattr("connectors.formats.parsers.SLOW", 0.1)  # well before the process uses up its second

    async def scene(rig: Rig) -> None:
        polls = [asyncio.create_task(rig.agenda._poll(url)) for url in rig.urls]
        while not any(topic == "feeds.state" and key == rig.urls[0] for topic, key, _ in rig.published.messages):
            await asyncio.sleep(0)
            await rig.poller.delivery.save()
        left = rig.published.states()
        assert left[rig.urls[0]].kills == 1 and "ended while it was parsed" in (left[rig.urls[0]].last_error or "")
        again = Rig(rig.server, rig.fetcher, ["poison", "good"], settings(), states=left, now=rig.now)
        due = again.agenda.due(START + timedelta(seconds=500))
        assert rig.urls[0] not in due
        await asyncio.gather(*polls)
        assert rig.state.kills == 1, "counted once, when it turned out to be so"

    run(scene, "poison", "good", poison=always(rss(SPIN.decode())), good=always(numbered(3)))
