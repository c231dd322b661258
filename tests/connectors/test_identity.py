"""An article has one id under all its addresses, and one version for all formattings of the same words."""

import pytest

from connectors.identity import entry_ids, entry_version, id_of
from connectors.page_text import canonical_link, long_paragraphs, page_fingerprint, plain
from connectors.urls import canonical_url
from schemas.article import FeedEntry

PARAGRAPH = "The mayor said the rifles that were found under the bridge had been bought in another state a week before."


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://Example.ORG:443/a?utm_source=rss&id=7&fbclid=x#top", "https://example.org/a?id=7"),
        ("http://example.org:80", "http://example.org/"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org/2026/story/amp/", "https://example.org/2026/story"),
        ("https://amp.example.org/story.amp.html", "https://example.org/story"),
        ("https://example.org/story?amp=1&page=2", "https://example.org/story?page=2"),
        ("https://www.google.com/url?q=https://example.org/a%3Fid%3D1&sa=t", "https://example.org/a?id=1"),
        ("https://www.google.com/amp/s/example.org/story/amp", "https://example.org/story"),
        ("https://example-org.cdn.ampproject.org/c/s/example.org/story", "https://example.org/story"),
        (
            "https://news.google.com/rss/articles/CBMiG2h0dHBzOi8vZXhhbXBsZS5vcmcvYS1zdG9yedIBAA?oc=5",
            "https://example.org/a-story",
        ),
        ("https://example.org/#!/story/1", "https://example.org/#!/story/1"),
        ("https://example.org/café au lait", "https://example.org/caf%C3%A9%20au%20lait"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("http://[::1", "http://[::1"),
    ],
)
def test_canonical_addresses(url, canonical):
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


def test_one_article_whatever_the_scheme_host_prefix_and_last_slash():
    links = ("http://example.org/a/", "https://www.example.org/a", "https://m.example.org/a?utm_medium=x")
    assert len({id_of(link) for link in links}) == 1
    assert id_of("https://example.org/b") != id_of("https://example.org/a")


def entry(guid: str = "g", url: str = "", **fields: str) -> FeedEntry:
    return FeedEntry(id=guid, url=url, **fields)


def test_a_link_shared_by_different_stories_does_not_make_them_one():
    home = "https://example.org/live"
    ids = entry_ids([entry("1", home, title="One"), entry("2", home, title="Two"), entry("3", title="Three")], "f")
    assert len(set(ids)) == 3
    same = entry_ids([entry("1", home, title="One"), entry("2", home, title="ONE!")], "f")
    assert len(set(same)) == 1


def test_the_version_follows_the_words_only():
    words = entry_version(entry(title="Mérida", summary="<p>Two rifles.</p>"))
    assert words == entry_version(entry(title="MERIDA", summary="<div><b>Two</b>&nbsp;rifles</div><!-- 1 -->"))
    assert words != entry_version(entry(title="Mérida", summary="Three rifles."))
    assert words != entry_version(entry(title="Mérida Two", summary="rifles."))


def test_furniture_does_not_change_a_page_and_an_edit_does():
    before = f"<ul><li><a>Home</a></ul><p>{PARAGRAPH}</p><p>3 comments</p><script>var a='<p>'</script>"
    after = f"<p><b>{PARAGRAPH}</b></p><p>9 comments</p><p><a href=x>{PARAGRAPH[:90]}</a><a>b</a><a>c</a></p>"
    edited = f"<p>{PARAGRAPH.replace('mayor', 'governor')}</p>"
    prints = [page_fingerprint(long_paragraphs(text)) for text in (before, after, edited)]
    assert prints[0] == prints[1] != prints[2]
    assert page_fingerprint(long_paragraphs("<p>short</p>")) is None


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ('<link rel="canonical" href="/story">', "https://example.org/story"),
        ("<LINK href='https://www.example.org/story?utm_source=a' REL=canonical>", "https://www.example.org/story"),
        ('<link rel="canonical" href="https://example.org/">', None),
        ('<link rel="canonical" href="https://elsewhere.net/story">', None),
        ('<link rel="stylesheet" href="/s.css">', None),
        ('<link rel="canonical" href="http://[bad">', None),
    ],
)
def test_the_address_a_page_gives_itself(head, found):
    assert canonical_link(f"<html><head>{head}</head>", "https://example.org/x?id=1") == found


@pytest.mark.parametrize(
    ("page", "named", "found"),
    [
        ("https://attacker.com.mx/x", "https://victima.com.mx/story", None),
        ("https://attacker.co.uk/x", "https://victim.co.uk/story", None),
        ("https://one.github.io/x", "https://other.github.io/story", None),
        ("https://10.0.0.1/x", "https://11.0.0.1/story", None),
        ("https://attacker.gob.mx/x", "https://www.gob.mx/story", None),
        ("https://m.victima.com.mx/x", "https://www.victima.com.mx/story", "https://www.victima.com.mx/story"),
        ("https://one.github.io/x", "https://one.github.io/story", "https://one.github.io/story"),
        ("http://localhost/x", "http://localhost/story", "http://localhost/story"),
        ("https://example.org/x", "https://example.org/" + "a" * 5000, None),
    ],
)
def test_a_page_names_an_address_of_its_own_site_only(page, named, found):
    assert canonical_link(f'<link rel="canonical" href="{named}">', page) == found


def test_plain_text_of_markup():
    assert plain("<p>A &amp; <b>b</b></p><script>x</script>") == "A & b"
    assert plain("2 < 3 > 1") == "2 < 3 > 1"
