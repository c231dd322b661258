"""A site that sets a cookie and redirects to the same address: the cookie is kept for that request only."""

import asyncio

import pytest

from connectors.errors import FetchError
from connectors.web.fetcher import Fetcher
from tests.support.hostile_server import HostileServer, Request, settings

FEED = "<rss version='2.0'><channel><item><title>A</title></item></channel></rss>"


def fetch(times: int = 1, **routes):
    async def scene():
        async with HostileServer(**routes) as server, Fetcher(settings().connectors) as fetcher:
            answers = [await fetcher.get(f"{server.base}/feed") for _ in range(times)]
            return answers, [request[1].get("cookie") for request in server.requests]

    return asyncio.run(scene())


async def cookie_gate(request: Request) -> None:
    if "seen=1" in request.headers.get("cookie", ""):
        await request.answer(200, FEED, Content_Type="text/xml")
    else:
        await request.answer(302, "", Location="/feed", Set_Cookie="seen=1; Path=/")


def test_the_cookie_goes_with_the_redirect_and_is_not_kept_for_the_next_request():
    answers, cookies = fetch(2, feed=cookie_gate)
    assert [answer.status for answer in answers] == [200, 200]
    assert cookies == [None, "seen=1", None, "seen=1"]
    assert answers[0].permanent is None


def test_a_circle_without_a_new_cookie_ends_at_once():
    async def circle(request: Request) -> None:
        await request.answer(302, "", Location="/feed", Set_Cookie="a=1")

    with pytest.raises(FetchError, match="circle"):
        fetch(feed=circle)


def test_a_cookie_of_another_site_is_not_taken():
    async def gate(request: Request) -> None:
        if request.headers.get("cookie"):
            await request.answer(500, "")
        else:
            await request.answer(302, "", Location="/other", Set_Cookie="a=1; Domain=example.org")

    async def other(request: Request) -> None:
        await request.answer(200 if not request.headers.get("cookie") else 500, FEED)

    answers, _ = fetch(feed=gate, other=other)
    assert answers[0].status == 200
