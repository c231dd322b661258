"""What publishers and attackers do, by name; for each what is published, what the operator is told, when we come back.

`wait` is the interval chosen after the last poll, in seconds, before jitter; the usual one here is 600.
"""
import asyncio
import codecs
import gzip
import json
from dataclasses import dataclass
from datetime import timedelta

import brotli
import pytest
import zstandard
from hostile_server import (
    START,
    Behaviour,
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

from connectors.decide import UNCONDITIONAL


@dataclass(frozen=True)
class Case:
    """A behaviour polled `polls` times: the last result, articles published, kinds of events, the interval after."""

    name: str
    answer: Behaviour
    polls: int
    result: str
    published: int
    told: tuple[str, ...] = ()
    wait: float | None = None


async def drip(request) -> None:
    await request.head(200, {"Content-Length": "100000"})
    for _ in range(100):
        request.writer.write(b"<")
        await request.writer.drain()
        await asyncio.sleep(0.01)


async def endless(request) -> None:
    await request.head(200, {"Content-Type": "application/rss+xml"})
    while not request.writer.is_closing():
        request.writer.write(b"<item>" * 1000)
        await request.writer.drain()


async def reset(request) -> None:
    request.writer.transport.abort()


async def half(request) -> None:
    await request.head(200, {"Content-Length": "9999"})
    request.writer.write(numbered(3).encode()[:300])


async def circle(request) -> None:
    await request.answer(302, Location="/circle-of-redirects")


async def ladder(request) -> None:
    await request.answer(302, Location=f"/ladder-of-redirects?{request.hit}")


async def lying_etag(request) -> None:
    """The ETag never changes; whoever believes it sees the first body for ever."""
    if request.headers.get("if-none-match") == '"same"':
        await request.answer(304, ETag='"same"')
    else:
        await request.answer(200, numbered(5, request.hit), ETag='"same"')


async def lying_date(request) -> None:
    if "if-modified-since" in request.headers:
        await request.answer(304)
    else:
        await request.answer(200, numbered(5, request.hit), Last_Modified="Mon, 02 Mar 2026 10:00:00 GMT")


async def churn(request) -> None:
    old = "<guid>https://example.org/story/"
    entries = (item(n).replace(old, f"<guid>hit-number-{request.hit}-") for n in range(5))
    await request.answer(200, rss(*entries))


async def no_guids(request) -> None:
    entries = (item(n).replace(f"<guid>https://example.org/story/{n}</guid>", "") for n in range(5))
    await request.answer(200, rss(f"<!-- {request.hit} -->", *entries))


async def tracking_links(request) -> None:
    """Another tracking parameter in each link at each poll."""
    entries = (item(n).replace("</link>", f"?utm_campaign=c{request.hit}</link>") for n in range(5))
    await request.answer(200, rss(*entries))


async def dates_of_now(request) -> None:
    """Every entry claims to be of this very moment, at every poll."""
    await request.answer(200, rss(*(item(n, date=f"Mon, 02 Mar 2026 11:{request.hit:02}:00 GMT") for n in range(5))))


async def shuffled(request) -> None:
    numbers = list(range(8))
    await request.answer(200, rss(*(item(n) for n in numbers[request.hit % 8 :] + numbers[: request.hit % 8])))


async def two_caches(request) -> None:
    """Two servers behind one name, one of them a version behind."""
    await request.answer(200, numbered(6 + request.hit % 2, 1))


async def edited_to_and_fro(request) -> None:
    words = ("The officers said that nine rifles were found.", "The officers said that seven rifles were found.")
    await request.answer(200, rss(item(1, text=words[request.hit % 2])))


async def cookies_needed(request) -> None:
    await request.answer(302, Location=f"/cookies-needed?{request.hit}", Set_Cookie="seen=1")


UMLAUTS = '<?xml version="1.0" encoding="{}"?>' + rss(item(1, title="Señales en la aduana de Cañón"))[38:]
BOMB = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]><rss version="2.0">&c;</rss>'
QUADRATIC = f'<!DOCTYPE r [<!ENTITY a "{"A" * 20000}">]><rss version="2.0">{"&a;" * 1000}</rss>'
READER = '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + rss(item(1, title="&a;"))
CHALLENGE = "<html><head><title>Just a moment...</title></head><body><div id=cf-chl-x></div></body></html>"
LATER = "Mon, 02 Mar 2026 14:00:00 GMT"
ZEROS = b"\0" * 5_000_000
STORY = always(numbered(5))
JSON = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "T"}, {"x": 1}, 7]})

