"""Common mistakes in publishers' feeds, and the entries that are read nevertheless."""

import json

import pytest

from connectors.formats.article_page import judge_page
from connectors.formats.parse import parse_feed
from connectors.formats.titles import title_line
from connectors.formats.walls import find_wall
from connectors.urls import web_address

URL = "https://news.example/rss"


def entries(inner: str, head: str = ""):
    data = f'<rss version="2.0"{head}><channel><title>F</title>{inner}</channel></rss>'
    return parse_feed(data.encode(), URL).entries


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&lt;![CDATA[Two lorries held]]&gt;", "Two lorries held"),
        ("<![CDATA[<![CDATA[Two lorries held]]]]><![CDATA[>]]>", "Two lorries held"),
        ("Two lorries held]]&gt;", "Two lorries held"),
    ],
)
def test_marks_of_cdata_that_arrive_as_text_are_taken_away(written, read):
    (entry,) = entries(f"<item><title>{written}</title><link>{written.replace(read, 'https://e.org/1')}</link>"
                       f"<description>{written}</description></item>")  # fmt: skip
    assert (entry.title, entry.summary, entry.url) == (read, read, "https://e.org/1")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("How the <video> tag came to be", "How the <video> tag came to be"),
        ("<b>Bold</b> words", "Bold words"),
        ("How the <script> and <b> tags came to be", "How the <script> and <b> tags came to be"),
        ("H<sub>2</sub>O", "H2O"),
        ("Line<br/>break", "Line break"),
        ("<p class='x'>Paragraph", "Paragraph"),
        ("2 &lt; 3", "2 < 3"),
        ("Use of &amp;lt;img&amp;gt; and <link>", "Use of <img> and <link>"),
        ("<img src='a.png' alt=''/>After", "After"),
        ("Why &amp;lt;script&amp;gt; is read", "Why <script> is read"),
        ("caf&amp;eacute; &amp;#8216;a&amp;#8217;", "café ‘a’"),
        ("A<!-- note --> B", "A B"),
        ("<script>alert(1)</script>After", "After"),
    ],
)
def test_words_of_a_title_stay_and_markup_goes(written, read):
    assert title_line(written) == read


def test_a_tag_that_is_never_closed_swallows_nothing():
    found = entries(
        "<item><title>A<b>bold</title><link>https://e.org/1</link></item>"
        "<item><title>Two</title><description>Held by <name withheld> and <b>two</b></description></item>"
        "<item><title>Three</i></title><link>https://e.org/3</link></item>"
    )
    assert [(entry.title, entry.url) for entry in found] == [
        ("Abold", "https://e.org/1"), ("Two", ""), ("Three", "https://e.org/3"),
    ]  # fmt: skip


@pytest.mark.parametrize("link", ["www.e.org/a", "https:\\\\e.org\\a", "http:///e.org/a", "//e.org/a"])
def test_a_link_without_a_whole_scheme_is_an_address_of_its_own(link):
    (entry,) = entries(f"<item><title>T</title><link>{link}</link></item>")
    assert entry.url.removeprefix("https:").removeprefix("http:").replace("www.", "") == "//e.org/a"


@pytest.mark.parametrize(
    "written",
    [
        '<link><a href="https://e.org/n?a=1&amp;b=2">The whole report</a></link>',
        '<link>&lt;a class="more" href="https://e.org/n?a=1&amp;amp;b=2"&gt;The whole report&lt;/a&gt;</link>',
        "<link><![CDATA[<a target=_blank href='https://e.org/n?a=1&b=2'>Read</a>]]></link>",
        '<link>Read <b><a href="https://e.org/n?a=1&amp;b=2">more</a></b></link>',
        '<link>https://e.org/n?a=1&amp;b=2<a href="https://e.org/share">Share</a></link>',
        '<guid>&lt;a href="https://e.org/n?a=1&amp;amp;b=2"&gt;Read&lt;/a&gt;</guid>',
    ],
)
def test_the_address_of_an_html_link_is_that_of_the_entry(written):
    (entry,) = entries(f"<item><title>Bridge closed</title>{written}</item>")
    assert entry.url == "https://e.org/n?a=1&b=2"


