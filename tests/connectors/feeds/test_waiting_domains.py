"""A domain that asked for time, or answers many requests at once, is left alone; the feeds of others go on."""

import asyncio
from datetime import timedelta

import pytest

from connectors.errors import DomainWaits
from tests.support.behaviours import STORY
from tests.support.hostile_server import START, Rig, always, item, rss, run, settings


def test_a_429_puts_off_the_other_feeds_of_its_domain_at_different_times():
    async def scene(rig: Rig) -> None:
        await rig.poll()
        rig.later(seconds=1)
        assert rig.agenda.due(rig.now) == [rig.urls[0]] or rig.agenda.due(rig.now) == []
        others = sorted(time for time, url in rig.agenda._heap if url != rig.urls[0])
        assert all(START + timedelta(seconds=900) <= time <= START + timedelta(seconds=960) for time in others)
        assert len(set(others)) == 3

    names = ("busy", "a", "b", "c")
    run(scene, *names, busy=always("", 429, Retry_After="900"), a=STORY, b=STORY, c=STORY)


def test_those_who_wait_for_their_turn_hear_of_a_429_before_they_ask():
    async def scene(rig: Rig) -> None:
        await asyncio.gather(*(rig.agenda._poll(url) for url in rig.urls))
        assert len(rig.server.requests) == 1 and rig.state.failures == 1
        states = [rig.poller.states[url] for url in rig.urls[1:]]
        assert len({state.next_poll for state in states}) == 3 and not any(state.failures for state in states)
        assert all("asked to wait" in state.why_then for state in states)
        assert rig.agenda.due(START + timedelta(seconds=899)) == []

    names = ("busy", "a", "b", "c")
    used = settings(per_domain=1)
    run(scene, *names, used=used, busy=always("", 429, Retry_After="900"), a=STORY, b=STORY, c=STORY)


def test_a_restart_remembers_that_a_domain_waits():
    async def scene(rig: Rig) -> None:
        await rig.poll()
        known = rig.published.states()
        again = Rig(rig.server, rig.fetcher, ["busy", "a"], settings(), states=known, now=rig.now)
        assert again.poller.manners.waiting(again.urls[1], START + timedelta(seconds=800))
        assert not again.poller.manners.waiting(again.urls[1], START + timedelta(hours=1, seconds=1))

    run(scene, "busy", busy=always("", 503, Retry_After="9000"), a=STORY)


def test_a_429_behind_a_redirect_silences_who_answered_and_nobody_else():
    """The aggregator's other feeds go on; those of the host that answered wait, and do so after a restart."""

    async def away(request) -> None:
        port = request.base.rpartition(":")[2]
        await request.answer(302, Location=f"http://localhost:{port}/busy")

    async def scene(rig: Rig) -> None:
        (decision,) = await rig.poll()
        port = rig.server.base.rpartition(":")[2]
        busy = f"http://localhost:{port}/other"
        assert decision.result == "http-429" and rig.wait() >= 900
        assert rig.poller.manners.waiting(busy, rig.now) and not rig.poller.manners.waiting(rig.urls[1], rig.now)
        assert len(await rig.poll(url=rig.urls[1])) == 1 and rig.poller.states[rig.urls[1]].failures == 0
        known = rig.published.states()
        again = Rig(rig.server, rig.fetcher, ["away", "a", busy], settings(), states=known, now=rig.now)
        assert again.poller.manners.waiting(busy, rig.now) and not again.poller.manners.waiting(rig.urls[1], rig.now)
        hits = rig.server.hits["busy"]
        rig.now = START + timedelta(seconds=60)
        with pytest.raises(DomainWaits):
            await rig.poller.poll(rig.urls[0])
        assert rig.server.hits["busy"] == hits, "whoever is led to a host that wants to be left alone does not ask it"

    run(scene, "away", "a", away=away, a=STORY, busy=always("", 429, Retry_After="900"))


def test_other_domains_do_not_wait_for_one_that_is_busy():
    async def scene(rig: Rig) -> None:
        rig.poller.manners.wait("https://www.example.com.mx/feed", 900, rig.now)
        assert rig.poller.manners.waiting("https://blog.example.com.mx/x", rig.now)
        assert not rig.poller.manners.waiting("https://example.org.mx/feed", rig.now)

    run(scene, "a", a=STORY)


def test_no_more_than_so_many_requests_at_once_for_a_domain():
    running, most = 0, 0

    async def page(request) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1
        await request.answer(200, "<p>x</p>", Content_Type="text/html")

    async def feed(request) -> None:
        await request.answer(200, rss(*(item(n, base=f"{request.base}/page") for n in range(12))))

    async def scene(rig: Rig) -> None:
        await rig.poll()
        assert len(rig.published.articles()) == 12 and most == 2

    run(scene, "feed", used=settings(fetch_pages=True, per_domain=2), feed=feed, page=page)
