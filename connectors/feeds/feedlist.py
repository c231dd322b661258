"""Reads feed lists in YAML or OPML. An error message gives the place, the value and what would be valid."""

from collections.abc import Sequence
from pathlib import Path

import yaml
from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from pydantic import ValidationError

from connectors.errors import BadFeedList
from connectors.feeds.opml import read_opml
from schemas.feed import Feed
from schemas.masking import register_url
from schemas.mistakes import value_shown
from schemas.yaml_file import BadYaml, read_yaml

_RIGHT = {
    "url": "an http or https address",
    "outlet": "the outlet's name",
    "lang": "two lower-case letters (ISO 639-1) or null",
    "kind": "one of news, wire, official, regional, research",
    "country": "two upper-case letters (ISO 3166-1) or null",
    "type": "feed or listing",
    "select": "a mapping of the CSS selectors items, link, title, date",
    "evidence": "a text or null",
    "verified": "a date as text or null",
}


def listed(path: Path | None) -> Path:
    """The path of the feed list of the settings. Raises BadFeedList when they name none."""
    if path is None:
        raise BadFeedList("no feed list: name one with --feeds, such as deploy/feeds.yaml")
    return path


def load_feeds(path: Path) -> tuple[Feed, ...]:
    """Reads a feed list: a YAML list of mappings with url, outlet and, optionally, the other fields of `Feed`.

    A file named *.opml is read as OPML. Raises BadFeedList if the file cannot be read, is not such a list, has wrong
    fields or (in YAML) lists a feed twice.
    """
    if path.suffix.lower() == ".opml":
        feeds, bad = read_opml(path)
        if bad:
            raise BadFeedList(f"{path}: {bad[0]}")
        return _known(tuple(_with_sound_selectors(feed, f"{path}: {feed.outlet}") for feed in feeds))
    try:
        rows = read_yaml(path)
    except BadYaml as error:
        raise BadFeedList(str(error)) from None
    if not isinstance(rows, list) or not rows:
        raise BadFeedList(f"{path}: holds {value_shown(rows)}; expected a list of feeds, each with url and outlet")
    feeds = tuple(_feed(row, f"{path}: feed {number}") for number, row in enumerate(rows, 1))
    urls = [str(feed.url) for feed in feeds]
    if twice := sorted({url for url in urls if urls.count(url) > 1}):
        raise BadFeedList(f"{path}: url: {twice[0]!r} is listed more than once; list it once")
    return _known(feeds)


def _known(feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
    """The same feeds. Secrets in their URLs are masked in logs from now on."""
    for feed in feeds:
        register_url(str(feed.url))
    return feeds


def _feed(row: object, where: str) -> Feed:
    if not isinstance(row, dict):
        raise BadFeedList(f"{where}: {value_shown(row)}; expected a mapping with url and outlet")
    if unknown := sorted(set(map(str, row)) - set(Feed.model_fields)):
        raise BadFeedList(f"{where}: {unknown[0]}: no such field; expected one of {', '.join(Feed.model_fields)}")
    try:
        return _with_sound_selectors(Feed.model_validate(row), where)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "feed"
        value = "missing" if first["type"] == "missing" else value_shown(row.get(name))
        raise BadFeedList(f"{where}: {name}: {value}; expected {_RIGHT.get(name, first['msg'])}") from None


def _with_sound_selectors(feed: Feed, where: str) -> Feed:
    for name, selector in feed.select.model_dump(exclude_none=True).items():
        try:
            CSSSelector(selector, translator="html")
        except SelectorError as error:
            raise BadFeedList(f"{where}: select.{name}: {value_shown(selector)}: {error}; expected CSS") from None
    return feed


def dump_feeds(feeds: Sequence[Feed]) -> str:
    """A feed list as YAML text that `load_feeds` reads."""
    rows = [feed.model_dump(mode="json") for feed in feeds]
    return yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=120)
