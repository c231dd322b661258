"""Turns feed bytes into a well-formed, safe XML tree, or raises NotAFeed. Repairs common errors, refuses attacks."""

import codecs
import html.entities
import re
import sys
from typing import Any

from lxml import etree

from connectors.errors import NotAFeed
from connectors.formats.cdata import CDATA_MARK, markup_and_rest, with_section_ends
from schemas.limits import sound

#: An entity declaration that is allowed: short text without references. Others could expand without limit.
_SAFE_ENTITY = re.compile(r"""<!ENTITY\s+[\w.-]+\s+(?:"[^"&%]{0,64}"|'[^'&%]{0,64}'|"&\#\w{1,8};"|'&\#\w{1,8};')\s*>""")
#: Nothing outside the document is read, and libxml2's own limits on depth and size stay active.
_SAFE: dict[str, Any] = {
    "resolve_entities": "internal", "no_network": True, "load_dtd": False, "huge_tree": False,
    "remove_comments": True, "remove_pis": True,
}  # fmt: skip
_ENTITY = re.compile(r"<!ENTITY\b")
_DOCTYPE = re.compile(r"<!DOCTYPE\b[^<>\[]*(\[.*?\]\s*)?>", re.DOTALL)
_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]{0,200}\?>", re.DOTALL)
_DECLARED = re.compile(rb"""^\s*<\?xml\b[^>]{0,150}?\bencoding\s*=\s*["']([\w.:-]+)["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
#: Characters that XML 1.0 §2.2 does not allow.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: References to the two halves of a character beyond U+FFFF, as JavaScript counts them.
_HALVES = re.compile(r"&#(x[dD][89abAB]\w\w|5[56]\d{3});&#(x[dD][c-fC-F]\w\w|5[67]\d{3});")
#: C1 control characters, and as UTF-8. Publishers mean the characters that Windows-1252 has in their places.
_C1 = re.compile("[\x80-\x84\x86-\x9f]")
_C1_BYTES = re.compile(rb"\xc2[\x80-\x84\x86-\x9f]")
_C1_REFERENCE = re.compile(r"&#(1[34]\d|12[89]|15\d);")
#: A "<" that does not begin a tag: another "<" comes before any ">", or no name follows.
_BARE_LT = re.compile(r"<(?=[^<>]*<)(?![!?])|<(?![A-Za-z_/!?:]|\Z)")
#: An element that holds text. A tag in it that is never closed, or closed twice, would swallow what follows.
_TEXT_ELEMENT = re.compile(
    r"(<(title|description|summary)(?:\s[^<>]*)?>)([^<]*<(?:(?!</?\2[\s>]).)*)(?=</\2\s*>)", re.DOTALL
)
_INNER_TAG = re.compile(r"<(/?)([\w:.-]++)[^<>]*?(/?)>")
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*(?::[\w.-]+)?)")
_PREFIXED = re.compile(r"<([A-Za-z_][\w.-]{0,40}):|\s([A-Za-z_][\w.-]{0,40}):[\w.-]+\s*=")
#: Namespaces of prefixes that publishers often forget to declare.
NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "googleplay": "http://www.google.com/schemas/play-podcasts/1.0",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "video": "http://www.google.com/schemas/sitemap-video/1.1",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
_REFERENCE = re.compile(r"&(?:(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};)|(\w{1,32});)?")
#: libxml2's errors for a document that stops before its end.
_CUT_SHORT = frozenset(("ERR_DOCUMENT_END", "ERR_TAG_NOT_FINISHED", "ERR_CDATA_NOT_FINISHED", "ERR_GT_REQUIRED"))
_XML_NAMES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: The encodings that browsers use for these labels (WHATWG Encoding Standard); publishers mean the same.
_MEANT = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}
_REFUSED_CODECS = frozenset(("utf-7", "unicode-escape", "raw-unicode-escape", "idna", "punycode"))


def decode_feed(data: bytes, content_type: str = "") -> str:
    """Decodes bytes by byte-order mark, else as UTF-8 if valid, else by the XML declaration, else by the HTTP header.

    Valid UTF-8 is preferred to the labels because it hardly occurs by chance, and labels are often wrong. If no label
    fits, Windows-1252 is used.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    if data[:4] in (b"<\0?\0", b"<\0r\0", b"<\0f\0"):
        return data.decode("utf-16-le", "replace")
    if data[:4] in (b"\0<\0?", b"\0<\0r", b"\0<\0f"):
        return data.decode("utf-16-be", "replace")
    declared = _DECLARED.match(data)
    in_header = _CHARSET.search(content_type)
    labels = [declared[1].decode("ascii") if declared else "", in_header[1] if in_header else ""]
    for label in ["utf-8", *labels]:
        text = _try(data, label.lower().replace("_", "-"))
        if text is not None:
            return text
    return data.decode("cp1252", "replace")


def _try(data: bytes, label: str) -> str | None:
    if not label:
        return None
    try:
        name = codecs.lookup(_MEANT.get(label, label)).name
        text = data.decode(name) if name.replace("_", "-") not in _REFUSED_CODECS else None
    except (LookupError, UnicodeError, ValueError):
        return None
    return sound(text) if isinstance(text, str) else None


def load_xml(text: str) -> etree._Element:
    """Text → root element. Raises NotAFeed for dangerous entities, too deep nesting, and text that cannot be repaired.

    If the text ends in the middle of an entry, that entry is left out; the next poll will have it complete.
    """
    text = _without_c1(text)
    text = with_section_ends(_without_doctype(_DECLARATION.sub("", text, count=1)).strip())
    if not text:
        raise NotAFeed("empty")
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), _parser(recover=False))
    except etree.XMLSyntaxError as error:
        _refuse_depth(str(error))
    return _mended(_with_namespaces(_ILLEGAL.sub("", with_section_ends(CDATA_MARK.sub("<![CDATA[", text)))))


