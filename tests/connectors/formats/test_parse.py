"""Feed bytes → entries: every format, what publishers get wrong, what attackers send."""

import contextlib
import gzip
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import NotAFeed
from connectors.feeds.decide import Polled, decide, first_state
from connectors.formats.feed_file import parse_file
from connectors.formats.parse import parse_feed
from connectors.formats.xmltree import decode_feed
from connectors.identity import plain
from connectors.web.fetcher import Response
from schemas.dates import parse_date
from schemas.feed import Feed
from schemas.settings import ConnectorSettings
from tests.support.paths import DEPLOY, SHARED

URL = "https://example.org/news/feed.xml"
EVAL = SHARED / "eval" / "feeds"

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Border &amp; Bridge</title><language>en-US</language><ttl>15</ttl>
<skipHours><hour>3</hour><hour>4</hour></skipHours>
<item><title>Rifles &lt;b&gt;found&lt;/b&gt; &amp;#8211; again</title>
<link>/2026/rifles</link><guid isPermaLink="false">r-1</guid>
<dc:creator>Ana Ruiz</dc:creator><pubDate>Mon, 02 Mar 2026 10:00:00 -0600</pubDate>
<description>Short.</description><content:encoded><![CDATA[<p>Long text &amp; more.</p>]]></content:encoded>
<enclosure url="https://example.org/a.mp3" length="1" type="audio/mpeg"/></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.org/base/"><title>F</title>
<entry><id>tag:example.org,2026:1</id><title type="html">A &lt;i&gt;title&lt;/i&gt;</title>
<link rel="alternate" href="one"/>
<published>2026-03-02T10:00:00Z</published><updated>2026-03-02T11:00:00+01:00</updated>
<author><name>Luis Gómez</name></author>
<summary>S</summary><content type="html">&lt;p&gt;C&lt;/p&gt;</content></entry></feed>"""
ATOM03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>F</title><entry><title>Old</title>
<link rel="alternate" type="text/html" href="https://example.org/old"/><id>o</id><issued>2004-03-02T10:00:00Z</issued>
<modified>2004-03-02T12:00:00Z</modified></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel rdf:about="https://example.org/"><title>F</title><sy:updatePeriod>hourly</sy:updatePeriod>
<sy:updateFrequency>4</sy:updateFrequency></channel>
<item rdf:about="https://example.org/1"><title>One</title><link>https://example.org/1</link>
<dc:date>2026-03-02T10:00:00Z</dc:date></item></rdf:RDF>"""
RSS091 = """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">
<rss version="0.91"><channel><title>F</title><item><title>Caf&eacute;</title><link>https://example.org/1</link></item>
</channel></rss>"""
SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://example.org/old</loc><news:news><news:publication><news:name>N</news:name>
<news:language>es</news:language></news:publication><news:publication_date>2026-03-01</news:publication_date>
<news:title>Vieja</news:title></news:news></url>
<url><loc>javascript:alert(1)</loc></url>
<url><loc>https://example.org/new</loc><lastmod>2026-03-02T10:00:00Z</lastmod></url></urlset>"""
INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://example.org/a.xml</loc><lastmod>2026-01-01</lastmod></sitemap>
<sitemap><loc>https://example.org/b.xml</loc><lastmod>2026-03-01</lastmod></sitemap>
<sitemap><loc>https://example.org/news.xml</loc></sitemap></sitemapindex>"""
JSON11 = json.dumps({
    "version": "https://jsonfeed.org/version/1.1", "title": "F", "language": "es-MX",
    "authors": [{"name": "Redacción"}],
    "items": [
        {"id": 7, "url": "one", "title": "Uno", "content_html": "<p>C</p>", "date_published": "2026-03-02T10:00:00Z"},
        {"title": "no id, no address"}, "nonsense", {"id": "8", "content_text": "Solo texto"},
    ],
})  # fmt: skip


def item(title: str) -> str:
    link = "<link>https://example.org/1</link>"
    return f'<rss version="2.0"><channel><item><title>{title}</title>{link}</item></channel></rss>'


def one(data: str | bytes, content_type: str = ""):
    return parse_feed(data if isinstance(data, bytes) else data.encode(), URL, content_type)


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "cp1252"])
@pytest.mark.parametrize("declared", [True, False])
def test_encodings_declared_or_not(encoding, declared):
    name = encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be")
    head = f'<?xml version="1.0" encoding="{name}"?>' if declared else '<?xml version="1.0"?>'
    text = head + item("Año “señal”")
    text = text if encoding != "iso-8859-1" else text.replace("“", '"').replace("”", '"')
    title = one(text.encode(encoding)).entries[0].title
    assert title.startswith("Año") and "señal" in title


def test_a_wrong_label_does_not_win_over_valid_utf8():
    data = '<?xml version="1.0" encoding="ISO-8859-1"?>' + item("Año")
    assert one(data, "text/xml; charset=us-ascii").entries[0].title == "Año"


