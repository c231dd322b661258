"""The pure stages run on files, for the command line. A bad line is yielded as a BadLine, and the next is read."""

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
    """The taxonomy shipped with the program, loaded once."""
    return load_taxonomy(None)


#: Characters of a line allowed, and bytes of a page read, at most.
LONGEST = 20_000_000


class BadLine(ValueError):
    """A line that could not be processed. The message names the line or the record, and the reason."""


def clean_file(path: Path, url: str) -> dict[str, Any]:
    """The clean article in an HTML or plain-text page. Raises NoArticle when there is none."""
    from pipelines.clean.article import clean_page  # imports take half a second; other stages do not need them

    with path.open("rb") as file:
        article, _ = article_within(clean_page(file.read(LONGEST), sound(url)))
    return article.model_dump(mode="json")


def statement_lines(lines: Iterable[str], explain: bool = False) -> Iterator[dict[str, Any] | BadLine]:
    """Lines of {"id", "text", "lang"?, "title"?, "date"?} → {"id", "lang", "topics", "statements"}.

    `date`, the day of publication as YYYY-MM-DD, decides which topics existed and what "yesterday" means. A `date`
    without such a day counts as missing. With `explain`, each statement also has `why`, `terms` and `grounds`.
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
    """Lines of {"id", "text", "title"?} → {"id", "story"}, in the same order."""
    index = StoryIndex()

    def story_of(given: dict[str, Any], at: int) -> dict[str, Any]:
        story = index.assign(given["id"], sketch(given.get("title") or "", given["text"]), float(at))
        return {"id": given["id"], "story": story}

    yield from each_of(lines, story_of)


def each_of(
    lines: Iterable[str], work: Callable[[dict[str, Any], int], dict[str, Any]]
) -> Iterator[dict[str, Any] | BadLine]:
    """The result of `work(object, position)` for each line. An exception in it becomes a BadLine for that line."""
    for at, given in enumerate(records(lines)):
        if isinstance(given, BadLine):
            yield given
            continue
        try:
            yield work(given, at)
        except Exception as error:
            yield BadLine(f"{str(given['id'])[:100]}: {type(error).__name__}: {str(error)[:200]}")


def records(lines: Iterable[str]) -> Iterator[dict[str, Any] | BadLine]:
    """The JSON object of each non-blank line, or a BadLine that says what is wrong with it."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if len(line) > LONGEST:
            yield BadLine(f"line {number}: longer than {LONGEST} characters")
            continue
        try:
            given = json.loads(line)
        except RecursionError:
            yield BadLine(f"line {number}: no JSON: nested too deep")
            continue
        except ValueError as error:
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
        return f'"{name}" is not Unicode text: {error.reason} at {error.start}'
    return None
