"""`borderwire feed`: a file with a feed → its entries as rows."""

import gzip

from connectors.formats.feed_file import parse_file
from tests.connectors.formats.feed_texts import INDEX, RSS, URL


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
