"""Turns HTML (whole pages, and fragments in feeds) into lines of text, one per paragraph."""

import html
import re
from collections.abc import Iterable

import lxml.html
from lxml import etree
from trafilatura import bare_extraction
from trafilatura.settings import Extractor

from pipelines.clean import furniture, metadata
from pipelines.clean.encoding import demangle, mend_text
from pipelines.errors import NoArticle
from schemas.ids import fold

MAX_TEXT = 4_000_000
"""At most this many code points of a page are read. News pages have about a tenth of it."""
_MAX_ELEMENTS = 30_000
"""For larger pages all <p> elements are taken: the normal extraction compares elements and would take seconds."""

_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_CONTROL = re.compile(r"\0|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]))(?:;|(?![0-9a-f]))", re.I)
#: A tag this long may have so many attributes that libxml2 needs minutes: it compares each with all others.
_LONG_TAG = re.compile(r"<[^<>]{8000,}")
_MOST_ATTRIBUTES = 1000
_BULLET = re.compile(r"^(?:[-•·▪■●◦] )+")
_DROP = ("script", "style", "noscript", "template", "svg", "iframe", "nav", "button", "select", "input", "textarea")
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "br",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "tr",
        "table",
        "section",
        "article",
        "header",
        "footer",
        "figure",
        "figcaption",
        "pre",
        "hr",
        "dt",
        "dd",
        "main",
        "aside",
    ]
)
_SENTENCE_END = re.compile(r"[.?!][”\"»)]?\s*$")
_TAG = re.compile(r"<[a-zA-Z/!?]")
_BLOCK_TAG = re.compile(rf"<(?:{'|'.join(sorted(_BLOCKS))})\b", re.I)
_BODY_CLASS = re.compile(
    r"(?:article|story|post|entry)[-_]*(?:body|content|text)(?![-_]*(?:wrap|foot|head|meta))", re.I
)
_OPTIONS = Extractor(output_format="python", fast=True, comments=False, date_params={"original_date": True})


def page(text: str, url: str) -> tuple[metadata.Metadata, list[str]]:
    """The metadata of a page, and the lines of its article, which may still include boilerplate.

    Raises NoArticle when the page is empty or a list of links.

    The main text is found by trafilatura in its fast mode (Barbaresi 2021, doi 10.18653/v1/2021.acl-demo.15); its
    fallbacks take half as long again and do not help on news pages. The articleBody of the page's JSON-LD is used when
    it is clearly longer.
    """
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        data = _parseable(text).encode("utf-8", "replace")
        tree = lxml.html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise NoArticle("empty page") from error
    about = metadata.read_metadata(tree, url)
    _drop(tree)
    _flatten_layout(tree)
    _join_chunks(tree)
    lines = _extract(tree, url)
    if not about.article and _is_listing(tree, lines):
        raise NoArticle("listing")
    count = words(lines)
    if about.body and len(about.body.split()) > 1.5 * count + 20:
        stated = fragment(about.body)
        if words(stated) > 1.5 * count + 20:
            lines = stated
    return about, [*lines, *_missing(about.updates, lines)]


def _parseable(text: str) -> str:
    """HTML without what libxml2 refuses or needs too long for."""
    text = _CONTROL.sub("", _XML_DECLARATION.sub("", demangle(text)))
    return _LONG_TAG.sub(_without_attributes, text)


def _without_attributes(tag: re.Match[str]) -> str:
    pieces = tag[0].split(None, _MOST_ATTRIBUTES)
    return pieces[0] if len(pieces) > _MOST_ATTRIBUTES else tag[0]


def _missing(updates: Iterable[str], lines: list[str]) -> list[str]:
    """The paragraphs of a live blog's updates that are not in the HTML, because the page loads them later."""
    there = {fold(line) for line in lines}
    found = [paragraph for update in updates for paragraph in fragment(update)]
    return [paragraph for paragraph in found if fold(paragraph) not in there]


def _extract(tree: lxml.html.HtmlElement, url: str) -> list[str]:
    count = sum(1 for _ in tree.iter())
    if count > _MAX_ELEMENTS:
        return _tidy(p.text_content() for p in tree.iter("p"))
    try:
        document = bare_extraction(tree, url=url, options=_OPTIONS)
    except (RecursionError, etree.LxmlError):
        document = None
    if document is None or isinstance(document, dict) or not document.text:
        return []
    lines = _tidy(document.text.split("\n"))
    return _parted(lines[0], tree) if len(lines) == 1 else lines


