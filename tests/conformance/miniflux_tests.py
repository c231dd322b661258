"""Miniflux's parser tests: Go functions with a feed in backquotes and the values that fields of entries must have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.compare import Case

_FUNCTION = re.compile(r"^func (Test\w+)\(t \*testing\.T\) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_DATA = re.compile(r"data := `(.*?)`", re.DOTALL)
_URL = re.compile(r'Parse\("([^"]*)"')
_EXPECT = re.compile(
    r'if feed\.(?:Entries\[0\]\.(Title|URL|Content|Author)|(Title)) != (?:"((?:[^"\\]|\\.)*)"|`([^`]*)`) \{'
)
FIELDS = {"Title": "title", "URL": "url", "Content": "content", "Author": "author"}


def cases(root: Path) -> Iterator[Case]:
    """One case for each stated field of a feed or of its first entry."""
    for kind in ("atom", "rss", "rdf", "json"):
        for path in sorted((root / "internal" / "reader" / kind).glob("*_test.go")):
            for name, body in _FUNCTION.findall(path.read_text(encoding="utf-8")):
                if found := _DATA.search(body):
                    yield from _fields(f"{kind} {name}", found[1].strip(), body)


def _fields(name: str, feed: str, body: str) -> Iterator[Case]:
    url = found[1] if (found := _URL.search(body)) else "https://example.org/"
    for field, head, quoted, raw in _EXPECT.findall(body):
        wanted = raw or json.loads(f'"{quoted}"')
        yield Case(name, feed.encode(), url, "", FIELDS[field] if field else f"feed {head.lower()}", wanted)
