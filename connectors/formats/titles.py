"""Titles and other short texts of feeds: markup and references go, words stay, also those that look like tags."""

import html
import re

#: Marks of CDATA that were escaped themselves, or stand twice, and so arrive as text.
_MARKS = re.compile(r"<!\[CDATA\[|&lt;!\[CDATA\[|\]\]>|\]\]&gt;")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)((?:\s[^<>]*)?)/?>")
_UNSEEN = re.compile(r"(?is)<(script|style)\b[^<>]*>[^<]{0,2000}</\1\s*>|<!--.*?(?:-->|\Z)")
#: Tags that change letters only: what stands before and behind them may be one word.
_INLINE = frozenset((
    "a", "abbr", "b", "big", "cite", "em", "font", "i", "mark", "nobr", "q", "s", "small", "span", "strike", "strong",
    "sub", "sup", "tt", "u", "wbr",
))  # fmt: skip
_ALONE = frozenset((
    "area", "base", "br", "col", "div", "embed", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "input", "link",
    "meta", "p", "source", "track",
))  # fmt: skip


def without_marks(text: str) -> str:
    """A text without the marks of CDATA sections: they are no part of what anybody wrote."""
    return _MARKS.sub("", text) if "]]" in text or "CDATA[" in text else text


def title_line(text: str) -> str:
    """Text on one line without markup: publishers put tags and twice-escaped characters into titles.

    A name in angle brackets that is closed nowhere and has no attributes is a word: "How <video> came to the web".
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
            return ""
        return " " if tag[1] or name in closed or name in _ALONE or "=" in tag[3] else tag[0]

    return _TAG.sub(replaced, text)


def as_html(text: str) -> str:
    """Plain text as the HTML that an entry's texts are: only where a "<" in it would be taken for a tag."""
    if "<" not in text or _TAG.search(text):
        return text  # without "<" it is both; with a tag in it, it is HTML under a wrong name
    parts = (html.escape(html.unescape(part), quote=False) for part in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{part}</p>" for part in parts)
