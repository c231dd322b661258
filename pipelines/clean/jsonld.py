"""Reads the JSON-LD (schema.org) of a page, but only for the page's own article, not for others listed in it."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from schemas.ids import fold
from schemas.limits import sound

_ARTICLE = re.compile(r"Article|(?<!Job)Posting|Report|LiveBlog")
#: Keys under which an article may be nested. Lists of related articles are not searched.
_INSIDE = ("@graph", "mainEntity", "mainEntityOfPage", "subjectOf")
#: Where an update of a live blog may have its text, best first.
_UPDATE = ("articleBody", "text", "description", "headline", "name")
_LONGEST, _DEEPEST, _MOST = 1_000_000, 6, 500
#: For removing comments and commas before a closing bracket. Matched strings (group 1) are kept.
_NOISE = re.compile(r'("(?:[^"\\]|\\.)*")|/\*.*?(?:\*/|\Z)|(?<![:\w])//[^\n]*|,(?=\s*[}\]])', re.DOTALL)
_MARKS = re.compile(r"<!\[CDATA\[|\]\]>|<!--|-->")
#: A backslash before a character that JSON does not escape, such as \' in JavaScript.
_NO_ESCAPE = re.compile(r'(\\[\\"/bfnrtu])|\\')


@dataclass
class Stated:
    """The data of the page's own article; missing fields are empty. `updates` are the texts of a live blog."""

    found: bool = False
    headline: str = ""
    published: str = ""
    authors: list[str] = field(default_factory=list)
    body: str = ""
    publisher: str = ""
    updates: list[str] = field(default_factory=list)


def stated(tree: HtmlElement, addresses: list[str], titles: list[str]) -> Stated:
    """The data of the page's own article. `addresses` are URLs of the page, `titles` its titles outside of JSON-LD.

    An article is the page's own when it has a URL of the page. If it has none, or another one, its headline must match
    a title of the page. An article with neither is used when it is the only one.
    """
    objects = [item for data in _scripts(tree) for item in _objects(data)][:_MOST]
    by_id = {item["@id"]: item for item in objects if isinstance(item.get("@id"), str) and len(item) > 1}
    articles = [item for item in objects if _ARTICLE.search(str(item.get("@type", "")))]
    ours = {key for address in addresses if (key := _key(address))}
    names = [name for title in titles if (name := fold(title))]
    ranked = [(_rank(item, ours, names), item) for item in articles]
    best = max((rank for rank, _ in ranked), default=0)
    own = [item for rank, item in ranked if rank == best] if best > 1 or best == len(articles) == 1 else []
    result = Stated(found=bool(own))
    for item in own:
        result.headline = result.headline or text(item.get("headline"))
        result.published = result.published or text(item.get("datePublished"))
        result.authors = result.authors or list(_names(item.get("author") or item.get("creator"), by_id))
        result.body = max(result.body, text(item.get("articleBody")), key=len)
        result.publisher = result.publisher or next(_names(item.get("publisher"), by_id), "")
        result.updates = result.updates or list(_updates(item.get("liveBlogUpdate"), by_id))
    return result


def _rank(item: dict[str, Any], ours: set[str], names: list[str]) -> int:
    """3: it has a URL of the page; 2: its headline matches; 1: it has no URL on this site; 0: it has another URL."""
    hosts = {key.partition("/")[0] for key in ours}
    keys = {key for address in _addresses(item) if (key := _key(address)) and key.partition("/")[0] in hosts}
    if keys & ours:
        return 3
    headline = fold(text(item.get("headline")))
    if headline and any(headline in name or name in headline for name in names):
        return 2
    return 0 if keys else 1


def _addresses(item: dict[str, Any]) -> Iterator[str]:
    for name in ("url", "mainEntityOfPage", "@id"):
        value = item.get(name)
        if isinstance(value, dict):
            yield from (value[key] for key in ("@id", "url") if isinstance(value.get(key), str))
        elif isinstance(value, str):
            yield value


def _key(address: str) -> str:
    """Host and path of a page's URL, with its query if that has an id; "" for a home page or an invalid URL."""
    try:
        parts = urlsplit(address.strip())
        host = re.sub(r"^(?:www\d?|m|amp)\.", "", (parts.hostname or "").lower())
    except ValueError:
        return ""
    path = re.sub(r"/amp$", "", parts.path.rstrip("/"))
    if parts.scheme not in ("http", "https") or not (path or parts.query):
        return ""
    return f"{host}{path}" + (f"?{parts.query}" if re.search(r"(?:^|&)\w{0,12}id=", parts.query) else "")


def _scripts(tree: HtmlElement) -> Iterator[Any]:
    """The data of each JSON-LD script. Comments, CDATA marks, trailing commas or semicolons, escaped
    characters and several values in one script are tolerated."""
    for script in tree.iter("script"):
        kind = (script.get("type") or "").partition(";")[0].strip().lower()
        text_ = script.text or ""
        if kind != "application/ld+json" or len(text_) > _LONGEST:
            continue
        for tried in (text_, _mended(text_), _mended(html.unescape(text_))):
            if found := _values(tried):
                yield from found
                break


def _mended(text_: str) -> str:
    text_ = _MARKS.sub("", text_)
    start = min((at for mark in "{[" if (at := text_.find(mark)) >= 0), default=0)
    text_ = _NO_ESCAPE.sub(lambda found: found[1] or "", text_[start:])
    return _NOISE.sub(lambda found: found[1] or "", text_)


def _values(text_: str) -> list[Any]:
    """The JSON values at the start of a text, one behind the other."""
    found: list[Any] = []
    while len(found) < _MOST and (text_ := text_.lstrip("\ufeff \t\r\n,;")):
        try:
            data, end = json.JSONDecoder(strict=False).raw_decode(text_)
        except (ValueError, RecursionError):
            break
        found.append(data)
        text_ = text_[end:]
    return found


def _objects(data: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(data, list):
        for item in data[:_MOST]:
            yield from _objects(item, depth + 1)
    elif isinstance(data, dict):
        yield data
        for name in _INSIDE:
            if isinstance(data.get(name), (dict, list)):
                yield from _objects(data[name], depth + 1)


def _names(value: Any, by_id: dict[str, dict[str, Any]]) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield from _names_of(item) or _names_of(by_id.get(str(item.get("@id")), {}))
        elif name := text(item):
            yield from _names_of(by_id.get(name, {})) if _is_address(name) else [name]


def _names_of(person: dict[str, Any]) -> list[str]:
    """The names in an object; a name that is an address is none."""
    value = person.get("name") or " ".join(filter(None, (text(person.get(key)) for key in ("givenName", "familyName"))))
    names = [text(name) for name in value[:_MOST]] if isinstance(value, list) else [text(value)]
    return [name for name in names if name and not _is_address(name)]


def _is_address(name: str) -> bool:
    return name.startswith(("http://", "https://"))


def _updates(value: Any, by_id: dict[str, dict[str, Any]]) -> Iterator[str]:
    for item in (value if isinstance(value, list) else [value])[:_MOST]:
        if isinstance(item, dict):
            item = by_id.get(str(item.get("@id")), item) if len(item) == 1 else item
            yield from [words for name in _UPDATE if (words := text(item.get(name)))][:1]


def text(value: Any) -> str:
    """The text of a value (of the first, in a list); "" if it is not text."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value")
    return sound(value.strip()) if isinstance(value, str) else ""
