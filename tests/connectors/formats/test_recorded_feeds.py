"""Recorded feeds of news outlets: every one is parsed, and as feedparser parses it."""

import feedparser
import pytest

from connectors.formats.parse import parse_feed
from connectors.page_text import plain
from tests.connectors.formats.feed_texts import EVAL, URL


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
