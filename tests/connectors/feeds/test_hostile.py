"""Behaviours of publishers and attackers (behaviours.py), each polled when it is due; and cases with several feeds."""

import asyncio
import os
import pickle
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import DomainWaits
from connectors.feeds.decide import UNCONDITIONAL
from connectors.web.fetcher import Fetcher
from tests.support import fake_time
from tests.support.behaviours import CASES, CHALLENGE, STORY, Case, byte_a_second, lying_etag
from tests.support.certificates import self_signed
from tests.support.hostile_server import START, HostileServer, Rig, always, in_turn, item, rss, run, settings
from tests.support.loop_turns import turns
from tests.support.paths import TESTS


def test_there_are_at_least_forty_behaviours_each_with_its_own_name():
    assert len({case.name for case in CASES}) == len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_behaviour(case: Case, tmp_path):
    async def scene(rig: Rig) -> None:
        decisions = await rig.poll(case.polls)
        assert decisions[-1].result == case.result
        assert len(rig.published.articles()) == case.stored
        assert tuple(event.kind for event in rig.published.events()) == case.told
        state = rig.published.states()[rig.urls[0]]
        assert state == rig.state and state.polls == case.polls
        assert case.wait <= rig.wait() <= 1.21 * case.wait, "jitter adds a tenth, to a time that had one more at most"
        assert state.why_then
        good = case.result in ("fetched", "unchanged")
        assert good == (state.failures == 0) == (state.last_error is None) == (state.last_success == rig.now)
        assert good or state.failures_by_kind[case.result]

    async def play() -> None:
        used = settings().connectors
        answers = [list(names) for names in case.names]

        async def resolve(host: str, port: int) -> list[str]:
            found = answers.pop(0) if len(answers) > 1 else answers[0]
            if not found:
                raise OSError("no such name")
            return found

        more = {"resolve": resolve} if case.names else {}
        behaviours = {case.name: case.answer, "story-feed": STORY}
        tls = self_signed(tmp_path) if case.scheme == "https" and not case.plain else None
        async with HostileServer(tls=tls, **behaviours) as server, Fetcher(used, **more) as fetcher:
            host = "feed.example" if case.names else "127.0.0.1"
            url = f"{case.scheme}://{host}:{server.base.rpartition(':')[2]}/{case.name}"
            await scene(Rig(server, fetcher, [url], settings()))

    fake_time.run(play())


def test_lying_validators_are_found_out_and_no_longer_sent():
    async def scene(rig: Rig) -> None:
        await rig.poll(UNCONDITIONAL + 3)
        assert rig.state.distrusted
        assert "if-none-match" not in rig.server.requests[-1][1]

    run(scene, "lying-etag", lying_etag=lying_etag)


def test_a_feed_that_moved_is_asked_at_its_new_address_and_keeps_its_old_name():
    async def old(request) -> None:
        await request.answer(301, Location="/new")

    async def scene(rig: Rig) -> None:
        await rig.poll(5)
        assert (rig.server.hits["old"], rig.server.hits["new"]) == (3, 5)
        assert [event.kind for event in rig.published.events()] == ["moved"]
        assert len(rig.published.articles()) == 5 and rig.state.url.endswith("/old")

    run(scene, "old", old=old, new=STORY)


def test_a_feed_that_moved_for_a_while_is_asked_at_its_old_address():
    async def scene(rig: Rig) -> None:
        await rig.poll(5)
        assert rig.server.hits["old"] == 5 and rig.state.moved_to is None

    run(scene, "old", old=always("", 302, Location="/new"), new=STORY)


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


