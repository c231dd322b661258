"""Cleans titles and other short texts of feeds: removes markup, decodes character references, keeps words in <>."""

import html
import re

#: CDATA markers that were escaped or doubled, so that they are part of the text.
_MARKS = re.compile(r"<!\[CDATA\[|&lt;!\[CDATA\[|\]\]>|\]\]&gt;")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)((?:\s[^<>]*)?)/?>")
_UNSEEN = re.compile(r"(?is)<(script|style)\b[^<>]*>[^<]{0,2000}</\1\s*>|<!--.*?(?:-->|\Z)")
#: Inline tags: they are removed without a space, because the text before and after may be one word.
_INLINE = frozenset((
    "a", "abbr", "b", "big", "cite", "em", "font", "i", "mark", "nobr", "q", "s", "small", "span", "strike", "strong",
    "sub", "sup", "tt", "u", "wbr",
))  # fmt: skip
#: Tags that are removed although they are never closed and have no attributes.
_ALONE = frozenset(("br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p"))


def without_marks(text: str) -> str:
    """The text without CDATA markers."""
    if "]" not in text and "[" not in text:  # one character is found much faster
        return text
    return _MARKS.sub("", text) if "]]" in text or "CDATA[" in text else text


def title_line(text: str) -> str:
    """The text on one line without markup. Publishers put tags and doubly escaped characters into titles.

    A tag that is never closed and has no attributes is kept as a word: "How <video> came to the web". An inline tag
    also needs a space on both sides.
    """
    text = without_marks(text)
    for _ in range(2):
        if "<" in text:
            text = _untagged(text)
        if "&" in text:
            text = without_marks(html.unescape(text))
    return " ".join(text.split())


def _untagged(text: str) -> str:
    text = _UNSEEN.sub(" ", text)
    closed = {match[2].lower() for match in _TAG.finditer(text) if match[1]}

    def replaced(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        if name in _INLINE:
            word = not (tag[1] or tag[3] or name in closed) and f" {text} "[tag.start() : tag.end() + 2]
            return tag[0] if word and word[0].isspace() and word[-1].isspace() else ""
        return " " if tag[1] or name in closed or name in _ALONE or "=" in tag[3] else tag[0]

    return _TAG.sub(replaced, text)


def as_html(text: str) -> str:
    """Converts plain text to HTML. A text without "<", or with a tag in it, is returned unchanged."""
    if "<" not in text or _TAG.search(text):
        return text  # without "<", it is valid HTML already; with a tag, it is HTML although labelled as plain text
    parts = (html.escape(html.unescape(part), quote=False) for part in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{part}</p>" for part in parts)
