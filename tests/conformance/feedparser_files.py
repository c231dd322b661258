"""feedparser's test feeds: each is a document whose first comment says what one field of it must be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.compare import Case

#: "Description: …  Expect: not bozo and entries[0]['title'] == 'Example'", perhaps with HTTP headers before it.
_EXPECT = re.compile(
    r"Expect:\s*(?:(?:not )?bozo and )?((?:entries\[0\]|feed)(?:\[['\"]\w+['\"]\]|\.\w+|\[0\])+)\s*==\s*(.+?)\s*(?:-->|\n)"
)
_HEADER = re.compile(r"^Header:\s+([^:]+):(.*)$", re.MULTILINE)
#: feedparser's name of a field → ours. `title_detail.value` is the same text as `title`.
FIELDS = {
    "feed.title": "feed title", "feed.title_detail.value": "feed title", "feed.language": "feed language",
    "title": "title", "title_detail.value": "title", "link": "url", "id": "id", "guid": "id",
    "summary": "summary", "summary_detail.value": "summary", "description": "summary", "content.value": "content",
    "author": "author", "author_detail.name": "author", "published_parsed": "published", "updated_parsed": "updated",
}  # fmt: skip
#: What survives cleaning of markup is tested there; our reading keeps markup, and the text is cleaned later.
_OTHER_MATTER = frozenset(("sanitize",))


def files(root: Path) -> list[Path]:
    """All test feeds of a checkout."""
    return sorted((root / "tests").rglob("*.xml"))


def cases(root: Path) -> Iterator[Case]:
    """The test feeds that are about a field that Borderwire reads too."""
    for path in files(root):
        if _OTHER_MATTER.intersection(path.parts):
            continue
        data = path.read_bytes()
        text = _text(data)
        found = _EXPECT.search(text[:4000])
        if found is None:
            continue
        name = ".".join(part for part in re.findall(r"\w+", found[1]) if part not in ("0", "entries"))
        try:
            wanted = ast.literal_eval(found[2])
        except (ValueError, SyntaxError):
            continue
        if name not in FIELDS:
            continue
        headers = {key.strip().lower(): value.strip() for key, value in _HEADER.findall(text[:4000])}
        url = headers.get("content-location", "http://127.0.0.1:8097/tests/" + path.name)
        kind = headers.get("content-type", "")
        yield Case(str(path.relative_to(root / "tests")), data, url, kind, FIELDS[name], wanted)


def _text(data: bytes) -> str:
    for mark, coding in (
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\0<", "utf-16-be"),
        (b"<\0", "utf-16-le"),
    ):
        if data.startswith(mark):
            return data.decode(coding, "ignore")
    return data.decode("utf-8", "ignore")