def test_text_decoded_wrongly_twice_is_mended():
    data = RSS.replace("Short.", "Mérida, año de señales".encode().decode("cp1252"))
    assert one(data).entries[0].summary == "Mérida, año de señales"


@pytest.mark.parametrize(
    ("broken", "titles"),
    [
        ("<item><title>One</item><item><title>Two</title></item>", ["One", "Two"]),
        ("<item><title>AT&T sues</title></item><item><title>Two</title></item>", ["AT&T sues", "Two"]),
        ("<item><title>A &aacute; &bogus; b</title></item>", ["A á &bogus; b"]),
        ("<item><title>a\x0b\x00b</title></item>", ["ab"]),
        ("<item><title>x&#11;y</title></item>", ["xy"]),
        ("<item></item><item><title>Two</title></item>", ["Two"]),
        ("<item><title>One</title></item><item><title>Cut he", ["One"]),
    ],
)
def test_one_bad_entry_costs_that_entry_only(broken, titles):
    tail = "" if broken.endswith("Cut he") else "</channel></rss>"
    feed = one(f'<rss version="2.0"><channel><title>F</title>{broken}{tail}')
    assert [entry.title for entry in feed.entries] == titles


def test_noise_before_the_feed_is_passed_over():
    warning = "<br />\n<b>Warning</b>: something in line 3<br />\n"
    assert len(one(warning + RSS).entries) == 1
    assert len(one("\ufeff\n  " + RSS).entries) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"), (b"  \n", "empty"), (b"hello", "neither"), (b"\x89PNG\r\n\x1a\n", "neither"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "HTML"), (b'{"a": 1}', "no JSON Feed"), (b"[1]", "no object"),
        (b"{", "no JSON"), (b"<root><a/></root>", "no feed"), (b"<rss", "cut short"), (b"[" * 100_000, "no JSON"),
        (b"<rss><channel>" + b"<a>" * 3000, "nested deeper"),
        (b'<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><rss version="2.0"><channel/></rss>', "entities"),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0">&x;</rss>', "entities"),
        (b'<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1/">%x;]><rss version="2.0"/>', "entities"),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss/>'.encode("utf-16"), "entities"),
        (b'<!DOCTYPE r [<!ENTITY a "' + b"A" * 50_000 + b'">]><rss version="2.0"/>', "entities"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_told(data, reason):
    with pytest.raises(NotAFeed, match=reason):
        one(data)


def test_a_wall_is_told_from_other_html():
    with pytest.raises(NotAFeed) as caught:
        one("<html><head><title>Just a moment...</title></head></html>")
    assert caught.value.wall == "bot check"


def test_a_safe_entity_of_its_own_is_read():
    data = '<!DOCTYPE rss [<!ENTITY paper "El Puente">]>' + item("&paper;")
    assert one(data).entries[0].title == "El Puente"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 10:00:00 EST", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("lun, 02 mar 2026 10:00:00 -0600", datetime(2026, 3, 2, 16, tzinfo=UTC)),
        ("2 de diciembre de 2025", datetime(2025, 12, 2, tzinfo=UTC)),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", None), ("0001-01-01T00:00:00Z", None), ("9999-12-31T23:59:59-23:00", None),
        ("yesterday at noon", None), ("", None), (None, None), ("99999999999999999999", None),
    ],
)  # fmt: skip
def test_dates(text, expected):
    assert parse_date(text) == expected


def test_the_command_prints_the_keys_of_the_design(tmp_path):
    path = tmp_path / "feed.xml"
    path.write_text(RSS)
    (row,) = parse_file(path, URL)
    assert list(row) == ["id", "url", "title", "summary", "content", "authors", "published", "updated"]
    assert row["published"] == "2026-03-02T16:00:00Z" and row["updated"] is None


def test_a_packed_sitemap_index_gives_its_sitemaps(tmp_path):
    path = tmp_path / "index.xml.gz"
    path.write_bytes(gzip.compress(INDEX.encode()))
    assert [row["url"].rpartition("/")[2] for row in parse_file(path, URL)] == ["news.xml", "b.xml", "a.xml"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=2000))
def test_random_bytes_never_do_more_than_be_refused(data):
    for head in (b"", b"<rss version='2.0'><channel>", b'{"version":"https://jsonfeed.org/version/1","items":['):
        try:
            parse_feed(head + data, URL)
        except NotAFeed:
            continue


DEMO = DEPLOY / "demo" / "site"
RECORDED = [path for top in (DEMO, EVAL) for path in sorted(top.rglob("*")) if path.suffix in (".xml", ".rss", ".json")]
SEEDS = [text.encode() for text in (RSS, ATOM, ATOM03, RDF, RSS091, SITEMAP, INDEX, JSON11)]


def mutated(data: bytes, cuts: list[tuple[float, int, bytes]]) -> bytes:
    """Bytes with pieces taken out and others put in; `cuts` are (place from 0 to 1, how many out, what in)."""
    for place, length, new in cuts:
        at = int(place * len(data))
        data = data[:at] + new + data[at + length :]
    return data


