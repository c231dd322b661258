"""A feed that is an index of sitemaps: which of them are requested, and what one broken sitemap changes."""

from tests.support.hostile_server import Rig, always, in_turn, run

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