CASES = [
    # Honest, and easily got wrong.
    Case("unchanged-by-etag", conditional(lambda n: "a", lambda n: numbered(5)), 3, "unchanged", 5),
    Case("unchanged-without-validators", STORY, 3, "unchanged", 5),
    Case("growing", conditional(str, lambda n: numbered(10, n)), 4, "fetched", 13),
    Case("late-entry-below-old-ones", in_turn(STORY, always(rss(*map(item, (1, 2, 3, 9, 4, 5))))), 2, "fetched", 6),
    Case("shuffled-every-time", shuffled, 4, "fetched", 8),
    Case("wrong-content-type", always(numbered(2), Content_Type="image/png"), 1, "fetched", 2),
    Case("html-by-name-feed-by-nature", always(numbered(2), Content_Type="text/html"), 1, "fetched", 2),
    Case("byte-order-mark-and-blanks", always(codecs.BOM_UTF8 + b"\n  " + numbered(2).encode()), 1, "fetched", 2),
    Case("latin-1-called-utf-8", always(UMLAUTS.format("utf-8").encode("latin-1")), 1, "fetched", 1),
    Case("utf-16", always(UMLAUTS.format("utf-16").encode("utf-16")), 1, "fetched", 1),
    Case("gzip", always(gzip.compress(numbered(2).encode()), Content_Encoding="gzip"), 1, "fetched", 2),
    Case("gzip-untold", always(gzip.compress(numbered(2).encode())), 1, "fetched", 2),
    Case("gzip-told-but-plain", always(numbered(2), Content_Encoding="gzip"), 1, "fetched", 2),
    Case("brotli", always(brotli.compress(numbered(2).encode()), Content_Encoding="br"), 1, "fetched", 2),
    Case("zstd", always(zstandard.compress(numbered(2).encode()), Content_Encoding="zstd"), 1, "fetched", 2),
    Case("unescaped-ampersands", always(rss(item(1, title="Smith & Wesson"), item(2))), 1, "fetched", 2),
    Case("one-bad-entry", always(rss(item(1), "<item><title>x</item>", item(3))), 1, "fetched", 3),
    Case("cut-in-an-entry", always(numbered(3)[:-150]), 1, "fetched", 2),
    Case("json-with-bad-items", always(JSON, Content_Type="text/plain"), 1, "fetched", 1),
    # What it says is not what it does.
    Case("lying-etag", lying_etag, UNCONDITIONAL + 5, "fetched", 13, ("gap",)),
    Case("lying-last-modified", lying_date, UNCONDITIONAL + 5, "fetched", 13, ("gap",)),
    Case("304-for-ever", always("", 304), 3, "http-304", 0, ("failing",), 2400),
    Case("304-after-one-answer", in_turn(STORY, always("", 304)), 3, "http-304", 5, (), 1200),
    Case("churning-guids", churn, 4, "fetched", 5),
    Case("no-guids", no_guids, 4, "fetched", 5),
    Case("churning-links", tracking_links, 4, "fetched", 5),
    Case("everything-dated-now", dates_of_now, 4, "fetched", 5),
    Case("edited-to-and-fro", edited_to_and_fro, 6, "fetched", 2),
    Case("two-caches", two_caches, 6, "fetched", 7),
    Case("republished-archive", in_turn(always(numbered(5, 5)), always(numbered(9)), STORY), 4, "unchanged", 9),
    Case("window-jumps", in_turn(STORY, always(numbered(5, 50))), 2, "fetched", 10, ("gap",)),
    Case("shrinks", in_turn(always(numbered(9)), always(numbered(2))), 3, "unchanged", 9),
    Case("emptied", in_turn(STORY, always(rss())), 3, "unchanged", 5, ("empty",)),
    Case("emptied-and-back", in_turn(STORY, always(rss()), STORY), 3, "fetched", 5, ("empty", "recovered")),
    # Refusals.
    Case("404", always("no", 404), 3, "http-404", 0, ("failing",), 2400),
    Case("410", always("gone", 410), 1, "http-410", 0, ("gone",), 86400),
    Case("500-and-back", in_turn(*[always("", 500)] * 3, STORY), 4, "fetched", 5, ("failing", "recovered")),
    Case("403", always("no", 403), 2, "http-403", 0, ("blocked",), 1200),
    Case("challenge-page", always(CHALLENGE), 2, "not-a-feed", 0, ("blocked",), 1200),
    Case("challenge-page-with-403", always(CHALLENGE, 403), 2, "http-403", 0, ("blocked",)),
    Case("429-in-seconds", always("", 429, Retry_After="5000"), 1, "http-429", 0, (), 5000),
    Case("429-as-a-date", always("", 429, Retry_After=LATER), 1, "http-429", 0, (), 7200),
    Case("429-bare", always("", 429), 1, "http-429", 0, (), 600),
    Case("429-for-a-year", always("", 429, Retry_After="31536000"), 1, "http-429", 0, (), 86400),
    Case("503-in-seconds", always("", 503, Retry_After="5000"), 1, "http-503", 0, (), 5000),
    Case("503-retry-after-in-the-past", always("", 503, Retry_After="Mon, 02 Mar 2020 1:00:00 GMT"), 1, "http-503", 0),
    # Attacks and accidents.
    Case("html-instead-of-xml", always("<!doctype html><p>Hello"), 3, "not-a-feed", 0, ("failing",), 2400),
    Case("empty-body", always(""), 1, "not-a-feed", 0, (), 600),
    Case("some-other-xml", always("<svg xmlns='http://www.w3.org/2000/svg'/>"), 1, "not-a-feed", 0),
    Case("billion-laughs", always(BOMB), 1, "not-a-feed", 0),
    Case("quadratic-blow-up", always(QUADRATIC), 1, "not-a-feed", 0),
    Case("entity-that-reads-files", always(READER), 1, "not-a-feed", 0),
    Case("deep-nesting", always("<rss>" + "<a>" * 5000), 1, "not-a-feed", 0),
    Case("deep-json", always('{"items":' * 20000), 1, "not-a-feed", 0),
    Case("gzip-bomb", always(gzip.compress(ZEROS), Content_Encoding="gzip"), 1, "too-large", 0, (), 600),
    Case("brotli-bomb", always(brotli.compress(ZEROS), Content_Encoding="br"), 1, "too-large", 0),
    Case("zstd-bomb", always(zstandard.compress(ZEROS), Content_Encoding="zstd"), 1, "too-large", 0),
    Case("endless-body", endless, 1, "too-large", 0),
    Case("says-it-is-huge", always("", Content_Length="99999999999"), 1, "too-large", 0),
    Case("broken-gzip", always(b"\x1f\x8b broken", Content_Encoding="gzip"), 1, "bad-encoding", 0),
    Case("one-byte-at-a-time", drip, 1, "timeout", 0),
    Case("connection-reset", reset, 1, "protocol", 0),
    Case("closed-half-way", half, 1, "protocol", 0),
    Case("circle-of-redirects", circle, 1, "redirects", 0),
    Case("ladder-of-redirects", ladder, 1, "redirects", 0),
    Case("cookies-needed", cookies_needed, 1, "redirects", 0),
    Case("redirect-to-metadata", always("", 302, Location="http://169.254.169.254/"), 1, "refused-address", 0),
    Case("redirect-to-a-private-host", always("", 301, Location="http://192.168.0.1/"), 1, "refused-address", 0),
    Case("redirect-to-a-file", always("", 302, Location="file:///etc/passwd"), 1, "refused-url", 0),
    Case("redirect-to-nowhere", always("", 302), 1, "http-302", 0),
]


