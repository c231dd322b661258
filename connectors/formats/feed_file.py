"""Parses a feed in a file, with the same limits as a feed that is polled."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.errors import FetchError
from connectors.formats.parse import ParsedFeed
from connectors.formats.parsers import ParserProcess
from connectors.web.content_codings import decoded
from schemas.article import FeedEntry
from schemas.base import UNPACKED_LIMIT


def parse_file(path: Path, url: str, parser: ParserProcess | None = None) -> Iterator[dict[str, Any]]:
    """The entries of a feed in a file, as `borderwire parse` prints them; for a sitemap index, its sitemaps.

    The file may be compressed with gzip, as sitemaps often are. Raises NotAFeed, FetchError, TooCostly, ParserBroke and
    OSError.
    """
    with path.open("rb") as file:
        body = file.read(UNPACKED_LIMIT + 1)
    if len(body) > UNPACKED_LIMIT:
        raise FetchError("too-large", f"more than {UNPACKED_LIMIT} bytes")
    process = parser or ParserProcess()
    try:
        feed: ParsedFeed = process.run("feed", decoded(body, "", UNPACKED_LIMIT), url, "")
    finally:
        process.close()
    for entry in feed.entries or [FeedEntry(id=child, url=child) for child in feed.children]:
        yield json.loads(entry.model_dump_json())
