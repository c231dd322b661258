"""Feed bytes → entries: every format, and the elements of an entry."""

from datetime import UTC, datetime

import pytest

from connectors.formats.parse import parse_feed
from tests.connectors.formats.feed_texts import ATOM, ATOM03, INDEX, JSON11, RDF, RSS, RSS091, SITEMAP, one


def test_rss_2_with_modules():
    feed = one(RSS)
    entry = feed.entries[0]
    assert (feed.kind, feed.title, feed.lang) == ("rss", "Border & Bridge", "en")
    assert feed.hints.interval == 900 and feed.hints.skip_hours == {3, 4}
    assert (entry.id, entry.url) == ("r-1", "https://example.org/2026/rifles")
    assert entry.title == "Rifles found – again"
    assert entry.summary == "Short." and entry.content == "<p>Long text &amp; more.</p>"
    assert entry.authors == ("Ana Ruiz",)
    assert entry.published == datetime(2026, 3, 2, 16, tzinfo=UTC) and entry.updated is None


def test_atom_10_with_base():
    entry = one(ATOM).entries[0]
    assert entry.url == "https://example.org/base/one" and entry.title == "A title"
    assert entry.published == entry.updated == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert entry.authors == ("Luis Gómez",) and (entry.summary, entry.content) == ("S", "<p>C</p>")


def test_atom_03():
    feed = one(ATOM03)
    assert feed.kind == "atom" and feed.entries[0].updated == datetime(2004, 3, 2, 12, tzinfo=UTC)


def test_rss_10():
    feed = one(RDF)
    assert feed.kind == "rdf" and feed.hints.interval == 900
    assert feed.entries[0].url == "https://example.org/1"


def test_rss_091_with_its_doctype_and_html_entities():
    assert one(RSS091).entries[0].title == "Café"


def test_sitemaps():
    feed = one(SITEMAP)
    assert [entry.url for entry in feed.entries] == ["https://example.org/new", "https://example.org/old"]
    assert feed.entries[1].title == "Vieja" and feed.lang == "es" and feed.bad == 1
    assert one(INDEX).children == tuple(f"https://example.org/{n}.xml" for n in ("news", "b", "a"))


def test_json_feed():
    feed = one(JSON11, "text/plain")
    assert feed.kind == "json" and feed.lang == "es" and feed.bad == 2
    first, second = feed.entries
    assert first.id == "7" and first.url == "https://example.org/news/one" and first.authors == ("Redacción",)
    assert second.content == "Solo texto" and second.url == ""


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<link>http://e.org/1</link><atom:link href='http://e.org/other'/>", {"url": "http://e.org/1"}),
        ("<atom:link rel='self' href='/a'/><atom:link href='/b'/>", {"url": "https://example.org/b"}),
        ("<description>A <b>bold</b> word</description>", {"summary": "A <b>bold</b> word"}),
        ("<media:content medium='image'><media:description>A</media:description></media:content>", {"summary": ""}),
        ("<media:description>All there is</media:description>", {"summary": "All there is"}),
        ("<media:group><media:description>All</media:description></media:group>", {"summary": "All"}),
        ("<description>Own</description><media:description>Theirs</media:description>", {"summary": "Own"}),
        ("<itunes:summary>Of a podcast</itunes:summary>", {"summary": "Of a podcast"}),
        ("<author>desk@e.org (Ana Ruiz)</author>", {"authors": ("Ana Ruiz",)}),
        ("<author>desk@e.org</author>", {"authors": ()}),
        ("<content:encoded>&lt;p&gt;C&lt;/p&gt;</content:encoded>", {"content": "<p>C</p>"}),
        ("<pubDate>03/04/2026</pubDate>", {"published": None}),
        ("<dc:date>2026-03-02</dc:date>", {"published": datetime(2026, 3, 2, tzinfo=UTC)}),
        ("<link>http://[::1</link>", {"url": ""}),
        ("<link>http://e.org:port/</link>", {"url": ""}),
        ("<link>http:///path</link>", {"url": ""}),
    ],
)  # fmt: skip
def test_elements_of_an_item(inner, expected):
    spaces = (
        'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    )
    feed = f'<rss version="2.0" {spaces}><channel><item><guid>1</guid><title>T</title>{inner}</item></channel></rss>'
    (entry,) = one(feed).entries
    assert {name: getattr(entry, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p/></div></content>', "<div><p></p></div>"),
        ('<content type="text/html" mode="base64">PHA+QTwvcD4=</content>', "<p>A</p>"),
        ('<content type="html">&lt;p&gt;A&lt;/p&gt;</content>', "<p>A</p>"),
    ],
)  # fmt: skip
def test_kinds_of_atom_content(content, expected):
    (entry,) = one(f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id>{content}</entry></feed>').entries
    assert entry.content == expected


def test_names_in_capitals_are_left_to_feedparser():
    data = b'<RSS VERSION="2.0"><CHANNEL><ITEM><TITLE>Guns seized</TITLE><LINK>/b</LINK></ITEM></CHANNEL></RSS>'
    (entry,) = parse_feed(data, "https://n.example/feed").entries
    assert (entry.url, entry.title) == ("https://n.example/b", "Guns seized")
