"""What a feed or page costs to read: linear in its size, whatever stands in it; and how long what it says may be.

Times are CPU time of this thread. The bound is ten times what the slowest needs here; each of these needed a minute and
more before it was made linear.
"""

import contextlib
import gzip
import json
import time

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.entry_limits import ENTRY, bounded
from connectors.errors import ConnectorError, FetchError
from connectors.formats.article_page import judge_page
from connectors.formats.parse import parse_feed
from connectors.formats.walls import is_html
from connectors.formats.xmltree import decode_feed
from connectors.web.content_codings import decoded
from schemas.article import FeedEntry
from schemas.limits import sound

SIZE = 500_000
MOST_SECONDS = 8
URL = "https://example.org/feed"
HEAD = '<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>'
ITEM = "<item><title>Officers stop a lorry</title><link>https://example.org/1</link></item>"
FEED = f"{HEAD}{ITEM}</channel></rss>"
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">'


def much(text: str, size: int = SIZE) -> str:
    return text * (size // len(text))


def nested(start: str, end: str, depth: int, inside: str = "") -> str:
    return start * depth + inside + end * depth


FEEDS = {
    "26 comments before the root": "<!-- x -->" * 26 + FEED,
    "400 comments before the root": "<!-- x -->" * 400 + FEED,
    "unclosed comments before the root": much("<!-- ") + FEED,
    "white space and declarations before the root": "\n<?xml version='1.0'?>" * 150 + FEED,
    "items nested in items": HEAD + much("<item>"),
    "items nested 250 deep, again and again": HEAD + much(nested("<item>", "</item>", 240)) + "</channel></rss>",
    "items nested 250 deep around a large text": HEAD + nested("<item>", "</item>", 240, much("<a>x</a>")),
    "entries nested in entries": ATOM + nested("<entry><content>", "</content></entry>", 120, much("<a>x</a>")),
    "a description nested 240 deep": f"{HEAD}<item><description>{nested('<a>', '</a>', 240, much('<b>x</b>'))}",
    "wrongly decoded text in one entry": HEAD + ITEM.replace("stop", much("â€œÃ")) + "</channel></rss>",
    "wrongly decoded text in each entry": HEAD + ITEM.replace("stop", "MÃ©rida " * 20) * 5000 + "</channel></rss>",
    "sitemaps nested in each other": f"<urlset>{much(nested('<url><loc>http://a.org/', '</loc></url>', 120))}</urlset>",
    "an index nested in itself": "<sitemapindex>" + much(nested("<sitemap><loc>http://a/", "</loc></sitemap>", 120)),
    "dates that are none": f"{HEAD}<item><title>x</title>{much('<pubDate>xxxxxxxxxxxx</pubDate>')}</item>",
    "links under many bases": HEAD + nested('<item xml:base="http://a/">', "</item>", 200, much("<link>x</link>")),
    "an HTML link of spaces": f"{HEAD}<item><title>x</title><link>&lt;a href={much(' ', SIZE // 8)}</link></item>",
    "unclosed CDATA": HEAD + much("<![CDATA["),
    "CDATA without end in each entry": HEAD + much("<item><title><![CDATA[x</title></item>") + "]]></channel></rss>",
    "CDATA in elements without end": HEAD + much("<a><![CDATA[") + "]]></channel></rss>",
    "elements inside CDATA without end": f"{HEAD}<a><![CDATA[{much('<a>')}<![CDATA[]]></channel></rss>",
    "comments without end": HEAD + much("<!-- ") + FEED,
    "ampersands": HEAD + much("&") + FEED,
    "less-than signs": HEAD + much("<") + FEED,
    "references without end": HEAD + much("&#x0") + FEED,
    "a DOCTYPE without end": "<!DOCTYPE rss [" + much("] ") + FEED,
    "scripts in a title": HEAD + ITEM.replace("stop", much("&lt;script&gt;")),
    "authors": f"{HEAD}<item><title>x</title>{much('<author>a@b (c)</author>')}</item></channel></rss>",
    "empty JSON items": '{"items":[' + much("{},") + "{}]}",
    "JSON nested in itself": much("["),
    "an unknown kind of feed": "<RSS><CHANNEL>" + much("<ITEM><TITLE>x</TITLE></ITEM>", SIZE // 2) + "</CHANNEL></RSS>",
}  # fmt: skip
PARAGRAPH = f"<p>{'The mayor said that the weapons had come over the bridge. ' * 3}</p>"
PAGES = {
    "unclosed links": PARAGRAPH + "<p>" + much("<a>"),
    "unclosed paragraphs": much("<p "),
    "link tags without end": much("<link "),
    "canonical links without end": much("<link rel=canonical "),
    "relations": f"<link {much('rel ')}>",
    "scripts without end": much("</script "),
    "comments without end": much("<!-- "),
    "a title of blanks": "<title>" + much(" "),
    "titles": much("<title>"),
}


def cost(work) -> float:
    start = time.thread_time()
    with contextlib.suppress(ConnectorError):  # what is no feed may be called none; only the time is looked at
        work()
    return time.thread_time() - start


@pytest.mark.parametrize("text", FEEDS.values(), ids=FEEDS.keys())
def test_no_feed_costs_more_than_its_size(text):
    assert cost(lambda: parse_feed(text.encode(), URL)) < MOST_SECONDS


@pytest.mark.parametrize("text", PAGES.values(), ids=PAGES.keys())
def test_no_page_costs_more_than_its_size(text):
    assert cost(lambda: judge_page(text.encode(), URL, 200, "text/html")) < MOST_SECONDS


def test_a_few_bytes_that_unpack_to_deeply_nested_items_are_no_feed():
    body = brotli.compress(("<rss><channel>" + "<item>" * 100_000).encode())
    assert len(body) < 200
    assert cost(lambda: parse_feed(decoded(body, "br", 10_000_000), URL)) < MOST_SECONDS


def test_a_gzip_file_of_many_empty_members_is_refused_and_one_of_some_members_is_read():
    empty = gzip.compress(b"")
    with pytest.raises(FetchError, match="members"):
        decoded(empty * 100_000, "gzip", 10_000_000)
    parts = [gzip.compress(f"part {n}, ".encode()) for n in range(300)]
    assert decoded(b"".join(parts) + b"\0\0", "gzip", 10_000_000).startswith(b"part 0, part 1, ")
    assert decoded(parts[0] + b"\0\0\0" + parts[1] + b"rubbish", "gzip", 1000) == b"part 0, part 1, "


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<html>", True), ("\n <!-- a --><!-- b -->\n<!DOCTYPE html>", True), ("<?xml version='1.0'?><HEAD>", True),
        (FEED, False), ("<!-- a --><rss>", False), ("<!-- a <html>", False), ("", False), ("text <html>", False),
        ("<headline>", False),
    ],
)  # fmt: skip
def test_what_begins_as_an_html_page_does(text, html):
    assert is_html(text) == html


