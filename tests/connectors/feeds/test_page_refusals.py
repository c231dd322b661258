"""Pages that a publisher refuses, by robots.txt or otherwise: the article is published without them."""

import time

import pytest

from tests.support.behaviours import CHALLENGE
from tests.support.hostile_answers import byte_a_second
from tests.support.hostile_server import Rig, always, rss, run, settings
from tests.support.loop_turns import turns

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
