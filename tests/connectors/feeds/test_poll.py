"""Polling from request to record: what is published, what is remembered, what a restart does."""

import asyncio
import time

import pytest

from connectors.errors import BrokerGone
from connectors.feeds.fit_record import fit_article
from connectors.kafka_topics import topics
from connectors.web.fetcher import Fetcher
from schemas.article import FeedEntry, Page, RawArticle
from schemas.codec import decode
from schemas.settings import Settings
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

TEXT = "<p>" + "The agents counted the rifles twice before they let the lorry go on to the bridge. " * 4 + "</p>"


def page(extra: str = "", text: str = TEXT) -> str:
    return f"<html><head><title>T</title></head><body><nav>{extra}</nav><article>{text}</article></body></html>"


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


def test_the_page_behind_an_entry_comes_with_it_and_a_lost_page_loses_no_article():
    used = settings(fetch_pages=True)

    async def scene(rig: Rig) -> None:
        await rig.poll()
        whole, lost = sorted(rig.published.articles(), key=lambda a: a.entry.url)
        assert whole.page and b"counted the rifles" in whole.page.body and whole.page.status == 200
        assert lost.page and lost.page.error == "http-404" and not lost.page.body
        assert rig.poller.counters.pages_failed == {"http-404": 1}

    async def feed(request) -> None:
        links = rss(
            f"<item><title>One found here</title><link>{request.base}/article/1</link></item>",
            f"<item><title>One lost here</title><link>{request.base}/lost/1</link></item>",
        )
        await request.answer(200, links)

    run(scene, "feed", used=used, feed=feed, article=always(page(), Content_Type="text/html"))


def test_a_page_that_was_lost_is_tried_again_and_then_published():
    used = settings(fetch_pages=True)

    async def feed(request) -> None:
        await request.answer(200, rss(f"<item><title>A title</title><link>{request.base}/article/1</link></item>"))

    async def scene(rig: Rig) -> None:
        await rig.poll()
        assert [a.page.error for a in rig.published.articles()] == ["http-503"]
        rig.later(minutes=11)
        await rig.poll()
        first, second = rig.published.articles()
        assert second.page.error is None and second.id == first.id and second.version != first.version
        rig.later(hours=3)
        await rig.poll(2)
        assert len(rig.published.articles()) == 2

    article = in_turn(always("busy", 503), always(page(), Content_Type="text/html"))
    run(scene, "feed", used=used, feed=feed, article=article)


def test_a_later_date_in_the_feed_makes_us_look_at_the_page_and_only_new_words_count():
    used = settings(fetch_pages=True)

    async def feed(request) -> None:
        hour = 9 + min(request.hit, 3)
        entry = (
            f"<entry><id>tag:example.org,2026:1</id><title>Rifles at the bridge</title>"
            f'<updated>2026-03-02T{hour:02}:00:00Z</updated><link href="{request.base}/article/1"/></entry>'
        )
        await request.answer(200, f'<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>{entry}</feed>')

    article = in_turn(
        always(page("now 3 comments"), Content_Type="text/html"),
        always(page("now 9 comments"), Content_Type="text/html"),
        always(page("now 9 comments", TEXT + TEXT.replace("twice", "three times")), Content_Type="text/html"),
    )

    async def scene(rig: Rig) -> None:
        await rig.poll(4)
        assert rig.server.hits["article"] == 3
        first, second = rig.published.articles()
        assert first.id == second.id and first.version != second.version
        assert b"three times" in second.page.body

    run(scene, "feed", used=used, feed=feed, article=article)


def test_the_canonical_link_of_a_page_names_the_article():
    used = settings(fetch_pages=True)

    async def feed(request) -> None:
        await request.answer(200, rss(f"<item><title>A title</title><link>{request.base}/article/one</link></item>"))

    async def copy(request) -> None:
        await request.answer(200, rss(f"<item><title>A title</title><link>{request.base}/article/two</link></item>"))

    async def article(request) -> None:
        head = f'<html><head><link rel="canonical" href="{request.base}/2026/the-story"></head>'
        await request.answer(200, head + page(), Content_Type="text/html")

    async def scene(rig: Rig) -> None:
        for url in rig.urls:
            await rig.poll(url=url)
        one, two = rig.published.articles()
        assert one.id == two.id

    run(scene, "feed", "copy", used=used, feed=feed, copy=copy, article=article)


