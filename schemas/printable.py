"""Makes text safe to show to people: in a terminal, a page, a feed, a mail, a log.

Removed are characters that could control the program that shows the text: control characters (C0 and C1, so also ANSI
escapes), marks that change the direction of text (Unicode UAX #9), tag characters and other invisible format
characters, noncharacters and lone surrogates. All kinds of line breaks become a line feed; tabs stay.
"""

import re

#: Ranges for a regular expression. U+200B to U+200D are kept, because emoji and some scripts need them.
_UNSAFE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\u180e\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
)
_LEFT_OUT = re.compile(f"[{_UNSAFE}]+")
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_IN_JSON = re.compile(f"[{_UNSAFE}\x85\u2028\u2029]")


def printable(text: str) -> str:
    """The text without what would command a terminal, a browser or an XML parser."""
    return _LEFT_OUT.sub("", _BREAK.sub("\n", text))


def one_line(text: str) -> str:
    """The same on one line, with single spaces between words, so that a title cannot start a new header line."""
    return " ".join(printable(text).split())


def is_web(link: str) -> bool:
    """Whether a link leads to a page (http or https). A page can claim any text as its address."""
    return link.startswith(("https://", "http://"))


def printable_json(text: str) -> str:
    """JSON text that means the same, with those characters written as escapes: a program loses nothing."""
    return _IN_JSON.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
