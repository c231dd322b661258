"""`feeds check` on pages, `feeds add` and `remove`: sources of a page are found, the list keeps its comments."""

import asyncio

import pytest

from connectors.errors import BadFeedList
from connectors.feeds.feedlist import load_feeds
from deploy.feeds import change
from deploy.feeds.check import check_all, check_list
from deploy.feeds.discover import linked_feeds
from deploy.feeds.edit import add, remove
from schemas.feed import Feed
from tests.support.hostile_server import HostileServer, always, numbered, settings

LIST = """# Ours.
- url: https://a.example/rss  # the first
  outlet: A
  lang: es

# Regional press.
- url: https://b.example/rss
  outlet: "B: the paper"
- {url: https://c.example/rss, outlet: C}
# The end.
"""
ROWS = "".join(f'<li><a href="/prensa/nota-{n}">El puente viejo cierra la noche {n}</a></li>' for n in range(4))
PAGE = f"<html><head><title>Comunicados - Aduana</title>{{}}</head><body><ul>{ROWS}</ul></body></html>"
NAMED = PAGE.format('<link rel="alternate" type="application/rss+xml" href="/feed"><link rel=alternate type=text/html>')


def served(scene, **routes):
    async def play():
        async with HostileServer(**routes) as server:
            return await scene(server)

    return asyncio.run(play())


@pytest.mark.parametrize("url", ["https://a.example/rss", "https://b.example/rss", "https://c.example/rss"])
def test_a_removed_feed_takes_no_comment_of_another_with_it(tmp_path, url):
    path = tmp_path / "feeds.yaml"
    path.write_text(LIST)
    before = load_feeds(path)
    remove(path, url)
    assert load_feeds(path) == tuple(feed for feed in before if str(feed.url) != url)
    text = path.read_text()
    assert all(comment in text for comment in ("# Ours.", "# Regional press.", "# The end."))
    with pytest.raises(BadFeedList, match="not in the list"):
        remove(path, url)


def test_added_feeds_stand_at_the_end_once_and_the_rest_is_as_it_was(tmp_path):
    path = tmp_path / "feeds.yaml"
    path.write_text(LIST)
    new = Feed.model_validate({"url": "https://d.example/x?a=1", "outlet": "D: “ñ” #1", "type": "listing"})
    assert add(path, [new, new]) == ["https://d.example/x?a=1"]
    assert add(path, [new]) == []
    assert path.read_text().startswith(LIST)
    assert load_feeds(path)[-1] == new
    assert add(tmp_path / "none.yaml", [new]) and load_feeds(tmp_path / "none.yaml") == (new,)


def test_a_page_offers_the_feeds_it_names(capsys):
    async def scene(server):
        assert await check_all(settings(fetch_pages=False), [f"{server.base}/page"])
        return server.base

    base = served(scene, page=always(NAMED, Content_Type="text/html"), feed=always(numbered(3)))
    told = capsys.readouterr().out
    assert f'- {{url: "{base}/feed", outlet: "Aduana"' in told and "rss, 3 entries" in told


def test_a_page_without_a_feed_is_tried_as_a_listing(capsys):
    async def scene(server):
        assert await check_all(settings(fetch_pages=False), [f"{server.base}/page"])
        return server.base

    base = served(scene, page=always(PAGE.format(""), Content_Type="text/html"))
    told = capsys.readouterr().out
    assert f'- {{url: "{base}/page", outlet: "Aduana", type: listing' in told
    assert "El puente viejo cierra la noche 3" in told


def test_a_page_with_nothing_to_follow_is_not_usable(capsys):
    async def scene(server):
        return await check_all(settings(fetch_pages=False), [f"{server.base}/page"])

    assert not served(scene, page=always("<html><body><p>Nada.</p></body></html>", Content_Type="text/html"))
    assert "names no feed and lists no articles" in capsys.readouterr().out


def test_links_of_comments_and_other_kinds_are_no_feeds():
    head = (
        '<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed/">'
        '<link rel="alternate" hreflang="en" href="/en"><LINK REL=Alternate TYPE=application/atom+xml HREF="a b.xml">'
    )
    assert linked_feeds(head, "https://e.org/x/") == ["https://e.org/x/a%20b.xml"]


def test_the_whole_list_is_asked_and_those_that_answer_are_dated(tmp_path, capsys):
    async def scene(server):
        path = tmp_path / "feeds.yaml"
        path.write_text(
            f"# Kept.\n- url: {server.base}/good\n  outlet: A\n  verified: null\n"
            f"- url: {server.base}/gone\n  outlet: B\n"
            f"- url: {server.base}/page\n  outlet: C\n  type: listing\n"
        )
        assert not await check_list(settings(), path)
        return path

    path = served(scene, good=always(numbered(3)), page=always(PAGE.format(""), Content_Type="text/html"),
                  gone=always("", 404))  # fmt: skip
    first, second, third = load_feeds(path)
    assert first.verified == third.verified is not None and second.verified is None
    assert path.read_text().startswith("# Kept.")
    told = capsys.readouterr().out
    assert "B: " in told and "http-404" in told and "2 of 3 feeds answer" in told


def test_adding_a_page_lists_its_feed_and_a_bad_address_changes_nothing(tmp_path, monkeypatch, capsys):
    async def scene(server):
        path = tmp_path / "feeds.yaml"
        used = settings().model_copy(update={"feeds": path})
        run = asyncio.to_thread
        assert await run(change.add_sources, used, [f"{server.base}/page"], None) == 0
        assert await run(change.add_sources, used, [f"{server.base}/none"], None) == 1
        assert await run(change.remove_sources, used, ["https://not.example/"]) == 1
        return path, server.base

    path, base = served(scene, page=always(NAMED, Content_Type="text/html"), feed=always(numbered(3)),
                        none=always("", 404))  # fmt: skip
    assert [str(feed.url) for feed in load_feeds(path)] == [f"{base}/feed"]
