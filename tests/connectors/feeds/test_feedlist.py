"""Feed lists: the shipped one is valid; an error names the place, the value and what would be valid."""

import pytest

from connectors.errors import BadFeedList
from connectors.feeds.feedlist import dump_feeds, load_feeds
from tests.support.paths import DEPLOY

SHIPPED = DEPLOY / "feeds.yaml"


def test_the_shipped_list():
    feeds = load_feeds(SHIPPED)
    assert len(feeds) >= 25
    assert {feed.lang for feed in feeds} == {"en", "es"}
    assert {"official", "regional", "wire"} <= {feed.kind for feed in feeds}
    assert all(feed.evidence and feed.verified is None for feed in feeds)


def test_a_list_survives_writing_and_reading(tmp_path):
    path = tmp_path / "feeds.yaml"
    path.write_text(dump_feeds(load_feeds(SHIPPED)))
    assert load_feeds(path) == load_feeds(SHIPPED)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- url: ftp://example.org\n  outlet: A", "feed 1: url: 'ftp://example.org'; expected an http"),
        ("- url: https://example.org", "feed 1: outlet: missing; expected the outlet's name"),
        ("- {url: https://example.org, outlet: A, lang: English}", "lang: 'English'; expected two lower-case"),
        ("- {url: https://example.org, outlet: A, kind: blog}", "kind: 'blog'; expected one of news"),
        ("- {url: https://example.org, outlet: A, colour: red}", "colour: no such field"),
        ("- {url: https://e.org, outlet: A}\n- {url: https://e.org/, outlet: B}", "is listed more than once"),
        ("- just text", "feed 1: 'just text'; expected a mapping"),
        ("url: https://example.org", "expected a list"),
        ("", "holds None"),
        ("- {", "no YAML"),
    ],
)
def test_a_mistake_is_told(tmp_path, text, told):
    path = tmp_path / "feeds.yaml"
    path.write_text(text)
    with pytest.raises(BadFeedList, match=told):
        load_feeds(path)


def test_a_list_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BadFeedList, match="name a file that can be read"):
        load_feeds(tmp_path / "none.yaml")