def _without_c1(text: str) -> str:
    """The text with Windows-1252 characters in place of C1 controls, also of references to them, as HTML reads them."""
    if "&" in text and "&#1" in text:  # one character is found much faster
        text = _C1_REFERENCE.sub(lambda found: _windows(chr(int(found[1]))), text)
    if text.isascii() or not _C1_BYTES.search(text.encode("utf-8", "replace")):  # faster than a search in the text
        return text
    return _C1.sub(lambda found: _windows(found[0]), text)


def _windows(char: str) -> str:
    return char.encode("latin-1").decode("cp1252", "ignore")


def _with_namespaces(text: str) -> str:
    """Declares in the root element all prefixes that are used but not declared there, so that the parser keeps them."""
    root = _ROOT.search(text)
    if root is None:
        return text
    head = text[root.end() : text.find(">", root.end()) + 1]
    used = {name for pair in _PREFIXED.findall(text) for name in pair if name}
    declared = set(re.findall(r"\bxmlns:([\w.-]{1,41})\s*=", head))
    missing = sorted(used - declared - {"xml", "xmlns"})[:50]
    spaces = "".join(f' xmlns:{name}="{NAMESPACES.get(name, f"urn:undeclared:{name}")}"' for name in missing)
    return text[: root.end()] + spaces + text[root.end() :]


def _parser(recover: bool) -> etree.XMLParser:
    return etree.XMLParser(recover=recover, **_SAFE)


def _refuse_depth(message: str) -> None:
    if "Excessive depth" in message:
        raise NotAFeed("nested deeper than 256 elements")