def test_a_link_that_leads_to_another_site_is_known_by_its_address_there():
    """As of a shortener or an aggregator; both are this server, under two names."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def feed(request) -> None:
        port = request.base.rpartition(":")[2]
        link = f"http://short.example:{port}/s?{request.path[-1]}"
        await request.answer(200, rss(f"<item><title>A title</title><link>{link}</link></item>"))

    async def short(request) -> None:
        await request.answer(302, Location=f"http://paper.test:{request.base.rpartition(':')[2]}/2026/story")

    async def scene() -> None:
        used = settings(fetch_pages=True)
        behaviours = {"feed": feed, "s": short, "2026": always(page(), Content_Type="text/html")}
        async with HostileServer(**behaviours) as server, Fetcher(used.connectors, resolve=resolve) as fetcher:
            rig = Rig(server, fetcher, ["feed?1", "feed?2"], used)
            for url in rig.urls:
                await rig.poll(url=url)
            one, two = rig.published.articles()
            assert one.id == two.id and one.page.url.endswith("/2026/story")

    asyncio.run(scene())


def test_while_the_broker_is_gone_nothing_is_lost_and_it_is_said(monkeypatch):
    monkeypatch.setattr("connectors.feeds.kafka_writer._PAUSES", (0.0,))

    async def scene(rig: Rig) -> None:
        rig.published.fail = [BrokerGone("gone"), BrokerGone("still gone")]
        await rig.poll()
        assert len(rig.published.articles()) == 5 and rig.published.states()

    run(scene, "steady")


def test_a_mistake_of_ours_costs_one_poll_not_the_feed(monkeypatch):
    async def scene(rig: Rig) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("a mistake")

        monkeypatch.setattr("connectors.feeds.poll.decide", broken)
        await rig.agenda._poll(rig.urls[0])
        assert rig.poller.counters.failed == {"our-mistake": 1}
        rig.later(hours=1)
        assert rig.urls[0] in rig.agenda.due(rig.now)

    run(scene, "steady")


def test_the_agenda_polls_every_feed_and_stops_when_told():
    used = settings(interval=0.01, adaptive=False)

    async def scene(rig: Rig) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(rig.agenda.run(stop))
        while min(state.polls for state in rig.poller.states.values()) < 3:
            rig.later(seconds=0.02)
            await asyncio.sleep(0)
        stop.set()
        await running
        assert rig.published.states().keys() == set(rig.urls)

    run(scene, "steady", "growing", "missing", used=used)


def raw(body: bytes, content: str = "") -> RawArticle:
    entry = FeedEntry(id="1", url="https://example.org/1", title="A title", content=content)
    return RawArticle(
        id="a", version="v", feed="https://example.org/f", outlet="O", entry=entry, seen="2026-03-02T12:00:00Z",
        page=Page(url=entry.url, status=200, body=body, size=len(body)),
    )  # fmt: skip


def test_a_record_that_is_too_large_loses_the_end_of_its_page_and_says_so():
    body = b"".join(b"%d " % (i * 7919 % 1_000_003) for i in range(60_000))
    data = fit_article(raw(body), 50_000)
    kept = decode(RawArticle, data)
    assert len(data) <= 50_000 and kept.page.truncated
    assert kept.page.size == len(body) and body.startswith(kept.page.body) and len(kept.page.body) > 30_000


def test_a_record_with_an_endless_feed_text_is_cut_not_lost():
    data = fit_article(raw(b"", "word " * 100_000), 50_000)
    assert len(data) <= 50_000 and decode(RawArticle, data).entry.title == "A title"


def test_every_topic_has_what_the_design_says():
    made = topics(Settings())
    assert made["articles.raw"][0] == 4 and made["statements"][0] == made["alerts.merida"][0] == 1
    assert made["feeds.state"][1]["cleanup.policy"] == made["statements"][1]["cleanup.policy"] == "compact"
    assert made["articles.raw"][1]["retention.ms"] == str(14 * 86400 * 1000)
    assert made["alerts.arms-trafficking"][1]["retention.ms"] == str(90 * 86400 * 1000)


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
