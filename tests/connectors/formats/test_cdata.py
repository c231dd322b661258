"""CDATA sections and comments whose end is missing or misspelt take no other entry and no text with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats.cdata import with_section_ends
from connectors.formats.parse import parse_feed

URL = "https://news.example/rss"


def item(number: int, description: str = "Short.") -> str:
    link = f"<link>https://e.org/{number}</link>"
    return f"<item><title>Item {number}</title>{link}<description>{description}</description></item>"


def entries(*items: str):
    return parse_feed(f"<rss><channel><title>F</title>{''.join(items)}</channel></rss>".encode(), URL).entries


ENDS = ["", "]", "]]", "]>", "]] >", "] ]>"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("later", ["Three.", "<![CDATA[<p>Three.</p>]]>"])
def test_a_section_that_is_never_ended_ends_with_its_element(end, later):
    found = entries(item(1), item(2, f"<![CDATA[<p>Two &amp; <b>more</b></p>{end}"), item(3, later), item(4))
    assert [entry.title for entry in found] == ["Item 1", "Item 2", "Item 3", "Item 4"]
    assert found[1].summary.startswith("<p>Two &amp; <b>more</b></p>")
    assert "Three." in found[2].summary


@pytest.mark.parametrize("tag", ["title", "link", "guid", "pubDate", "content:encoded", "dc:creator"])
def test_it_may_stand_in_any_element(tag):
    broken = f"<item><title>Broken</title><link>https://e.org/2</link><{tag}><![CDATA[words</{tag}></item>"
    found = entries(item(1), broken, item(3, "<![CDATA[three]]>"))
    assert [entry.url for entry in found] == ["https://e.org/1", "https://e.org/2", "https://e.org/3"]


def test_several_in_one_feed_and_the_last_one_of_it():
    found = entries(*(item(number, f"<![CDATA[text {number}") for number in range(5)))
    assert [entry.summary for entry in found] == [f"text {number}" for number in range(5)]


def test_marks_in_lower_case():
    assert [entry.summary for entry in entries(item(1, "<![cdata[a <b>b</b>]]>"), item(2))] == ["a <b>b</b>", "Short."]


def test_markup_in_sections_that_are_ended_stays_as_it_is():
    code = "<summary>More</summary> </item> <p>RSS code</p>"
    found = entries(item(1, f"<![CDATA[{code}]]>"), item(2, "<![CDATA[a]]>"))
    assert [entry.summary for entry in found] == [code, "a"]
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>A</title><summary type="html">%s</summary>'
    )
    text = "<details><summary>Open</summary><p>Words</p></details>"
    found = parse_feed((atom % f"<![CDATA[{text}]]>" + "</entry></feed>").encode(), URL).entries
    assert found[0].summary == text


@pytest.mark.parametrize("comment", ["<!-- note", "<!-- note -- >", "<!--"])
def test_a_comment_that_never_ends_takes_no_entry_with_it(comment):
    found = entries(item(1), comment, item(2, "<![CDATA[two]]>"), item(3))
    assert [entry.title for entry in found] == ["Item 1", "Item 2", "Item 3"]


@given(
    st.lists(st.sampled_from(["<![CDATA[", "]]>", "<a>", "</a>", "</item>", "x", "]", " "]), max_size=40).map("".join)
)
def test_only_ends_of_sections_are_added_to_any_text(text):
    found = with_section_ends(text)
    assert found.count("<![CDATA[") == text.count("<![CDATA[")
    assert with_section_ends(found).replace("]", "").replace(">", "") == text.replace("]", "").replace(">", "")
