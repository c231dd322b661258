"""Title, authors, date, language and outlet of a parsed page: schema.org JSON-LD, Open Graph, <meta>, <time>.

Only what the page states is taken; nothing is guessed from its prose: an unknown date is better than a wrong one.
"""
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from schemas import dates

_ARTICLE = re.compile(r"Article|Posting|Report|LiveBlog", re.I)
_DATE_KEYS = (
    "article:published_time", "datepublished", "og:article:published_time", "parsely-pub-date", "sailthru.date",
    "dc.date.issued", "dcterms.created", "dc.date", "article.published", "pubdate", "publish-date", "publish_date",
    "publication_date", "date", "cxenseparse:recs:publishtime", "article_date_original", "citation_publication_date",
)
_AUTHOR_KEYS = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl", "authors")
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:[/-]|$)")
_DATE_CLASS = re.compile(r"(?:^|[\s_-])(?:date|fecha|published|publicado|pubdate|dateline|timestamp)(?:$|[\s_-])", re.I)
_BY = re.compile(r"^\s*(?:written by|reported by|by|por|texto|redacci[oó]n)\b[: ]*", re.I)
_SEPARATOR = re.compile(r"\s+[|–—·•»«~-]\s+|\s*\|\s*")


@dataclass
class Metadata:
    """What a page says of itself. `article` is whether it calls itself one (None: it does not say)."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    lang: str | None = None
    site: str = ""
    article: bool | None = None
    body: str = field(default="", repr=False)


def parse_date(value: str, day_first: bool | None = None) -> datetime | None:
    """A date as written in markup, with its year in four figures (`schemas.dates.parse_date`); None for another."""
    return dates.parse_date(value, day_first) if re.search(r"(19|20)\d\d", value) else None


def read(tree: HtmlElement, url: str) -> Metadata:
    """Metadata of a parsed page; `url` gives a date (/2021/10/08/) and an outlet where the page names none."""
    meta = _meta_tags(tree)
    found = Metadata(site=_one_line(meta.get("og:site_name", "")), lang=_lang(tree, meta))
    headline, date = "", ""
    authors: list[str] = []
    for node in _json_ld(tree):
        if not _ARTICLE.search(str(node.get("@type", ""))):
            continue
        found.article = True
        headline = headline or _text(node.get("headline"))
        date = date or _text(node.get("datePublished"))
        authors = authors or list(_names(node.get("author")))
        found.body = max(found.body, _text(node.get("articleBody")), key=len)
        publisher = node.get("publisher")
        if not found.site and isinstance(publisher, dict):
            found.site = _one_line(_text(publisher.get("name")))
    kind = meta.get("og:type", "").lower()
    if found.article is None and kind:
        found.article = "article" in kind or (False if kind == "website" and _path(url) in ("", "/") else None)
    # 05/11 is in November where the page's language writes so; in English it depends on the country: null.
    first = True if found.lang in ("es", "pt", "fr", "it") else None
    found.published = parse_date(date, first) or _date(tree, meta, url, first)
    found.title = _title(tree, meta, headline, found.site)
    found.authors = _authors(tree, meta, authors)
    if not found.site:
        found.site = host(url)
    return found


def host(url: str) -> str:
    """The outlet's name where it gives none: the host without "www."; "" where the URL has none."""
    try:
        return re.sub(r"^www\d?\.", "", urlsplit(url).hostname or "")
    except ValueError:
        return ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _meta_tags(tree: HtmlElement) -> dict[str, str]:
    """Name, property or itemprop (lower case) → content of the first such <meta>."""
    found: dict[str, str] = {}
    for tag in tree.iter("meta"):
        key = (tag.get("property") or tag.get("name") or tag.get("itemprop") or "").lower()
        content = (tag.get("content") or "").strip()
        if key and content:
            found.setdefault(key, content)
    return found


