"""Splits an article's text into pieces and marks the alerted statements. No I/O."""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.alert import Alert


class Piece(NamedTuple):
    text: str
    marked: bool


def marked_paragraphs(text: str, statements: Iterable[str]) -> list[list[Piece]]:
    """The paragraphs of a text, each as pieces. A statement is marked only where it is found word for word."""
    marked = bytearray(len(text))
    for statement in statements:
        start = text.find(statement) if statement else -1
        if start >= 0:
            marked[start : start + len(statement)] = b"\1" * len(statement)
    found, start = [], 0
    for part in text.split("\n\n"):
        if part.strip():
            found.append(pieces(part, marked[start : start + len(part)]))
        start += len(part) + 2
    return found


def pieces(text: str, marked: bytearray) -> list[Piece]:
    found, start = [], 0
    for end in range(1, len(text) + 1):
        if end == len(text) or marked[end] != marked[start]:
            found.append(Piece(text[start:end], bool(marked[start])))
            start = end
    return found


def source_paragraphs(alert: Alert, text: str | None) -> list[list[Piece]]:
    """The text of the alert's article, or without it the text around the statements, with the statements marked."""
    return marked_paragraphs(text or around(alert), [statement.text for statement in alert.statements])


def around(alert: Alert) -> str:
    """The text around the statements, used when the article's full text is no longer kept."""
    return "\n\n".join(s.before + s.text + s.after for s in alert.statements)
