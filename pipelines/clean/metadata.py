"""Title, authors, date, language and outlet of a parsed page, from JSON-LD, Open Graph, <meta> and <time>.

Only values that the page states are used. Nothing is guessed from its prose: no date is better than a wrong date.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from pipelines.clean import jsonld
from schemas import dates
from schemas.ids import fold

_DATE_KEYS = (
    "article:published_time",
    "datepublished",
    "og:article:published_time",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "article.published",
    "pubdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "date",
    "cxenseparse:recs:publishtime",
    "article_date_original",
    "citation_publication_date",
)
_AUTHOR_KEYS = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl", "authors")
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:[/-]|$)")
_DATE_CLASS = re.compile(r"(?:^|[\s_-])(?:date|fecha|published|publicado|pubdate|dateline|timestamp)(?:$|[\s_-])", re.I)
_LONGEST = 5000
"""At most this many code points of a title or a name are read."""
_BY = re.compile(r"^\s*(?:written by|reported by|by|por|texto|redacci[oó]n)\b[: ]*", re.I)
_SEPARATOR = re.compile(r" [|–—·•»«~-] | ?\| ?")


@dataclass
class Metadata:
    """What a page says about itself. `article`: whether it says that it is an article; None if it does not say.

    `updates` are the entries of a live blog.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    lang: str | None = None
    site: str = ""
    article: bool | None = None
    body: str = field(default="", repr=False)
    updates: tuple[str, ...] = field(default=(), repr=False)


def page_date(value: str, day_first: bool | None = None) -> datetime | None:
    """A date from markup (`schemas.dates.parse_date`). None when it is not valid or has no year of four digits."""
    return dates.parse_date(value, day_first) if re.search(r"(19|20)\d\d", value) else None


def read_metadata(tree: HtmlElement, url: str) -> Metadata:
    """Metadata of a parsed page. If it has no date or outlet, they are taken from `url` (/2021/10/08/, host)."""
    meta = _meta_tags(tree)
    found = Metadata(site=_one_line(meta.get("og:site_name", "")), lang=_lang(tree, meta))
    own = jsonld.stated(tree, [url, _canonical(tree, url), meta.get("og:url", "")], _titles(tree, meta))
    found.article = True if own.found else None
    found.body, found.updates = own.body, tuple(own.updates)
    found.site = found.site or _one_line(own.publisher)
    kind = meta.get("og:type", "").lower()
    if found.article is None and kind:
        found.article = "article" in kind or (False if kind == "website" and _path(url) in ("", "/") else None)
    # 05/11 is 5 November in these languages. In English it depends on the country, so the order stays unknown.
    first = True if found.lang in ("es", "pt", "fr", "it") else None
    found.published = page_date(own.published, first) or _date(tree, meta, url, first)
    found.title = _title(tree, meta, own.headline, found.site or host(url))
    found.authors = _authors(tree, meta, own.authors)
    if not found.site:
        found.site = host(url)
    return found


def host(url: str) -> str:
    """The host of a URL without "www.", used when a page names no outlet; "" if there is none."""
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


def _canonical(tree: HtmlElement, url: str) -> str:
    links = (tag for tag in tree.iter("link") if (tag.get("rel") or "").lower() == "canonical")
    link = next((tag.get("href") or "" for tag in links), "")
    try:
        return urljoin(url, link.strip()) if link else ""
    except ValueError:
        return ""


def _titles(tree: HtmlElement, meta: dict[str, str]) -> list[str]:
    """The titles of the page: first heading, <title>, Open Graph and Twitter."""
    heading, tag = next(tree.iter("h1"), None), tree.find(".//title")
    nodes = [_one_line(node.text_content()) for node in (heading, tag) if node is not None]
    return [*nodes, meta.get("og:title", ""), meta.get("twitter:title", "")]


def _lang(tree: HtmlElement, meta: dict[str, str]) -> str | None:
    for value in (tree.get("lang"), tree.get("xml:lang"), meta.get("og:locale"), meta.get("content-language")):
        if value and (m := re.match(r"[a-z]{2}(?![a-z])", value.strip().lower())):
            return m[0]
    return None