def test_an_open_bracket_in_the_middle_costs_no_entry():
    found = entries(
        "<item><title>Tolls <raised</title><link>https://e.org/1</link></item>"
        "<item><title>Second</title><description>a < b and 5<6</description><link>https://e.org/2</link></item>"
        "<item><title>Third</title><link>https://e.org/3</link></item>"
    )
    assert [entry.title for entry in found] == ["Tolls <raised", "Second", "Third"]
    assert "<" in found[1].summary


def test_a_document_that_stops_in_its_middle_still_loses_its_last_entry():
    data = '<rss version="2.0"><channel><item><title>One <x</title></item><item><title>Tw'
    assert [entry.title for entry in parse_feed(data.encode(), URL).entries] == ["One <x"]


def test_prefixes_that_nobody_declared_are_read_as_what_they_are_known_for():
    (one,) = entries("<item><title>T</title><media:group><media:description>D</media:description></media:group></item>")
    assert one.summary == "D"
    (two,) = entries("<item><title>T</title><itunes:summary>S</itunes:summary><foo:bar>x</foo:bar></item>")
    assert two.summary == "S"
    film = "<media:content medium='video'><media:description>F</media:description></media:content>"
    (three,) = entries(f"<item><title>T</title>{film}</item>")
    assert three.summary == "F"
    (four,) = entries("<item><title>T</title><media:text type='plain'>Words spoken</media:text></item>")
    assert four.summary == "Words spoken"
    sitemap = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <url><loc>https://e.org/old</loc><news:news><news:publication_date>2026-03-01T08:00:00Z</news:publication_date>
    <news:title>Older</news:title></news:news></url>
    <url><loc>https://e.org/new</loc><news:news><news:publication_date>2026-03-02T08:00:00Z</news:publication_date>
    <news:title>Newer</news:title></news:news></url></urlset>"""
    found = parse_feed(sitemap.encode(), URL).entries
    assert [(entry.title, entry.published is not None) for entry in found] == [("Newer", True), ("Older", True)]


@pytest.mark.parametrize(
    "space", ["https://purl.org/rss/1.0/modules/content/", "http://purl.org/rss/1.0/modules/content"]
)
def test_a_namespace_written_a_bit_differently_is_the_same(space):
    (entry,) = entries("<item><title>T</title><c:encoded>Words</c:encoded></item>", f' xmlns:c="{space}"')
    assert entry.content == "Words"


def test_a_json_feed_says_what_the_same_outlets_rss_says():
    item = {"id": "1", "url": "/a b", "title": "Aduana: &#8216;no&#8217; &amp;amp; s&iacute;",
            "content_text": "First.\n\nOnly <40 lorries.\n\nThird.", "authors": [{"name": "Mar&iacute;a"}]}  # fmt: skip
    data = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]}).encode()
    (entry,) = parse_feed(data, URL).entries
    assert entry.title == "Aduana: ‘no’ & sí" and entry.authors == ("María",)
    assert entry.url == "https://news.example/a%20b"
    assert entry.content == "<p>First.</p><p>Only &lt;40 lorries.</p><p>Third.</p>"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://e.org/a b, c", "https://e.org/a%20b,%20c"),
        (" https://e.org/a\nb ", "https://e.org/ab"),
        ("https://e.org/señal?q=año 1", "https://e.org/se%C3%B1al?q=a%C3%B1o%201"),
        ("https://e.org/100%/a%20b", "https://e.org/100%25/a%20b"),
        ('https://e.org/"a"<b>|{c}', "https://e.org/%22a%22%3Cb%3E%7C%7Bc%7D"),
        ("https://e.org\\a\\b", "https://e.org/a/b"),
        ("https:\\\\e.org\\a?b=c", "https://e.org/a?b=c"),
        ("http:///e.org/a", "http://e.org/a"),
        ("https://e.org/a\\b", "https://e.org/a/b"),
        ("https://e.org/a?b=1&amp;c=2&#038;d=3", "https://e.org/a?b=1&c=2&d=3"),
        ("https://e.org/a?b[]=1#c d", "https://e.org/a?b%5B%5D=1#c%20d"),
        ("https://[::1]:8080/a b", "https://[::1]:8080/a%20b"),
        ("ftp://e.org/a", ""),
        ("https:///a", ""),
    ],
)
def test_addresses_are_written_as_addresses(written, address):
    assert web_address(written) == address
    assert web_address(address) == address


SCRIPTS = (
    '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>',
    '<div id="onetrust-consent-sdk"></div>',
    '<script src="https://sdk.privacy-center.org/loader.js" id="didomi-host"></script>',
    '<script src="https://www.google.com/recaptcha/api.js"></script><div class="g-recaptcha"></div>',
    '<script src="https://js.datadome.co/tags.js"></script>',
)
BRIEF = (
    "The customs office said on Monday that its officers had stopped a lorry with nine rifles on the older bridge. "
    "Nobody was hurt. The driver, a man of forty, was handed over to the prosecutor of the state."
)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("body", [f"<p>{BRIEF}</p>", f"{BRIEF}<br><br>{BRIEF}", f"<div>{BRIEF}</div>"])
def test_what_stands_in_every_page_of_a_site_makes_no_page_a_wall(script, body):
    page = f"<html><head><title>Nine rifles</title>{script}</head><body><nav>Home</nav>{body}</body></html>"
    assert find_wall(page) is None
    looked = judge_page(page.encode(), "https://e.org/1", 200, "text/html")
    assert looked.error is None and looked.fingerprint


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_same_signs_without_an_article_are_a_wall(script):
    asks = "Please enable cookies and JavaScript to continue. We are checking your browser before you go on."
    page = f"<html><head><title>e.org</title>{script}</head><body><p>{asks}</p><p>Ray ID 7</p></body></html>"
    assert find_wall(page)


@pytest.mark.parametrize("written", ["don\x92t", "don&#146;t", "<![CDATA[don&#146;t]]>", "don&#X2019;t"])
def test_characters_of_windows_are_read_as_what_their_writer_saw(written):
    (entry,) = entries(f"<item><title>{written}</title><link>https://e.org/1</link></item>")
    assert entry.title == "don\u2019t"


def test_an_entry_that_has_only_a_text_is_an_entry():
    found = entries("<item><description>The bridge is closed.</description></item>"
                    "<item><description>The bridge is open.</description></item><item><pubDate>x</pubDate></item>")  # fmt: skip
    assert [entry.summary for entry in found] == ["The bridge is closed.", "The bridge is open."]
    assert len({entry.id for entry in found}) == 2


@pytest.mark.parametrize(
    "written", ["Ana Ruiz (ana@e.org)", "Ana Ruiz &lt;ana@e.org>", "ana@e.org (Ana Ruiz)", "Ana Ruiz"]
)
def test_an_authors_mail_address_is_no_part_of_the_name(written):
    (entry,) = entries(f"<item><title>T</title><author>{written}</author></item>")
    assert entry.authors == ("Ana Ruiz",)


def test_an_atom_entry_without_author_has_that_of_the_feed():
    atom = ('<feed xmlns="http://www.w3.org/2005/Atom"><title type="xhtml"><div>The <b>News</b></div></title>'
            "<author><name>Ana Ruiz</name></author><entry><id>a</id><title>A</title></entry>"
            "<entry><id>b</id><title>B</title><author><name>Leo Paz</name></author>"
            '<content type="application/octet-stream">VGhlIGJyaWRnZQ==</content></entry></feed>')  # fmt: skip
    feed = parse_feed(atom.encode(), URL)
    assert [entry.authors for entry in feed.entries] == [("Ana Ruiz",), ("Leo Paz",)]
    assert (feed.title, feed.entries[1].content) == ("The News", "The bridge")


def test_line_ends_and_tabs_in_the_strings_of_a_json_feed():
    data = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "Two\tlorries\nheld"}]}'
    (entry,) = parse_feed(data.encode(), URL).entries
    assert entry.title == "Two lorries held"


def test_references_to_halves_of_a_character_are_joined_and_to_no_character_are_removed():
    (entry,) = entries("<item><title>Open &#55357;&#56832; &#xD83D;&#xDE00; &#55357; &#x110000;&#11;</title></item>")
    assert entry.title == "Open 😀 😀"
