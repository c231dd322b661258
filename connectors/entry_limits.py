"""Length limits of a feed entry's texts, in characters. None is above that of the pipeline (schemas/limits.py).

All readers of feeds and archives pass their entries through `bounded`. `ENTRY` has the limits:

- `id`: a longer one is cut and a hash of the whole is appended, so that two long ids stay different.
- `url`: a longer one is left out, because a cut URL is a different URL.
- `title`, `summary`, `content`, `author`: cut. `authors`: the number of authors that are kept.
"""

from collections import Counter
from collections.abc import Iterable

from schemas.article import FeedEntry
from schemas.ids import digest
from schemas.limits import MOST

ENTRY = {name: MOST[name] for name in ("url", "title", "author")} | {
    "id": 1000,
    "summary": 100_000,
    "content": 500_000,
    "authors": 30,
}
#: Longest ETag or Last-Modified that is stored and sent back, in characters.
VALIDATOR = 1000


def bounded(entry: FeedEntry, cut: Counter[str] | None = None) -> FeedEntry:
    """The entry, shortened to the limits. `cut` counts the fields that were shortened or left out, by name."""
    changes: dict[str, object] = {}
    for name in ("title", "summary", "content"):
        if len(text := getattr(entry, name)) > ENTRY[name]:
            changes[name] = text[: ENTRY[name]]
    if len(entry.id) > ENTRY["id"]:
        changes["id"] = short_feed_id(entry.id)
    if len(entry.url) > ENTRY["url"]:
        changes["url"] = ""
    if len(entry.authors) > ENTRY["authors"] or any(len(author) > ENTRY["author"] for author in entry.authors):
        changes["authors"] = short_authors(entry.authors)
    if not changes:
        return entry
    if cut is not None:
        cut.update(list(changes))
    return entry.model_copy(update=changes)


def short_feed_id(text: str) -> str:
    return text if len(text) <= ENTRY["id"] else f"{text[: ENTRY['id'] - 21]}#{digest('long id', text)}"


def short_authors(authors: Iterable[str]) -> tuple[str, ...]:
    return tuple(author[: ENTRY["author"]] for author in list(authors)[: ENTRY["authors"]])