def _date(tree: HtmlElement, meta: dict[str, str], url: str, day_first: bool | None) -> datetime | None:
    for key in _DATE_KEYS:
        if key in meta and (when := page_date(meta[key], day_first)):
            return when
    for tag in tree.iterfind(".//*[@itemprop='datePublished']"):
        for value in (tag.get("datetime"), tag.get("content"), tag.text_content()):
            if value and (when := page_date(value, day_first)):
                return when
    for tags in (filter(_is_pubdate, tree.iter("time")), _dated(tree), _times(tree)):
        times = {
            when for tag in tags if (when := page_date(tag.get("datetime") or _one_line(tag.text_content()), day_first))
        }
        if len(times) == 1:
            return times.pop()
    if m := _URL_DATE.search(_path(url)):
        try:
            return datetime(int(m[1]), int(m[2]), int(m[3]), tzinfo=UTC)
        except ValueError:
            return None
    return None


def _dated(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Elements inside the article whose class says that they are a date. Outside of it, a date may be today's."""
    for roof in tree.iter("article", "main"):
        for tag in roof.iter("span", "p", "div", "time", "dd", "li", "small"):
            if _DATE_CLASS.search(tag.get("class") or "") and len(tag) <= 3:
                yield tag


def _times(tree: HtmlElement) -> Iterator[HtmlElement]:
    """All <time> elements inside the article."""
    for roof in tree.iter("article"):
        yield from roof.iter("time")


def _is_pubdate(tag: HtmlElement) -> bool:
    return tag.get("pubdate") is not None or re.search(r"publi|entry-date|posted", tag.get("class") or "") is not None


def _title(tree: HtmlElement, meta: dict[str, str], headline: str, site: str) -> str:
    heads = [t for h in tree.iter("h1") if (t := _one_line(h.text_content())) and not _names_site(t, site)]
    tag = tree.find(".//title")
    written = _one_line(tag.text_content()) if tag is not None else ""
    social = _one_line(meta.get("og:title", "") or meta.get("twitter:title", ""))
    headline = "" if _names_site(headline, site) else _one_line(headline)
    for head in heads:
        if len(head.split()) >= 3 and (head in written or head in social or head == headline):
            return head
    best = headline if not headline.endswith(("...", "…")) else ""
    best = best or _without_site(social, site) or (heads[0] if len(heads) == 1 and len(heads[0].split()) >= 3 else "")
    return best or _without_site(written, site) or (heads[0] if heads else "")


def _without_site(title: str, site: str) -> str:
    """A title without the outlet's name or a section label at its end or start; "" if there is nothing else."""
    if _names_site(title, site):
        return ""
    parts = _SEPARATOR.split(title)
    while len(parts) > 1 and (_names_site(parts[-1], site) or _is_label(title, parts[-1])):
        title = title[: title.rfind(parts.pop())].rstrip(" |–—·•»«~-")
    if len(parts) > 1 and _names_site(parts[0], site):
        title = title[len(parts[0]) :].lstrip(" |–—·•»«~-")
    return title


def _is_label(title: str, part: str) -> bool:
    """Whether the last part of a title looks like a site or section name: at most three words after a bar."""
    return len(part.split()) <= 3 and title[: title.rfind(part)].rstrip().endswith(("|", "»", "•"))


def _names_site(text: str, site: str) -> bool:
    """Whether a text is the name of the site. `site` is its name or its host."""
    a, b = (
        re.sub(r"\W+", "", fold(re.sub(r"\.(?:com|org|net|gob|gov|mx|us|example)\b", "", name)))
        for name in (text, site)
    )
    if len(a) < 3 or len(b) < 3:
        return bool(a) and a == b
    return a == b or (len(text.split()) <= 6 and (a in b or b in a) and min(len(a), len(b)) * 2 >= max(len(a), len(b)))


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
        for part in re.split(r",|;|/| (?:and|y|&) ", _BY.sub("", _one_line(name))):
            part = part.strip(" .|-–")
            if part and len(part.split()) <= 6 and not re.search(r"[\d@:]|www\.|^(staff|admin|editor)$", part, re.I):
                people.setdefault(part)
    return tuple(people)[:10]


def _one_line(text: str) -> str:
    return " ".join(text[:_LONGEST].split())