PIECES = (b"<![CDATA[", b"]]>", b"<!--", b"<item>", b"</item>", b"&", b"<!DOCTYPE x [", b"\0", b"\xff\xfe", b"<a b=")
PUT_IN = st.binary(max_size=12) | st.sampled_from(PIECES)
CUTS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 400), PUT_IN), min_size=1, max_size=8)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SEEDS) | st.sampled_from(RECORDED).map(Path.read_bytes),
    CUTS,
    st.sampled_from(["", "text/xml; charset=x"]),
)
def test_mutated_feeds_never_do_more_than_be_refused(seed, cuts, content_type):
    started = time.process_time()
    with contextlib.suppress(NotAFeed):
        feed = parse_feed(mutated(seed, cuts), URL, content_type)
        assert all(entry.id and (entry.url == "" or entry.url.startswith("http")) for entry in feed.entries)
        state = first_state(Feed(url=URL, outlet="O"), datetime(2026, 3, 2, tzinfo=UTC))
        polled = Polled(Response(URL, 200), feed)
        assert decide(state, polled, ConnectorSettings(), state.next_poll).state.next_poll > state.next_poll
    assert time.process_time() - started < 3


LIMITED = """
import resource, sys
from connectors.errors import NotAFeed
from connectors.formats.parse import parse_feed
size = int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmSize"))) * 1024
resource.setrlimit(resource.RLIMIT_AS, (size + 160_000_000,) * 2)
for unit in sys.argv[1:]:
    for head in ("<rss version='2.0'><channel>", "<urlset>", "<feed>", '{"items":['):
        try:
            parse_feed((head + unit * (2_000_000 // len(unit))).encode(), "https://example.org/")
        except NotAFeed:
            pass
"""
UNITS = (
    "<item>", "<item><title>x", "<item><title>x</title></item>", "<url><loc>http://e.org/1</loc></url>", "<p><b>",
    "&amp", "<![CDATA[", "<!--", "&#x41", "<a b='", "<?x ", "[", '{"a":', '{"id":1,"title":"x"},', "<!ENTITY a 'b'>",
)  # fmt: skip


def test_two_megabytes_of_anything_take_160_at_most():
    done = subprocess.run([sys.executable, "-c", LIMITED, *UNITS], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-1000:]


@pytest.mark.parametrize(
    "unit", ["<item>", "<item><title>x", "<p><b>", "&amp", "<![CDATA[", "<!--", "&#x41", "<a b='", "<?x "]
)
def test_long_nonsense_is_answered_quickly(unit):
    started = time.process_time()
    with contextlib.suppress(NotAFeed):
        parse_feed(b"<rss version='2.0'><channel>" + unit.encode() * (1_000_000 // len(unit)), URL)
    assert time.process_time() - started < 5


@pytest.mark.skipif(not EVAL.exists(), reason="the evaluation feeds are not beside this checkout (BORDERWIRE_SHARED)")
def test_every_recorded_feed_parses():
    paths = [path for path in EVAL.rglob("*") if path.suffix in (".xml", ".rss")]
    assert len(paths) >= 25
    for path in paths:
        feed = parse_feed(path.read_bytes(), URL)
        assert len(feed.entries) >= 9, path.name
        assert all(entry.url for entry in feed.entries), path.name


@pytest.mark.skipif(not EVAL.exists(), reason="the evaluation feeds are not beside this checkout (BORDERWIRE_SHARED)")
def test_recorded_feeds_give_what_feedparser_gives():
    """Titles, texts and authors of feedparser; not its addresses where it takes a related story's, nor captions."""
    for path in EVAL.rglob("*"):
        if path.suffix not in (".xml", ".rss") or path.name in ("slashdot.xml", "no_encoding_ISO-8859-1.xml"):
            continue  # a format it does not know; entries that were not closed
        theirs = feedparser.parse(path.read_bytes()).entries
        ours = parse_feed(path.read_bytes(), URL).entries
        assert len(ours) == len(theirs), path.name
        same = sum(plain(plain(t.get("title", ""))) == o.title for t, o in zip(theirs, ours, strict=True))
        assert same >= 0.9 * len(ours), path.name
        dated = [(t.get("published_parsed") or t.get("updated_parsed"), o) for t, o in zip(theirs, ours, strict=True)]
        assert all(o.published or o.updated for when, o in dated if when), path.name


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


def test_decode_never_fails():
    assert decode_feed(b"\xff\xfe\x00") and decode_feed(b"caf\xe9", "text/xml; charset=klingon") == "café"


def test_names_in_capitals_are_left_to_feedparser():
    data = b'<RSS VERSION="2.0"><CHANNEL><ITEM><TITLE>Guns seized</TITLE><LINK>/b</LINK></ITEM></CHANNEL></RSS>'
    (entry,) = parse_feed(data, "https://n.example/feed").entries
    assert (entry.url, entry.title) == ("https://n.example/b", "Guns seized")


def test_items_of_other_documents_are_no_entries():
    with pytest.raises(NotAFeed, match="its root is stock"):
        parse_feed(b"<stock><item><title>bolts</title></item></stock>", "https://n.example/feed")