def _parted(line: str, tree: lxml.html.HtmlElement) -> list[str]:
    """The paragraphs of a short text that trafilatura gives as one line, from the element that holds just this text."""
    wanted = "".join(line.split())
    for element in tree.iter("article", "main", "section", "form", "center", "font", "span", "div", "body"):
        if "".join(mend_text(element.text_content()).split()) == wanted:
            return _tidy(_block_lines(element))
    return [line]


def _flatten_layout(tree: lxml.html.HtmlElement) -> None:
    """Turn layout tables, which contain paragraphs, into blocks, so that the paragraphs stay separate."""
    for table in list(tree.iter("table")):
        if table.find(".//table") is not None or any(map(_holds_paragraph, table.iter("td"))):
            for tag in table.iter("table", "tbody", "thead", "tr", "td", "th"):
                tag.tag = "div"


def _holds_paragraph(cell: lxml.html.HtmlElement) -> bool:
    """Whether a cell has a line of 30 words, or a sentence of 12."""
    for line in _block_lines(cell):
        count = len(line.split())
        if count >= 30 or (count >= 12 and _SENTENCE_END.search(line)):
            return True
    return False


def _join_chunks(tree: lxml.html.HtmlElement) -> None:
    """Join an article that is split into several containers with the same class and the same parent or grandparent."""
    groups: dict[tuple[object, str], list[lxml.html.HtmlElement]] = {}
    for tag in tree.iter("div", "section"):
        name = tag.get("class") or ""
        roof = tag.getparent()
        if roof is not None and _BODY_CLASS.search(name):
            groups.setdefault((roof, name), []).append(tag)
            if roof.getparent() is not None:
                groups.setdefault((roof.getparent(), name), []).append(tag)
    for chunks in groups.values():
        first, *rest = chunks
        if rest and not any(chunk.find(".//h1") is not None for chunk in rest):
            for chunk in rest:
                first.extend(list(chunk))


def _block_lines(tree: lxml.html.HtmlElement) -> list[str]:
    """The text of a tree, with one line per block element."""
    pieces: list[str] = []
    for event, tag in etree.iterwalk(tree, events=("start", "end")):
        if tag.tag in _BLOCKS:
            pieces.append("\n")
        if event == "start":
            pieces.append((tag.text or "").replace("\n", " "))
        elif tag is not tree:
            pieces.append((tag.tail or "").replace("\n", " "))
    return "".join(pieces).split("\n")


def _tidy(lines: Iterable[str]) -> list[str]:
    return [x for line in lines if (x := _BULLET.sub("", " ".join(mend_text(line).split())))]


def _is_listing(tree: lxml.html.HtmlElement, lines: list[str]) -> bool:
    """Whether a page is mainly a list of links: many linked headings, and less than half of the lines are prose."""
    heads = tree.iter("h1", "h2", "h3", "h4")
    linked = sum(h.find(".//a") is not None or getattr(h.getparent(), "tag", "") == "a" for h in heads)
    return linked >= 5 and len(lines) >= 5 and sum(map(furniture.is_prose, lines)) * 2 < len(lines)


def _drop(tree: lxml.html.HtmlElement) -> None:
    for tag in list(tree.iter(*_DROP)):
        if isinstance(tag, lxml.html.HtmlElement) and tag.getparent() is not None:
            tag.drop_tree()


def words(lines: Iterable[str]) -> int:
    return sum(len(line.split()) for line in lines)


def fragment(text: str) -> list[str]:
    """The paragraphs of a feed text, which may be plain text or HTML, escaped once or twice."""
    text = text[:MAX_TEXT].strip()
    if "&lt;" in text and "<" not in text:
        text = html.unescape(text)
    if not _TAG.search(text):
        lines = re.split(r"\n\s*\n", html.unescape(text))
    else:
        if not _BLOCK_TAG.search(text):
            text = re.sub(r"\n\s*\n", "<br>", text)
        try:
            tree = lxml.html.fragment_fromstring(_parseable(text), create_parent="div")
        except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
            return []
        _drop(tree)
        lines = _block_lines(tree)
    return furniture.strip(_tidy(lines))