def test_a_redirect_is_followed_only_where_the_other_hosts_robots_txt_allows_it():
    async def robots(request) -> None:
        own = request.headers["host"].startswith("localhost")
        await request.answer(200, "User-agent: *\nDisallow: /secret\n" if own else "", Content_Type="text/plain")

    async def page(request) -> None:
        port = request.base.rpartition(":")[2]
        await request.answer(302, Location=f"http://localhost:{port}/secret/1")

    async def feed(request) -> None:
        entry = f"<item><title>A title of some words</title><link>{request.base}/page/1</link></item>"
        await request.answer(200, rss(entry))

    async def scene(rig: Rig) -> None:
        await rig.poll()
        (article,) = rig.published.articles()
        assert article.page and article.page.error == "robots.txt asks not to" and rig.server.hits["secret"] == 0

    more = {"robots.txt": robots, "page": page, "secret": always(TEXT)}
    run(scene, "feed", used=settings(fetch_pages=True, robots=True), feed=feed, **more)


@pytest.mark.parametrize("days", [0.5, 2, 400])
def test_a_clock_that_was_set_back_silences_no_feed(days):
    async def scene(rig: Rig) -> None:
        await rig.poll()
        ahead = rig.wait()
        rig.poller.manners.wait("https://busy.example/feed", 3000, rig.now)
        rig.agenda._heap = [(rig.state.next_poll, rig.urls[0])]
        rig.agenda.due(rig.now)
        rig.now -= timedelta(days=days)
        assert rig.agenda.due(rig.now) == []
        assert rig.agenda.due(rig.now + timedelta(seconds=ahead + 1)) == rig.urls
        assert not rig.poller.manners.waiting("https://busy.example/feed", rig.now)
        again = Rig(rig.server, rig.fetcher, ["a"], settings(), states=rig.published.states(), now=rig.now)
        assert again.agenda.due(rig.now + timedelta(seconds=5)) == rig.urls, "after a restart as well"

    run(scene, "a", a=STORY)


def test_the_clock_of_the_chaos_tests_moves_datetime_too(tmp_path):
    """And what is pickled there can be read here."""
    (tmp_path / "clock").write_text("-172800")
    code = (
        "import pickle, sys, time; from datetime import UTC, datetime; now = datetime.now(UTC)\n"
        "assert type(now) is datetime and abs(now.timestamp() - time.time()) < 5\n"
        "sys.stdout.buffer.write(pickle.dumps(now))"
    )
    jump = {"PYTHONPATH": str(TESTS / "support" / "jumping"), "BORDERWIRE_TEST_CLOCK": str(tmp_path / "clock")}
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | jump, capture_output=True, check=True)
    assert abs(datetime.now(UTC) - timedelta(days=2) - pickle.loads(done.stdout)) < timedelta(minutes=5)


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


TEXT = "<p>" + "The mayor said that the weapons had come over the bridge in the boot of a car. " * 3 + "</p>"
ROBOTS = "User-agent: *\nDisallow: /page/private\n"


@pytest.mark.parametrize(
    ("path", "answers", "error"),
    [
        ("page/public", {"page": always(TEXT)}, None),
        ("page/private/1", {"page": always(TEXT)}, "robots.txt asks not to"),
        ("page/x", {"page": always(TEXT, Content_Type="application/pdf")}, "not a page: application/pdf"),
        ("page/x", {"page": always(CHALLENGE, 403)}, "wall: bot check"),
        ("page/x", {"page": always("<title>Antes de continuar</title><p>Cookies</p>")}, "wall: consent"),
        ("page/x", {"page": always("<html><body></body></html>")}, "empty"),
        ("page/x", {"page": always("no", 404)}, "http-404"),
        ("page/x", {"page": always("", 302, Location="http://10.0.0.1/")}, "refused-address"),
        ("page/x", {"page": byte_a_second}, "timeout"),
        ("page/x", {"page": always(TEXT), "robots.txt": always("", 500)}, "robots.txt cannot be reached"),
    ],
)
def test_pages(path, answers, error):
    """Whatever becomes of the page, the article is published with the feed's own text; a wall or failure is named."""

    async def feed(request) -> None:
        entry = f"<item><title>A title of some words</title><link>{request.base}/{path}</link></item>"
        await request.answer(200, rss(entry))

    async def scene(rig: Rig) -> None:
        await rig.poll()
        (article,) = rig.published.articles()
        assert article.entry.title == "A title of some words"
        assert article.page is not None
        if error is None:
            assert article.page.error is None and article.page.body
        else:
            assert article.page.error and article.page.error.startswith(error) and not article.page.body

    answers = {"robots.txt": always(ROBOTS, Content_Type="text/plain")} | answers
    run(scene, "feed", used=settings(fetch_pages=True, robots=True), feed=feed, **answers)


