"""CDATA sections and comments of feeds, also those whose end their publisher forgot or misspelt."""

import re

_OPEN, _CLOSE = "<![CDATA[", "]]>"
#: The mark as some publishers write it, in lower case.
CDATA_MARK = re.compile(r"<!\[CDATA\[", re.IGNORECASE)
#: CDATA sections and comments. Their content is not markup.
_NOT_MARKUP = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))", re.DOTALL)
#: The start tag in front of a section.
_OPENED = re.compile(r"<([A-Za-z_][\w.:-]{0,80})(?:\s[^<>]*)?>\s*\Z")
_TAG = re.compile(r"<(/?)([A-Za-z_][\w.:-]{0,80})(?=[\s>])")
_ENTRY_TAG = re.compile(r"</?(?:item|entry)[\s>]")


def with_section_ends(text: str) -> str:
    """The text with an end for each CDATA section that was never ended: it ends with the element that it stands in.

    Otherwise a section extends to the end of the next one, as XML says, and the entries in between are lost. It
    counts as never ended if the end tag of its element is in it, without a start tag, and an entry or another section
    begins behind that. Takes linear time: each character is looked at once, in no section more than once.
    """
    if text.count(_OPEN) <= text.count(_CLOSE):
        return text
    parts, at, end = [], 0, 0
    while (start := text.find(_OPEN, at)) >= 0:
        inside = start + len(_OPEN)
        if 0 <= end < inside:
            end = text.find(_CLOSE, inside)
        following = text.find(_OPEN, inside)
        limit = min(found for found in (end, following, len(text)) if found >= 0)
        closed = _end_tag(text, start, limit)
        if closed is not None and (limit != end or _ENTRY_TAG.search(text, closed, limit)):
            parts += [text[at:inside], _without_rest_of_mark(text[inside:closed]), _CLOSE]
            at = closed
        elif end < 0:
            break
        else:
            parts.append(text[at : end + 3])
            at = end + 3
    return "".join([*parts, text[at:]])


def _without_rest_of_mark(content: str) -> str:
    """The content of a section without what its publisher left of the mark at its end: `]>`, `]]` or `]] >`."""
    bare = content.rstrip()
    head = bare.removesuffix(">").rstrip()
    if head.endswith("]]"):
        return head[:-2]
    return head[:-1] if bare.endswith(">") and head.endswith("]") else content


def _end_tag(text: str, start: int, limit: int) -> int | None:
    """Where the element whose content begins with the section at `start` is closed, up to `limit`; None if nowhere."""
    opened = _OPENED.search(text, max(0, start - 300), start)
    if opened is None:
        return None
    depth = 0
    for tag in _TAG.finditer(text, start, limit):
        if tag[2] != opened[1]:
            continue
        depth += -1 if tag[1] else 1
        if depth < 0:
            return tag.start()
    return None


def markup_and_rest(text: str) -> list[str]:
    """The text, split so that every second piece is a CDATA section or a comment. A comment that never ends is none:
    only its mark is removed."""
    pieces = _NOT_MARKUP.split(text)
    if len(pieces) > 1 and (last := pieces[-2]).startswith("<!--") and not last.endswith("-->"):
        pieces[-3:] = _NOT_MARKUP.split(pieces[-3] + last.replace("<!--", ""))
    return pieces