def _without_doctype(text: str) -> str:
    """Removes the DOCTYPE, unless it declares harmless entities. Raises NotAFeed for other entities."""
    head = text[:65536]
    start = head.find("<!DOCTYPE")
    if start < 0:
        if _ENTITY.search(head):
            raise NotAFeed("entity declaration outside a DOCTYPE")
        return text
    match = _DOCTYPE.match(text, start)
    subset = match[0] if match else text[start:]
    if len(_ENTITY.findall(subset)) != len(_SAFE_ENTITY.findall(subset)):
        raise NotAFeed("declares entities that could expand or read files")
    return text[:start] + text[match.end() :] if match and not _ENTITY.search(subset) else text


def _mended(text: str) -> etree._Element:
    start = re.search(r"<(?:\?xml|rss|feed|rdf:RDF|urlset|sitemapindex|channel)\b", text[:8192])
    pieces = markup_and_rest(text[start.start() :] if start else text)
    pieces[::2] = [
        _TEXT_ELEMENT.sub(_closed, _REFERENCE.sub(_reference, _HALVES.sub(_joined, _BARE_LT.sub("&lt;", piece))))
        for piece in pieces[::2]
    ]
    parser = _parser(recover=True)
    try:
        root = etree.fromstring(_DECLARATION.sub("", "".join(pieces), count=1).encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise NotAFeed(f"no XML: {error}") from None
    for problem in parser.error_log:
        _refuse_depth(problem.message)
    if root is None:
        raise NotAFeed("no XML")
    cut_short = any(problem.type_name in _CUT_SHORT for problem in parser.error_log)
    if cut_short and not _has_its_end(text, root):
        _drop_last_entry(root)
    return root


def lift_nested(root: etree._Element, *names: str) -> None:
    """Moves each entry that is inside another one behind it. In a tree, an unclosed entry contains all later ones.

    Takes linear time, because the parser allows at most 256 levels.
    """
    good = None  # the last element found to hold entries without being in one
    for node in list(root.iter(*names)):
        if (parent := node.getparent()) is good and good is not None:
            continue
        outer = next(node.iterancestors(*names), None)
        if outer is not None and outer is not root:
            outer.addnext(node)
        else:
            good = parent


def _has_its_end(text: str, root: etree._Element) -> bool:
    """Whether the document ends with the end tag of its root. Then it is broken, but not cut off."""
    end = re.search(r"</(?:[\w.-]++:)?([\w.-]++)\s*+>?\s*+$", text[-200:])
    return end is not None and end[1].lower() == str(root.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _reference(match: re.Match[str]) -> str:
    """Replaces HTML entities by their characters, and escapes other ampersands, so that XML can be parsed. A reference
    to a character that XML does not allow is removed."""
    number, name = match[1], match[2]
    if number:
        code = _code(number[1:-1])
        return f"&#{code};" if code <= sys.maxunicode and not _ILLEGAL.match(chr(code)) else ""
    if name in _XML_NAMES:
        return match[0]
    char = html.entities.html5.get(f"{name};") if name else None
    return char if char else "&amp;" + match[0][1:]


def _code(number: str) -> int:
    """The code point of a reference: decimal, or hexadecimal behind an x."""
    return int(number[1:], 16) if number[0] in "xX" else int(number)


def _joined(halves: re.Match[str]) -> str:
    pair = b"".join(_code(half).to_bytes(2, "big") for half in halves.groups())
    return pair.decode("utf-16-be", "ignore")


def _closed(element: re.Match[str]) -> str:
    """The start tag and content of a text element. If the tags in it are not closed in order, they become text."""
    opened: list[str] = []
    for end, name, alone in _INNER_TAG.findall(element[3]):
        if end and (not opened or opened.pop() != name):
            break
        if not end and not alone:
            opened.append(name)
    else:
        if not opened:
            return element[0]
    return element[1] + element[3].replace("<", "&lt;")


def _drop_last_entry(root: etree._Element) -> None:
    entries = list(root.iter("{*}item", "{*}entry", "{*}url", "{*}sitemap"))
    if not entries:
        raise NotAFeed("cut short before its first entry")
    if len(entries) > 1 and (parent := entries[-1].getparent()) is not None:
        parent.remove(entries[-1])
