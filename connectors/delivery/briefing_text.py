"""Writes a briefing as plain text, Markdown or the HTML of a mail, and cuts it into messages."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from connectors.delivery.message_text import shortened, size
from schemas.printable import is_web

Format = Literal["text", "markdown", "html"]
#: A line of a briefing: its kind, its text, and an address where it leads (or "").
BriefLine = tuple[Literal["title", "topic", "statement", "note", "text"], str, str]
#: Bytes that one byte of text can take in a format.
ESCAPED: Mapping[Format, int] = {"text": 1, "markdown": 2, "html": 6}
#: Bytes kept free for what a format puts around a line, and for the number of a message.
AROUND = 60


@dataclass(frozen=True)
class BriefingMessage:
    """A briefing to be sent. `id` is the same at every try. `count` is how many statements it tells. The first of
    `lines` is its title."""

    id: str
    route: str
    at: datetime
    since: datetime
    count: int
    lines: tuple[BriefLine, ...]

    @property
    def title(self) -> str:
        return self.lines[0][1]


def briefing_parts(briefing: BriefingMessage, form: Format, limit: int) -> list[tuple[str, str]]:
    """(title, body) of each message, each at most `limit` bytes in UTF-8. A statement and its note stay together; what
    is too long for one message is shortened."""
    title = shortened(briefing.title, limit // 3)
    room = limit - size(title) - 12  # the number of a message, such as " (12/34)"
    bodies: list[list[BriefLine]] = []
    for piece in kept_together(briefing.lines[1:]):
        fitting = piece if size(RENDER[form](piece)) <= room else cut(piece, room, form)
        if bodies and size(RENDER[form]([*bodies[-1], *fitting])) <= room:
            bodies[-1] += fitting
        else:
            bodies.append(list(fitting))
    many = len(bodies)
    heads = (title + (f" ({number}/{many})" if many > 1 else "") for number in range(1, many + 1))
    return [(head, RENDER[form](body).strip()) for head, body in zip(heads, bodies, strict=True)]


def kept_together(lines: Iterable[BriefLine]) -> Iterator[list[BriefLine]]:
    """The lines that must stay together: a topic with its first statement, a statement with its note."""
    piece: list[BriefLine] = []
    for line in lines:
        if piece and line[0] != "note" and piece[-1][0] != "topic":
            yield piece
            piece = []
        piece.append(line)
    if piece:
        yield piece


def cut(piece: Sequence[BriefLine], room: int, form: Format) -> list[BriefLine]:
    """The lines in at most `room` bytes of a format: without addresses, and with shortened texts."""
    most = max(0, (room // len(piece) - AROUND) // ESCAPED[form])
    return [(kind, shortened(text, most), "") for kind, text, _ in piece]


def plain_text(found: Iterable[BriefLine]) -> str:
    shapes = {"title": "{0}\n", "topic": "\n{0}\n", "statement": "  • {0}\n    {1}", "note": "    {0}", "text": "\n{0}"}
    return "\n".join(shapes[kind].format(text, link).rstrip(" ") for kind, text, link in found)


def markdown_text(found: Iterable[BriefLine]) -> str:
    """Characters that Markdown would read as markup are escaped, so that an article's text cannot add any."""
    shapes = {"title": "# {0}\n", "topic": "\n## {0}\n", "statement": "- {0}", "note": "  {0}", "text": "\n{0}"}

    def line(kind: str, text: str, link: str) -> str:
        shown = shapes[kind].format(re.sub(r"([\\`*_{}\[\]<>#|~!])", r"\\\1", text))
        return f"{shown} [→]({escaped(link)})  " if kind == "statement" and is_web(link) else shown

    return "\n".join(line(*each) for each in found)


def html_document(found: Iterable[BriefLine]) -> str:
    """A whole document for a mail: no style sheet, no script, no picture."""
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{html_lines(found)}\n</body></html>'


def html_lines(found: Iterable[BriefLine]) -> str:
    tags = {"title": "h1", "topic": "h2", "note": "small", "text": "p", "statement": "p"}

    def line(kind: str, text: str, link: str) -> str:
        body = html.escape(text)
        if kind == "statement" and is_web(link):
            body = f'<a href="{html.escape(link)}">{body}</a>'
        return f"<{tags[kind]}>{body}</{tags[kind]}>"

    return "\n".join(line(*each) for each in found)


def escaped(link: str) -> str:
    """The address without characters that would end a link in Markdown."""
    return re.sub(r"[()<>]|\s", percent, link)


def percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


Render = Callable[[Iterable[BriefLine]], str]
RENDER: Mapping[Format, Render] = {"text": plain_text, "markdown": markdown_text, "html": html_document}
