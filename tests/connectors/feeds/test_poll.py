"""Polling from request to record: what is published, what is remembered, what a restart does."""

import asyncio
import time

import pytest

from connectors.web.fetcher import Fetcher
from tests.support.hostile_server import (
    FakePublisher,
    HostileServer,
    Rig,
    always,
    conditional,
    in_turn,
    item,
    numbered,
    rss,
    run,
    settings,
)
from tests.support.loop_turns import turns


def test_each_entry_is_published_once_and_then_only_what_is_new():
    async def scene(rig: Rig) -> None:
        first, second, third = await rig.poll(3)
        articles = rig.published.articles()
        assert [len(d.changes) for d in (first, second, third)] == [10, 1, 1]
        assert len({a.id for a in articles}) == len(articles) == 12
        assert [a.origin for a in articles].count("first-poll") == 10
        assert {a.origin for a in articles[10:]} == {"live"}
        assert articles[0].outlet == "Outlet 0"
        assert rig.poller.counters.as_dict() | {"failed": 0} == rig.poller.counters.as_dict() | {"failed": 0}
        assert (rig.poller.counters.new, rig.poller.counters.known, rig.poller.counters.fetched) == (12, 18, 3)

    run(scene, "growing")


def test_an_unchanged_feed_is_asked_conditionally_and_costs_no_body():
    async def scene(rig: Rig) -> None:
        await rig.poll(3)
        assert "if-none-match" not in rig.server.requests[0][1]
        assert rig.server.requests[1][1]["if-none-match"] == '"a"'
        assert (rig.poller.counters.unchanged, rig.poller.counters.published) == (2, 5)
        assert rig.state.polls == 3

    run(scene, "steady")


def test_the_same_body_without_validators_is_unchanged_too():
    async def scene(rig: Rig) -> None:
        results = [decision.result for decision in await rig.poll(2)]
        assert results == ["fetched", "unchanged"]

    run(scene, "plain", plain=always(numbered(3)))


def test_edited_words_are_a_new_version_of_the_same_article_and_furniture_is_not():
    feed = in_turn(
        always(rss(item(1, text="Officers said that <b>two</b> rifles were found in a van near the bridge."))),
        always(rss(item(1, text="<p>Officers said that two rifles were  found in a van near the bridge</p>"))),
        always(rss(item(1, text="Officers said that three rifles were found in a van near the bridge."))),
        always(rss(item(1, text="Officers said that two rifles were found in a van near the bridge."))),
    )

    async def scene(rig: Rig) -> None:
        await rig.poll(4)
        articles = rig.published.articles()
        assert len(articles) == 2, "a text that was sent before is not sent again"
        assert articles[0].id == articles[1].id
        assert articles[0].version != articles[1].version

    run(scene, "edited", edited=feed)


def test_a_kill_before_the_state_is_written_sends_the_same_ids_and_versions_again():
    async def scene() -> None:
        used = settings()
        published = FakePublisher()
        async with HostileServer() as server, Fetcher(used.connectors) as fetcher:
            rig = Rig(server, fetcher, ["growing"], used, published)
            await rig.poller.poll(rig.urls[0])
            assert published.articles() and not published.states()
            server.hits.clear()
            again = Rig(server, fetcher, ["growing"], used, published, published.states())
            await again.poll()
            keys = [(a.id, a.version) for a in published.articles()]
            assert keys[:10] == keys[10:]
            assert again.poller.states.keys() == published.states().keys()

    asyncio.run(scene())


def test_a_restart_from_the_written_state_publishes_nothing_twice():
    async def scene() -> None:
        used = settings()
        published = FakePublisher()
        async with HostileServer() as server, Fetcher(used.connectors) as fetcher:
            rig = Rig(server, fetcher, ["growing"], used, published)
            await rig.poll(2)
            again = Rig(server, fetcher, ["growing"], used, published, published.states(), rig.now)
            await again.poll(2)
            articles = published.articles()
            assert len({a.id for a in articles}) == len(articles) == 13
            assert again.state.polls == 4

    asyncio.run(scene())


@pytest.mark.parametrize("name", ["growing"])
def test_an_honest_validator_is_believed(name):
    async def scene(rig: Rig) -> None:
        await rig.poll(5)
        assert not rig.state.distrusted

    run(scene, name, growing=conditional(str, lambda hit: numbered(10, hit)))


def test_five_thousand_new_entries_at_once_do_not_block_the_event_loop():
    """CPU time of the loop's thread between two turns of the loop; so a busy machine makes no difference."""

    async def scene(rig: Rig) -> None:
        await rig.poll()
        async with turns(time.thread_time) as longest:
            start = time.thread_time()
            await rig.poll()
            used = time.thread_time() - start
        assert rig.poller.counters.new == 5000 + 1 and len(rig.published.articles()) == 5001
        assert longest() < 0.2 and used > longest(), (longest(), used)

    many = settings(max_body=5_000_000)
    run(scene, "feed", used=many, feed=in_turn(always(numbered(1)), always(numbered(5000, 100))))
