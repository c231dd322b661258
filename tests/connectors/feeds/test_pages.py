"""The page behind an entry: it is published with the entry, requested again when needed, and names the article."""

import asyncio

from connectors.web.fetcher import Fetcher
from tests.support.hostile_server import (
    HostileServer,
    Rig,
    always,
    in_turn,
    rss,
    run,
    settings,
)

TEXT = "<p>" + "The agents counted the rifles twice before they let the lorry go on to the bridge. " * 4 + "</p>"


def page(extra: str = "", text: str = TEXT) -> str:
    return f"<html><head><title>T</title></head><body><nav>{extra}</nav><article>{text}</article></body></html>"


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