#: Each robot has each rule: twenty seconds for protego, in 60 KB.
MANY_ROBOTS = "".join(f"User-agent: a{n}\n" for n in range(2000)) + "".join(f"Disallow: /{n}\n" for n in range(2000))


@pytest.mark.parametrize(
    ("rules", "error"),
    [
        (MANY_ROBOTS, "robots.txt cannot be read"),
        ("User-agent: *\n" + "Disallow: /*" + "*a" * 90_000 + "\n", None),
        ("User-agent: *\nDisallow: " + "%" * 190_000, None),
        ("User-agent: *\n" + "".join(f"Disallow:*{'x' * 50}{n}\n" for n in range(3000)), None),
        ("\x85\u2028\r" * 30_000 + "\nUser-agent: *\nDisallow: /page/private", None),
    ],
)
def test_no_robots_txt_holds_up_the_other_feeds(rules, error):
    async def feed(request) -> None:
        pages = (f"<item><title>A title of words {n}</title><link>{request.base}/page/{n}</link></item>" for n in "123")
        await request.answer(200, rss(*pages))

    async def scene(rig: Rig) -> None:
        async with turns(time.perf_counter) as longest:
            await rig.poll()
        assert [article.page.error for article in rig.published.articles() if article.page] == [error] * 3
        assert rig.server.hits["robots.txt"] == 1 and longest() < 0.5

    more = {"robots.txt": always(rules), "page": always(TEXT)}
    run(scene, "feed", used=settings(fetch_pages=True, robots=True), feed=feed, **more)


SITEMAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemap(*numbers: int) -> str:
    urls = (f"<url><loc>https://example.org/story/{n}</loc></url>" for n in numbers)
    return f"<urlset {SITEMAPS}>{''.join(urls)}</urlset>"


async def index(request) -> None:
    maps = (f"<sitemap><loc>{request.base}/{n}</loc><lastmod>2026-03-0{n}</lastmod></sitemap>" for n in "1234")
    await request.answer(200, f"<sitemapindex {SITEMAPS}>{''.join(maps)}</sitemapindex>", ETag='"same"')


def test_a_sitemap_index_is_followed_to_its_latest_sitemaps():
    async def scene(rig: Rig) -> None:
        await rig.poll()
        assert len(rig.published.articles()) == 6
        assert rig.server.hits["1"] == 0

    run(scene, "index", index=index, **{str(n): always(sitemap(n, n + 10)) for n in (1, 2, 3, 4)})


def test_an_index_that_stays_the_same_is_followed_at_each_poll():
    async def scene(rig: Rig) -> None:
        first, second, third = await rig.poll(3)
        assert [d.result for d in (first, second, third)] == ["fetched"] * 3
        assert [len(d.changes) for d in (first, second, third)] == [3, 1, 0]
        assert len(rig.published.articles()) == 4

    grows = in_turn(always(sitemap(4)), always(sitemap(4, 5)))
    run(scene, "index", index=index, **{"2": always(sitemap(2)), "3": always(sitemap(3)), "4": grows})


def test_one_broken_sitemap_of_an_index_costs_that_one_only():
    async def scene(rig: Rig) -> None:
        (decision,) = await rig.poll()
        assert decision.result == "fetched" and len(rig.published.articles()) == 2

    run(scene, "index", index=index, **{"2": always("", 500), "3": always(sitemap(3)), "4": always(sitemap(4))})


def test_an_index_without_any_sitemap_has_failed():
    async def scene(rig: Rig) -> None:
        (decision,) = await rig.poll()
        assert decision.result == "http-404"

    run(scene, "index", index=index)