def test_items_that_were_not_closed_are_all_read_in_their_order():
    items = "".join(f"<item><title>Title {n}</title>" for n in range(9))
    feed = parse_feed(f"{HEAD}{items}</channel></rss>".encode(), URL)
    assert [entry.title for entry in feed.entries] == [f"Title {n}" for n in range(9)]


def test_half_a_character_is_replaced_where_it_enters():
    item = {"id": "\ud83d", "title": "Cut \ud83d", "authors": [{"name": "\udc00"}]}
    feed = parse_feed(json.dumps({"items": [item]}).encode(), URL)
    (entry,) = feed.entries
    assert (entry.id, entry.title, entry.authors) == ("\ufffd", "Cut \ufffd", ("\ufffd",))
    assert entry.model_dump_json().encode()


@given(st.text(st.characters(), min_size=1))
def test_a_sound_text_can_be_encoded_and_whole_characters_stay(text):
    assert sound(text).encode().decode() == sound(text)
    assert sound(text) == text or not text.isprintable()


@pytest.mark.parametrize("label", ["utf-7", "UTF7", "u7", "unicode-1-1-utf-7", "unicode_escape", "punycode", "idna"])
def test_codecs_that_are_languages_of_their_own_are_not_used(label):
    assert (
        decode_feed(b"+ADw-script+AD4- \xff \\ud83d", f"text/html; charset={label}") == "+ADw-script+AD4- \xff \\ud83d"
    )


@given(st.builds(
    FeedEntry, id=st.text(max_size=30), url=st.text(max_size=30), title=st.text(max_size=30),
    authors=st.lists(st.text(max_size=3), max_size=40),
), st.integers(1, 300))  # fmt: skip
def test_an_entry_is_bounded_and_what_fits_stays(entry, factor):
    longer = entry.model_copy(update={name: getattr(entry, name) * factor for name in ("id", "url", "title")})
    found = bounded(longer)
    assert len(found.id) <= ENTRY["id"] and len(found.url) <= ENTRY["url"] and len(found.title) <= ENTRY["title"]
    assert len(found.authors) <= ENTRY["authors"]
    assert bounded(found) == found and bounded(FeedEntry(id="x", url="y")) == FeedEntry(id="x", url="y")


def test_long_texts_are_cut_and_counted_and_long_ids_stay_two():
    item = "<item><guid>{}</guid><title>{}</title><link>https://example.org/{}</link></item>"
    items = [item.format("g" * 2_000_000 + str(n), "t" * 2_000_000, "u" * 100_000) for n in (1, 2)]
    feed = parse_feed((HEAD + "".join(items) + "</channel></rss>").encode(), URL)
    assert dict(feed.cut) == {"id": 2, "title": 2, "url": 2}
    assert len({entry.id for entry in feed.entries}) == 2
    assert all(len(entry.model_dump_json()) < 10_000 for entry in feed.entries)
