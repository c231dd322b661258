"""Pages of links that are polled like feeds: second looks at their articles, and each kind of page that is no listing."""

from collections.abc import Awaitable, Callable

import pytest

from schemas.article import CleanArticle, TaggedArticle
from schemas.feed import Feed
from tests.support.hostile_server import START, Behaviour, Rig, always, conditional, in_turn, run, settings

HTML = {"Content_Type": "text/html; charset=utf-8"}
TEXT = "<p>" + "The customs office said that it held two lorries at the old bridge on Monday morning. " * 4 + "</p>"


def listing(numbers: list[int], style: str = "news") -> str:
    rows = "".join(f'<li class="{style}"><a href="/article/{n}">The customs office said today no. {n}</a></li>'
                   for n in numbers)  # fmt: skip
    return f"<html lang='en'><body><h1>Press</h1><ul>{rows}</ul></body></html>"


def play(
    scene: Callable[[Rig], Awaitable[None]], page: Behaviour, select: str | None = None, **more: Behaviour
) -> None:
    """Runs a scene with the page as a listing, and a feed that is polled beside it."""

    async def listed(rig: Rig) -> None:
        url = rig.urls[0]
        fields = {"url": url, "outlet": "Customs", "type": "listing", "select": {"items": select} if select else {}}
        rig.poller.feeds[url] = Feed.model_validate(fields)
        await scene(rig)

    used = settings(fetch_pages="article" in more, max_body=8_000_000)
    run(listed, "page", "steady", used=used, page=page, **more)


def test_a_page_of_a_listing_is_looked_at_again_and_its_edit_is_published():
    edited = TEXT.replace("two lorries", "three lorries")

    async def scene(rig: Rig) -> None:
        await rig.poll()
        first = next(article for article in rig.published.articles() if article.entry.url.endswith("/article/1"))
        clean = CleanArticle(title=first.entry.title, url=first.entry.url)
        tagged = TaggedArticle(id=first.id, version="v", feed=rig.urls[0], origin="live", seen=START,
                               topics=("merida",), article=clean)  # fmt: skip
        rig.poller.looks.note(tagged)
        before = rig.server.hits["article"]
        rig.later(hours=2)
        await rig.poll(2)
        assert rig.server.hits["article"] == before + 1
        again = rig.published.articles()[-1]
        assert (again.id, again.origin, again.feed) == (first.id, "live", rig.urls[0])
        assert again.page and again.page.body and b"three lorries" in again.page.body

    page = conditional(lambda hit: "same", lambda hit: listing([1, 2, 3]))
    play(scene, page, article=in_turn(*[always(TEXT, **HTML)] * 3, always(edited, **HTML)))


LOGIN = "<html><body><form action='/in'><input name=u><input type=password name=p></form></body></html>"


@pytest.mark.parametrize(
    ("bad", "select", "kinds", "told"),
    [
        ("", None, {"failing"}, "empty"),
        ("<html><body></body></html>", None, {"empty"}, "no block of alike links"),
        (listing([1, 2, 3], "renamed"), "li.news", {"empty"}, "li.news"),
        (LOGIN, None, {"blocked", "failing"}, "login"),
        ("<html><body>" + "<a href='/page'>The customs office said today</a>" * 50, None, {"empty"}, "alike links"),
    ],
    ids=["empty", "no links", "another layout", "login", "links to itself"],
)
def test_a_listing_that_goes_bad_is_told_and_the_rest_is_polled(bad, select, kinds, told):
    async def scene(rig: Rig) -> None:
        await rig.poll(6)
        assert len(rig.published.articles()) == 3, "nothing is invented"
        events = rig.published.events()
        assert {event.kind for event in events} <= kinds | {"failing"} and events
        assert told in " ".join(event.detail for event in events) + str(rig.state.last_error)
        await rig.poll(1, rig.urls[1])
        assert len(rig.published.articles()) == 8

    play(scene, in_turn(always(listing([1, 2, 3]), **HTML), always(bad, **HTML)), select)


@pytest.mark.parametrize("more", ["links", "bytes"])
def test_a_very_large_listing_gives_its_first_items_once(more):
    many = listing(list(range(1, 10_001 if more == "links" else 101)))
    page = many if more == "links" else many.replace("<h1>", "<!--" + "x" * 5_000_000 + "--><h1>")

    async def scene(rig: Rig) -> None:
        await rig.poll(2)
        assert len(rig.published.articles()) == (200 if more == "links" else 100)
        assert not rig.published.events()

    play(scene, always(page, **HTML))
