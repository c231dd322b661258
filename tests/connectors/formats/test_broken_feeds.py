"""What publishers get wrong in a feed, and what is no feed."""

import pytest

from connectors.errors import NotAFeed
from connectors.formats.parse import parse_feed
from tests.connectors.formats.feed_texts import RSS, item, one


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


def test_items_of_other_documents_are_no_entries():
    with pytest.raises(NotAFeed, match="its root is stock"):
        parse_feed(b"<stock><item><title>bolts</title></item></stock>", "https://n.example/feed")
