"""Turns pages and feed entries into clean articles: title, paragraphs, authors, date, language."""

import html
import re
from typing import Literal

from pipelines.clean import furniture, markup, metadata
from pipelines.clean.encoding import decode_page, mend_text
from pipelines.errors import NoArticle
from pipelines.text.language import detect
from schemas.article import CleanArticle, RawArticle

_MIN_WORDS = 12
_HINT_WORDS = 12

_HTML = re.compile(r"<(?:!doctype|html|head|body|div|p|article|section|span|meta|table|br|h\d|a|ul|img|em)\b", re.I)
_NOT_TEXT = re.compile(r"(?:image|audio|video|font)/|application/(?:pdf|zip|octet-stream|json|javascript)", re.I)


def clean_page(data: bytes, url: str, content_type: str = "") -> CleanArticle:
    """The article in an HTML or plain-text page fetched from `url`.

    `content_type` is the HTTP header. Paragraphs are separated by empty lines. Raises NoArticle when the page is a
    consent wall or paywall, a list of links, an error page, or has no text.
    """
    if _NOT_TEXT.match(content_type.strip()):
        raise NoArticle(f"not a page but {content_type.split(';')[0].strip()}")
    if data[:5] == b"%PDF-" or b"\0" in data[:64] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NoArticle("not text")
    text = decode_page(data, content_type)[: markup.MAX_TEXT]
    if not text.strip():
        raise NoArticle("empty page")
    about = metadata.Metadata(site=metadata.host(url))
    if _HTML.search(text[:2000]) or _HTML.search(text):
        about, lines = markup.page(text, url)
    else:
        about.title, lines = furniture.plain(mend_text(text))
    title = mend_text(html.unescape(about.title))
    reason = furniture.wall(title, "\n\n".join(lines))
    lines = furniture.strip(furniture.without_wall(lines) if reason else lines)
    if lines and _same(lines[0], title):
        lines = lines[1:]
    body = "\n\n".join(lines)
    if reason == "error page" or reason and len(body.split()) < 60:
        raise NoArticle(reason)
    if len(body.split()) < _MIN_WORDS:
        raise NoArticle("no text")
    return CleanArticle(
        title=title,
        text=body,
        authors=tuple(map(mend_text, about.authors)),
        published=about.published,
        lang=_language(body, title, about.lang),
        url=url,
        outlet=mend_text(about.site),
    )


def clean_raw(raw: RawArticle) -> tuple[CleanArticle, Literal["page", "feed"]]:
    """The article of a raw record, and whether its text is from the page or from the feed.

    The text of the feed is used when there is no page, the page has no article, or the feed has clearly more text.
    The date of the feed and the title of the page are preferred. Raises NoArticle when neither has text.
    """
    entry = raw.entry
    feed_lines = max((markup.fragment(entry.content), markup.fragment(entry.summary)), key=markup.words)
    feed_words = markup.words(feed_lines)
    page: CleanArticle | None = None
    reason = "no page"
    if raw.page is not None and raw.page.body and not (raw.page.status and raw.page.status >= 400):
        try:
            page = clean_page(raw.page.body, raw.page.url or entry.url, raw.page.content_type)
        except NoArticle as error:
            reason = error.reason
    elif raw.page is not None:
        reason = raw.page.error or f"status {raw.page.status}"
    if page is None and not feed_words:
        raise NoArticle(f"{reason}, and no text in the feed")
    feed_title = mend_text(" ".join(entry.title.split()))
    from_page = page is not None and feed_words <= 1.5 * len(page.text.split()) + 30
    text = page.text if page is not None and from_page else "\n\n".join(feed_lines)
    title = (page.title if page else "") or feed_title
    lang = page.lang if page is not None and from_page else None
    return CleanArticle(
        title=title,
        text=text,
        authors=(page.authors if page else ()) or entry.authors,
        published=entry.published or (page.published if page else None),
        lang=lang or _language(text, title, raw.lang),
        url=entry.url or (raw.page.url if raw.page else ""),
        outlet=raw.outlet,
    ), "page" if from_page else "feed"


def _language(text: str, title: str, hint: str | None) -> str | None:
    if hint and len(text.split()) < _HINT_WORDS:
        return hint
    return detect(text or title) or hint


def _same(line: str, title: str) -> bool:
    a, b = (re.sub(r"\W+", " ", x).strip().lower() for x in (line, title))
    return bool(b) and a == b
