"""The pure stages on files: lines or bytes in, what the command prints out. A bad line is yielded as an error."""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.newness.stories import StoryIndex, sketch
from pipelines.statements import extract
from pipelines.statements.extract import LANGUAGES
from pipelines.text.language import detect
from pipelines.topics.check import Taxonomy, about, load_taxonomy
from schemas.limits import article_within, sound


@functools.cache
def taxonomy() -> Taxonomy:
    """The taxonomy that comes with the program, read once."""
    return load_taxonomy(None)


#: Characters of a line, and bytes of a page, that are read.
LONGEST = 20_000_000


class BadLine(ValueError):
    """A line that is no JSON object with the fields it needs; the message names the line and what is wrong."""


def clean_file(path: Path, url: str) -> dict[str, Any]:
    """A page, HTML or plain text, as a clean article. Raises NoArticle where it holds none."""
    from pipelines.clean.article import clean_page  # half a second of libraries that the other stages do without

    with path.open("rb") as file:
        article, _ = article_within(clean_page(file.read(LONGEST), sound(url)))
    return article.model_dump(mode="json")


def statement_lines(lines: Iterable[str], explain: bool = False) -> Iterator[dict[str, Any] | BadLine]:
    """{"id", "text", "lang"?, "title"?, "date"?} a line → {"id", "lang", "topics", "statements"}; `why` on demand.

    `date`, the day of publication as YYYY-MM-DD, decides which topics existed and what "yesterday" means. A `date` that
    holds no such day counts as missing.
    """
    yield from each_of(lines, lambda given, _: statements_of(given, explain))


def statements_of(given: dict[str, Any], explain: bool) -> dict[str, Any]:
    text, title = given["text"], given.get("title") or ""
    lang = given.get("lang") or detect(text)
    when = day_seen(given.get("date"))
    known = taxonomy()
    statements = about(known, text, title, extract(text, lang=lang, published=when), when=when)
    dropped = None if explain else {"why", "terms", "grounds"}
    note = {} if lang in LANGUAGES else {"note": f"no statements: neither English nor Spanish but {lang}"}
    return note | {
        "id": given["id"],
        "lang": lang,
        "topics": [match.topic for match in known.tag(text, title, when=when)],
        "statements": [statement.model_dump(mode="json", exclude=dropped) for statement in statements],
    }


def day_seen(written: object) -> date | None:
    found = re.search(r"\b\d{4}-\d\d-\d\d\b", written) if isinstance(written, str) else None
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def dedupe_lines(lines: Iterable[str]) -> Iterator[dict[str, Any] | BadLine]:
    """{"id", "text", "title"?} a line → {"id", "story"} in the same order."""
    index = StoryIndex()

    def story_of(given: dict[str, Any], at: int) -> dict[str, Any]:
        story = index.assign(given["id"], sketch(given.get("title") or "", given["text"]), float(at))
        return {"id": given["id"], "story": story}

    yield from each_of(lines, story_of)


def each_of(
    lines: Iterable[str], work: Callable[[dict[str, Any], int], dict[str, Any]]
) -> Iterator[dict[str, Any] | BadLine]:
    """What `work` makes of each line's object and of its place; whatever it raises costs this line only."""
    for at, given in enumerate(records(lines)):
        if isinstance(given, BadLine):
            yield given
            continue
        try:
            yield work(given, at)
        except Exception as error:
            yield BadLine(f"{str(given['id'])[:100]}: {type(error).__name__}: {str(error)[:200]}")


def records(lines: Iterable[str]) -> Iterator[dict[str, Any] | BadLine]:
    """The JSON object of each line that is not blank, or what is wrong with it."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if len(line) > LONGEST:
            yield BadLine(f"line {number}: longer than {LONGEST} characters")
            continue
        try:
            given = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield BadLine(f"line {number}: no JSON: {str(error)[:200]}")
            continue
        if wrong := _wrong(given):
            yield BadLine(f"line {number}: {wrong}")
        else:
            yield given


def _wrong(given: Any) -> str | None:
    if not isinstance(given, dict) or not all(isinstance(given.get(name), str) for name in ("id", "text")):
        return 'must be an object with the strings "id" and "text"'
    if not all(isinstance(given.get(name), str | None) for name in ("title", "lang")):
        return '"title" and "lang" must be strings'
    try:
        for name in ("id", "text", "title"):
            (given.get(name) or "").encode()
    except UnicodeEncodeError as error:
        return f'"{name}" is no Unicode text: {error.reason} at {error.start}'
    return None
