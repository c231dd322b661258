"""Small feeds of every format, and `one`, which parses a text."""

import json

from connectors.formats.parse import ParsedFeed, parse_feed
from tests.support.paths import SHARED

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


def one(data: str | bytes, content_type: str = "") -> ParsedFeed:
    return parse_feed(data if isinstance(data, bytes) else data.encode(), URL, content_type)