def test_there_are_at_least_forty_behaviours_each_with_its_own_name():
    assert len({case.name for case in CASES}) == len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_behaviour(case: Case):
    async def scene(rig: Rig) -> None:
        decisions = await rig.poll(case.polls)
        assert decisions[-1].result == case.result
        assert len(rig.published.articles()) == case.published
        assert tuple(event.kind for event in rig.published.events()) == case.told
        stored = rig.published.states()[rig.urls[0]]
        assert stored == rig.state and stored.polls == case.polls
        assert stored.next_poll > rig.now and stored.why_then
        if case.wait is not None:
            assert stored.interval == case.wait
        if case.result not in ("fetched", "unchanged"):
            assert stored.last_error and stored.failures_by_kind[case.result]

    run(scene, case.name, used=settings(total_timeout=0.5), **{case.name.replace("-", "_"): case.answer})


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
        ("page/x", {"page": drip}, "timeout"),
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
    run(scene, "feed", used=settings(fetch_pages=True, robots=True, total_timeout=0.5), feed=feed, **answers)


def test_a_sitemap_index_is_followed_to_its_latest_sitemaps():
    def site(*numbers: int) -> str:
        urls = (f"<url><loc>https://example.org/story/{n}</loc></url>" for n in numbers)
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(urls)}</urlset>'

    async def index(request) -> None:
        maps = (f"<sitemap><loc>{request.base}/{n}</loc><lastmod>2026-03-0{n}</lastmod></sitemap>" for n in "1234")
        await request.answer(200, f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(maps)}'
                                  "</sitemapindex>")  # fmt: skip

    async def scene(rig: Rig) -> None:
        await rig.poll()
        assert len(rig.published.articles()) == 6
        assert rig.server.hits["1"] == 0

    run(scene, "index", index=index, **{str(n): always(site(n, n + 10)) for n in (1, 2, 3, 4)})
