"""How long the texts of an entry may be, in characters; and characters that no record may hold.

Every reader of feeds and archives passes its entries through `bounded`. `ENTRY` is the one table of limits:

- `id`: a longer one is cut and ends with a hash of the whole, so that two long ids stay two.
- `url`: a longer one is left out, because a cut address is another address.
- `title`, `summary`, `content`, `author`: cut. `authors`: how many are kept.
"""

from collections import Counter
from collections.abc import Iterable

from schemas.article import FeedEntry
from schemas.ids import digest
from schemas.limits import sound as sound

ENTRY = {"id": 1000, "url": 4000, "title": 1000, "summary": 100_000, "content": 500_000, "author": 200, "authors": 30}
#: Longest ETag or Last-Modified that is remembered and sent back.
VALIDATOR = 1000


def bounded(entry: FeedEntry, cut: Counter[str] | None = None) -> FeedEntry:
    """The entry within the limits. `cut` counts by field what did not fit."""
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
