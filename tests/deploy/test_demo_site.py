"""The recorded site of the demo: what it serves, and that it contains everything that the demo must alert."""

import html
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import ftfy
import httpx
import lxml.html
import pytest
import yaml
from lxml import etree

from deploy.demo import server as demo
from deploy.demo.recorded import render
from deploy.feeds.check import check_feeds
from schemas.settings import ConnectorSettings, Settings

EXPECTED = yaml.safe_load(Path(demo.__file__).with_name("expected.yaml").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
CLIENT = httpx.Client(trust_env=False, verify=False, timeout=5)
WHOLE_FEEDS = [path for path, *_ in demo.FEEDS if path not in demo.BROKEN]


@pytest.fixture(params=demo.EDITIONS, ids=["edition1", "edition2"])
def site(request: pytest.FixtureRequest) -> Iterator[demo.DemoServer]:
    with demo.DemoServer(now=NOW, hang=0.2) as server:
        if request.param == 2:
            server.advance()
        yield server


@pytest.fixture
def first() -> Iterator[demo.DemoServer]:
    with demo.DemoServer(now=NOW, hang=0.2) as server:
        yield server


def get(server: demo.DemoServer, path: str, **headers: str) -> httpx.Response:
    return CLIENT.get(urljoin(server.base, path), headers=headers)


def entries(server: demo.DemoServer, path: str) -> list[dict[str, str]]:
    """link, published (ISO 8601 or ""), and all the text of each entry of a feed."""
    response = get(server, path)
    if path.endswith(".json"):
        return [
            {"link": i["url"], "published": i.get("date_published", ""), "text": " ".join(map(str, i.values()))}
            for i in response.json()["items"]
        ]
    if path in demo.LISTINGS:
        return [
            {"link": item.find("a").get("href"), "published": item.find(".//time").get("datetime"),
             "text": item.text_content()}
            for item in lxml.html.fromstring(response.content).iterfind(".//li")
        ]  # fmt: skip
    parsed = feedparser.parse(response.content, response_headers={**response.headers, "content-location": server.base})
    return [
        {
            "link": e.link,
            "published": e.get("published", ""),
            "text": " ".join([e.title, e.get("summary", ""), *(c.value for c in e.get("content", ()))]),
        }
        for e in parsed.entries
    ]


def page_text(server: demo.DemoServer, link: str) -> str:
    response = get(server, link)
    charset = response.encoding or "utf-8"
    return plain(ftfy.fix_text(response.content.decode(charset), uncurl_quotes=False))


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def slug(link: str) -> str:
    return link.rsplit("/", 1)[1].partition(".html")[0]


def test_every_feed_has_its_entries(site: demo.DemoServer) -> None:
    assert set(EXPECTED["entries"]) == set(WHOLE_FEEDS)
    for path, counts in EXPECTED["entries"].items():
        found = entries(site, path)
        assert len(found) == counts[site.edition - 1], path
        assert len({e["link"] for e in found}) == len(found), path


def test_the_outlet_without_a_feed_is_offered_as_a_listing_with_its_items(
    first: demo.DemoServer, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = demo.LISTINGS
    local = Settings(connectors=ConnectorSettings(allow_networks=(IPv4Network("127.0.0.0/8"),), robots=False))
    assert check_feeds(local, [first.base + path]) == 0
    told = capsys.readouterr().out
    assert "a listing, its items found by itself, 3 entries" in told
    assert "type: listing" in told
    for entry in entries(first, path):
        assert entry["link"] in told


def test_the_broken_feeds_are_broken(first: demo.DemoServer) -> None:
    assert get(first, "/gulf-coast-bulletin/rss.xml").status_code == 500
    login = get(first, "/plaza-noticias/rss.xml")
    assert login.headers["content-type"].startswith("text/html")
    assert not feedparser.parse(login.content).entries
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(get(first, "/diario-del-desierto/rss.xml").content)


def test_every_expected_statement_stands_where_it_says() -> None:
    with demo.DemoServer(now=NOW, hang=0) as server:
        texts = {1: outlet_texts(server)}
        server.advance()
        texts[2] = outlet_texts(server)
    for alert in EXPECTED["alerts"]:
        for outlet in alert["outlets"]:
            for words in [*alert["words"], *alert.get("not_words", ())]:
                assert words in texts[alert["edition"]][outlet], (outlet, words)
        if alert["edition"] == 2:
            assert alert["words"][0] not in texts[1][alert["outlets"][0]]
        name = alert["speaker"]
        assert all(name in texts[alert["edition"]][outlet] for outlet in alert["outlets"]), name


def outlet_texts(server: demo.DemoServer) -> dict[str, str]:
    """Outlet → the text of its feed and of all pages linked there."""
    texts = {}
    for path, outlet, *_ in demo.FEEDS:
        if path in demo.BROKEN:
            continue
        found = entries(server, path)
        pages = [page_text(server, e["link"]) for e in found if e["link"].removeprefix(server.base) not in demo.HANGING]
        texts[outlet] = " ".join([*(plain(e["text"]) for e in found), *pages])
    return texts


def test_every_article_is_accounted_for() -> None:
    with demo.DemoServer(now=NOW) as server:
        old = {slug(e["link"]) for path in WHOLE_FEEDS for e in entries(server, path)}
        server.advance()
        new = {slug(e["link"]) for path in WHOLE_FEEDS for e in entries(server, path)}
    assert old < new
    counts = EXPECTED["counts"]
    changed = 2
    assert counts["raw"] == len(new) + changed
    assert counts["alerts"] == len(EXPECTED["alerts"])
    assert set(EXPECTED["off_topic"]) | set(EXPECTED["silent"]) <= new
    assert counts["off-topic"] == len(EXPECTED["off_topic"])
    kinds = ("alerted", "duplicate", "recorded", "off-topic")
    assert sum(counts[kind] for kind in kinds) == counts["raw"]


def test_the_wire_story_is_the_same_in_three_encodings(first: demo.DemoServer) -> None:
    pages = [
        page_text(first, "/rio-grande-ledger/news/mexico-us-settle-merida-accounts.html"),
        page_text(first, "/potomac-courier/articles/two-governments-settle-accounts.html"),
        page_text(first, "/sonoran-desk/stories/helicopters-and-hard-feelings.html"),
    ]
    for page in pages:
        assert "“The Mérida Initiative is over, and it is not coming back under another name,” Laura Whitcomb" in page
    raw = get(first, "/sonoran-desk/stories/helicopters-and-hard-feelings.html").content
    assert "MÃ©rida".encode() in raw
    mirador = get(first, "/el-mirador-de-juarez/notas/bodega-anapra-fusiles.html")
    assert mirador.encoding == "windows-1252"
    assert "«No son armas viejas" in mirador.text
    assert "«No son armas viejas".encode("cp1252") in mirador.content


def test_one_edit_adds_a_statement_and_the_other_mends_a_typo(first: demo.DemoServer) -> None:
    paths = (
        "/el-mirador-de-juarez/notas/bodega-anapra-fusiles.html",
        "/rio-grande-ledger/news/pawnshop-clerk-pleads-guilty.html",
    )
    before = [page_text(first, path).partition("The Ledger at Dawn")[0] for path in paths]
    first.advance()
    after = [page_text(first, path).partition("The Ledger at Dawn")[0] for path in paths]
    assert "prestanombres" not in before[0]
    assert "prestanombres" in after[0]
    assert before[1] != after[1]
    assert before[1].replace("riffles", "rifles") == after[1]


def test_dates_count_back_from_the_start(first: demo.DemoServer) -> None:
    dated = {slug(e["link"]): e["published"] for path in WHOLE_FEEDS for e in entries(first, path)}
    assert [s for s, date in dated.items() if not date] == ["archivo-carta-lectores-armas"]
    assert dated["bodega-anapra-fusiles"] == "Tue, 24 Nov 2026 06:30:00 +0000"
    assert dated["house-panel-guns-and-aid"] == "2026-11-24T02:30:00+00:00"
    assert "24 de noviembre de 2026" in page_text(first, "/el-mirador-de-juarez/notas/bodega-anapra-fusiles.html")
    assert "October 28, 2026" in page_text(first, "/rio-grande-ledger/news/customs-seizes-ammunition.html")


def test_an_undated_page_tells_no_date(site: demo.DemoServer) -> None:
    paths = ["/la-voz-del-bajio/nota/archivo-carta-lectores-armas.html"]
    if site.edition == 2:
        paths.append("/rio-grande-ledger/news/library-opens-merida-shelf.html")
    for path in paths:
        page = get(site, path).text
        assert "<time" not in page
        assert "published_time" not in page
    assert (
        get(site, "/rio-grande-ledger/news/library-opens-merida-shelf.html").status_code == (404, 200)[site.edition - 1]
    )


def test_unchanged_files_answer_304_and_changed_ones_do_not(first: demo.DemoServer) -> None:
    kept, changing = "/sonoran-desk/feed.json", "/rio-grande-ledger/rss.xml"
    validators = {path: get(first, path).headers for path in (kept, changing)}
    assert get(first, kept).headers["etag"] == validators[kept]["etag"]
    for header, name in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        for path in (kept, changing):
            assert get(first, path, **{header: validators[path][name]}).status_code == 304
    first._changed[2] = NOW
    first.edition = 2
    for header, name in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        assert get(first, kept, **{header: validators[kept][name]}).status_code == 304
        assert get(first, changing, **{header: validators[changing][name]}).status_code == 200
    assert first.counts[kept] == 6
    assert first.statuses[kept, 304] == 4


def test_a_hanging_page_is_let_go() -> None:
    path = next(iter(demo.HANGING))
    with demo.DemoServer(now=NOW, hang=0.1) as server:
        started = time.monotonic()
        with pytest.raises(httpx.RemoteProtocolError):
            get(server, path)
        assert time.monotonic() - started < 3
        assert server.statuses[path, 0] == 1
    with demo.DemoServer(now=NOW, hang=600) as server, pytest.raises(httpx.ReadTimeout):
        CLIENT.get(server.base + path, timeout=0.1)


def test_all_links_resolve(site: demo.DemoServer) -> None:
    todo = [e["link"] for path in WHOLE_FEEDS for e in entries(site, path)]
    seen: set[str] = set()
    while todo:
        link = todo.pop().partition("?")[0]
        if link in seen or link.removeprefix(site.base) in demo.HANGING:
            continue
        seen.add(link)
        response = get(site, link)
        assert response.status_code == 200, link
        assert b"{{" not in response.content, link
        if response.headers["content-type"].startswith("text/html"):
            found = re.findall(r'(?:href|src)="([^"]+)"', response.text)
            todo += [html.unescape(urljoin(link, target)) for target in found]
    assert all(link.startswith(site.base) for link in seen)
    assert len(seen) > 40


def test_nothing_outside_the_site_is_served(first: demo.DemoServer) -> None:
    assert get(first, "/%2e%2e/%2e%2e/server.py").status_code == 404
    assert get(first, "/..%2f2/la-voz-del-bajio/atom.xml").status_code == 404
    assert get(first, "/robots.txt%00.html").status_code == 404


def test_every_recorded_article_is_in_a_feed() -> None:
    with demo.DemoServer(now=NOW) as server:
        server.advance()
        linked = {slug(e["link"]) for path in WHOLE_FEEDS for e in entries(server, path)}
    files = {f.stem for f in demo.SITE.rglob("*.html") if f.stem not in ("index", "share")}
    assert files | {slug(path) for path in demo.HANGING} == linked


def test_a_placeholder_without_hours_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks its hours"):
        render(b"<pubDate>{{rfc822}}</pubDate>", "http://127.0.0.1:1", NOW)


def test_feeds_are_a_feed_list(first: demo.DemoServer) -> None:
    assert len(first.feeds) == len(demo.FEEDS)
    assert {f.lang for f in first.feeds} == {"en", "es"}
    assert all(str(f.url).startswith(first.base) for f in first.feeds)