def _json_ld(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    for script in tree.iterfind('.//script[@type="application/ld+json"]'):
        text = (script.text or "").strip().removeprefix("<!--").removesuffix("-->")
        if not text or len(text) > 1_000_000:
            continue
        try:
            data = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        for item in data if isinstance(data, list) else [data]:
            if isinstance(item, dict):
                yield item
                graph = item.get("@graph")
                yield from (x for x in (graph if isinstance(graph, list) else []) if isinstance(x, dict))


def _lang(tree: HtmlElement, meta: dict[str, str]) -> str | None:
    for value in (tree.get("lang"), tree.get("xml:lang"), meta.get("og:locale"), meta.get("content-language")):
        if value and (m := re.match(r"[a-z]{2}(?![a-z])", value.strip().lower())):
            return m[0]
    return None


def _date(tree: HtmlElement, meta: dict[str, str], url: str, day_first: bool | None) -> datetime | None:
    for key in _DATE_KEYS:
        if key in meta and (when := parse_date(meta[key], day_first)):
            return when
    for tag in tree.iterfind(".//*[@itemprop='datePublished']"):
        for value in (tag.get("datetime"), tag.get("content"), tag.text_content()):
            if value and (when := parse_date(value, day_first)):
                return when
    for tags in (filter(_is_pubdate, tree.iter("time")), _dated(tree)):
        times = {when for tag in tags
                 if (when := parse_date(tag.get("datetime") or _one_line(tag.text_content()), day_first))}
        if len(times) == 1:
            return times.pop()
    if m := _URL_DATE.search(_path(url)):
        try:
            return datetime(int(m[1]), int(m[2]), int(m[3]), tzinfo=UTC)
        except ValueError:
            return None
    return None


def _dated(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Elements of the article that are called a date: those around it may tell today's date."""
    for roof in tree.iter("article", "main"):
        for tag in roof.iter("span", "p", "div", "time", "dd", "li", "small"):
            if _DATE_CLASS.search(tag.get("class") or "") and len(tag) <= 3:
                yield tag


def _is_pubdate(tag: HtmlElement) -> bool:
    return tag.get("pubdate") is not None or re.search(r"publi|entry-date|posted", tag.get("class") or "") is not None


def _title(tree: HtmlElement, meta: dict[str, str], headline: str, site: str) -> str:
    heads = [t for h in tree.iter("h1") if (t := _one_line(h.text_content()))]
    tag = tree.find(".//title")
    written = _one_line(tag.text_content()) if tag is not None else ""
    social = _one_line(meta.get("og:title", "") or meta.get("twitter:title", ""))
    for head in heads:
        if len(head.split()) >= 3 and (head in written or head in social or head == _one_line(headline)):
            return head
    best = _one_line(headline) if headline and not headline.endswith(("...", "…")) else ""
    best = best or _without_site(social, site) or (heads[0] if len(heads) == 1 and len(heads[0].split()) >= 3 else "")
    return best or _without_site(written, site) or (heads[0] if heads else "")


def _without_site(title: str, site: str) -> str:
    """A title without the outlet's name at its end or start."""
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    longest = max(parts, key=len)
    name = site.lower()
    if name and parts[-1].lower() == name:
        return title[:title.rfind(parts[-1])].rstrip(" |–—·•»«~-")
    if parts[-1].lower() in name or (name and name in parts[-1].lower()) or len(parts[-1].split()) <= 3:
        cut = title[:title.rfind(parts[-1])].rstrip(" |–—·•»«~-")
        return cut if len(cut) >= len(longest) else longest
    return longest if parts[0].lower() in name else title


def _authors(tree: HtmlElement, meta: dict[str, str], stated: list[str]) -> tuple[str, ...]:
    names = list(stated)
    for key in _AUTHOR_KEYS:
        if not names and key in meta:
            names = [meta[key]]
    if not names:
        names = [a.text_content() for a in tree.iterfind(".//a[@rel='author']")][:4]
    if not names:
        tags = (t for t in tree.iter("p", "span", "div", "address", "a") if "byline" in (t.get("class") or "").lower())
        names = [text for t in tags if 3 <= len(text := _one_line(t.text_content())) <= 80][:1]
    people: dict[str, None] = {}
    for name in names:
        for part in re.split(r",|;|/|\s+(?:and|y|&)\s+", _BY.sub("", _one_line(name))):
            part = part.strip(" .|-–")
            if part and len(part.split()) <= 6 and not re.search(r"[\d@:]|www\.|^(staff|admin|editor)$", part, re.I):
                people.setdefault(part)
    return tuple(people)[:10]


def _names(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        name = _text(item.get("name") if isinstance(item, dict) else item)
        if name:
            yield name


def _text(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    return value.strip() if isinstance(value, str) else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
