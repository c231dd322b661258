"""Pages of on-topic articles are fetched again for 48 hours, whatever their feed says."""

from datetime import timedelta

import pytest

from connectors.feeds.second_look import is_due
from schemas.article import CleanArticle, TaggedArticle
from schemas.feed import SeenEntry
from tests.support.hostile_server import START, Rig, always, conditional, in_turn, rss, run, settings

TEXT = "<p>" + "The agents counted the rifles twice before they let the lorry go on to the bridge. " * 4 + "</p>"
EDITED = TEXT.replace("twice", "three times")
HTML = {"Content_Type": "text/html"}


def tagged(rig: Rig, article: str, topics: tuple[str, ...] = ("merida",), origin: str = "live") -> TaggedArticle:
    return TaggedArticle(
        id=article, version="v", feed=rig.urls[0], origin=origin, seen=START, topics=topics,
        article=CleanArticle(title="A title", url=f"{rig.server.base}/article/1"),
    )  # fmt: skip


def play(scene, article) -> None:
    async def feed(request) -> None:
        link = f"<link>{request.base}/article/1</link>"
        body = rss(f"<item><title>A title</title>{link}</item>")
        await conditional(lambda hit: "same", lambda hit: body)(request)

    run(scene, "feed", used=settings(fetch_pages=True), feed=feed, article=article)


def test_an_edit_that_the_feed_does_not_tell_is_found_and_published_once():
    async def scene(rig: Rig) -> None:
        await rig.poll()
        (first,) = rig.published.articles()
        rig.poller.looks.note(tagged(rig, first.id))
        await rig.poll(5)
        assert rig.server.hits["article"] == 1, "not before an hour has gone"
        for hits, hours in enumerate((1.25, 3, 6, 12), 2):
            rig.later(hours=hours)
            await rig.poll(2)
            assert rig.server.hits["article"] == hits
        first, second = rig.published.articles()
        assert second.id == first.id and second.version != first.version and second.origin == "live"
        assert b"three times" in second.page.body and second.entry.title == "A title"
        known = rig.published.states()
        again = Rig(rig.server, rig.fetcher, ["feed"], settings(fetch_pages=True), states=known, now=rig.now)
        again.poller.looks.note(tagged(rig, first.id))
        await again.poll()
        assert rig.server.hits["article"] == 5, "a restart repeats no look"
        rig.later(hours=48)
        await rig.poll(2)
        assert rig.server.hits["article"] == 5, "after two days an article is left alone"

    play(scene, in_turn(always(TEXT, **HTML), always(TEXT, **HTML), always(EDITED, **HTML), always(TEXT, **HTML)))


def test_a_page_that_is_gone_at_the_second_look_changes_nothing():
    async def scene(rig: Rig) -> None:
        await rig.poll()
        rig.poller.looks.note(tagged(rig, rig.published.articles()[0].id))
        for _ in range(3):
            rig.later(hours=2)
            await rig.poll()
        assert rig.server.hits["article"] == 3 and len(rig.published.articles()) == 1

    play(scene, in_turn(always(TEXT, **HTML), always("no", 404), always(TEXT, **HTML)))


@pytest.mark.parametrize("noted", [{"topics": ()}, {"origin": "backfill"}])
def test_other_articles_are_not_looked_at_again(noted):
    async def scene(rig: Rig) -> None:
        await rig.poll()
        rig.poller.looks.note(tagged(rig, rig.published.articles()[0].id, **noted))
        rig.later(hours=3)
        await rig.poll()
        assert rig.server.hits["article"] == 1

    play(scene, always(TEXT, **HTML))


@pytest.mark.parametrize(
    ("age", "last", "due"),
    [(0.9, 0, False), (1, 0, True), (1.9, 1, False), (2, 1, True), (7, 4, False), (8, 4, True), (49, 4, False)],
)
def test_looks_come_after_one_hour_and_then_each_time_the_article_is_twice_as_old(age, last, due):
    seen = SeenEntry(version="v", at=START, first=START, page="p", looked=START + timedelta(hours=last))
    assert is_due(seen, START + timedelta(hours=age)) == due
