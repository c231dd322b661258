"""Edits a feed list line by line, so that its comments and order stay."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from connectors.errors import BadFeedList
from connectors.feeds.feedlist import load_feeds
from schemas.feed import Feed
from schemas.write_whole import write_whole

_FIRST = re.compile(r"^-(?:\s|$)")


def added(text: str, feeds: Sequence[Feed], known: Sequence[str]) -> tuple[str, list[str]]:
    """(the list with new feeds appended, their URLs). A feed is new if its URL is not in `known`."""
    new = {str(feed.url): feed for feed in feeds if str(feed.url) not in known}
    rows = "".join(_row(feed) for feed in new.values())
    return (text if not text or text.endswith("\n") else text + "\n") + rows, list(new)


def removed(text: str, url: str) -> str:
    """The list without the feed of this URL. Comments above the next feed stay. Raises BadFeedList."""
    lines = text.splitlines(keepends=True)
    start, end = _place(lines, url)
    return "".join(lines[:start] + lines[end:])


def dated(text: str, url: str, day: str) -> str:
    """The list with `day` as this feed's `verified`, the day on which it answered. Raises BadFeedList.

    A feed written in braces (YAML flow style) is left as it is.
    """
    lines = text.splitlines(keepends=True)
    start, end = _place(lines, url)
    row = [line for line in lines[start:end] if not re.match(r"\s{1,9}+verified:", line)]
    return "".join([*lines[:start], *row, f"  verified: {day!r}\n", *lines[end:]]) if "{" not in row[0] else text


def _place(lines: Sequence[str], url: str) -> tuple[int, int]:
    """(first line, line after the last) of a feed, without empty lines and comments before the next feed."""
    for start, end in _rows(lines):
        if _url("".join(lines[start:end])) == url:
            while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
                end -= 1
            return start, end
    raise BadFeedList(f"{url}: not in the list")


def _rows(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    starts = [number for number, line in enumerate(lines) if _FIRST.match(line)]
    yield from zip(starts, [*starts[1:], len(lines)], strict=True)


def change(path: Path, text: str, urls: Sequence[str]) -> None:
    """Write `text` to the list if it has exactly these feeds. Otherwise raise BadFeedList and change nothing."""
    tried = path.with_name(f".{path.stem}.tried.yaml")
    tried.write_text(text, encoding="utf-8")
    try:
        found = [str(feed.url) for feed in load_feeds(tried)] if urls else []
        if sorted(found) != sorted(urls):
            raise BadFeedList(f"{path}: its form is one that cannot be changed line by line: change it by hand")
    finally:
        tried.unlink()
    write_whole(path, text)


def _url(row: str) -> str | None:
    try:
        (found,) = yaml.safe_load(row)
        return str(Feed.model_validate({"outlet": "?", **found}).url)
    except (yaml.YAMLError, ValueError, TypeError):
        return None


def _row(feed: Feed) -> str:
    fields = feed.model_dump(mode="json", exclude_defaults=True) | {"kind": feed.kind}
    lines = (f"{name}: {_shown(value)}\n" for name, value in fields.items())
    return "- " + "  ".join(lines)


def _shown(value: object) -> str:
    """A value as YAML on one line. Anything but a simple word or URL is written as JSON, which is valid YAML."""
    plain = isinstance(value, str) and re.fullmatch(r"https?://[\w./?=&%-]+|[a-z]{3,}", value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def add(path: Path, feeds: Sequence[Feed]) -> list[str]:
    """Append feeds to a list, creating the file if needed. Returns the URLs that were new. Raises BadFeedList."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    known = [str(feed.url) for feed in load_feeds(path)] if text.strip() else []
    new_text, new = added(text, feeds, known)
    if new:
        change(path, new_text, [*known, *new])
    return new


def remove(path: Path, url: str) -> None:
    """Remove a feed from a list. Raises BadFeedList when it is not in the list, or is its only feed."""
    known = [str(feed.url) for feed in load_feeds(path)]
    url = str(Feed.model_validate({"url": url, "outlet": "?"}).url)
    left = [one for one in known if one != url]
    if not left:
        raise BadFeedList(f"{path}: {url} is the only feed; a list has one at least")
    change(path, removed(path.read_text(encoding="utf-8"), url), left)
