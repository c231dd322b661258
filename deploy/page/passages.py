"""Cuts the text around statements to their sentences, and merges excerpts that overlap into one with several marks. No
I/O."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from schemas.alert import AlertStatement

#: Characters of context shown before and after a statement, at most.
BESIDE = 120
#: Two statements are shown as one passage if at least this many characters of the second come after the first.
HEAD = 24
_SENTENCE = re.compile(r"(?<=[.!?…][\s”\"»’])|\n+")


class Excerpt(NamedTuple):
    """A part of a passage; `statement` is None for the text around statements."""

    text: str
    statement: AlertStatement | None


Passage = tuple[Excerpt, ...]


def passages(statements: Sequence[AlertStatement], others: Iterable[AlertStatement] = ()) -> list[Passage]:
    """The statements of one article and speaker, in the order of the text, as passages.

    A statement that stands in the text after the one before it is shown in the same passage. `others` are statements of
    the same article that are shown elsewhere: the context stops before them.
    """
    found: list[list[Excerpt]] = []
    elsewhere = [statement.text for statement in others]
    after = ""
    for statement in statements:
        start = after.find(statement.text.strip()[:HEAD]) if found else -1
        if start >= 0:
            found[-1].append(Excerpt(after[:start], None))
        else:
            close(found, after, elsewhere)
            found.append([Excerpt(before_it(statement.before, elsewhere), None)])
        found[-1].append(Excerpt(statement.text, statement))
        after = statement.after
    close(found, after, elsewhere)
    return [tuple(part for part in passage if part.text) for passage in found]


def close(found: list[list[Excerpt]], after: str, elsewhere: Sequence[str]) -> None:
    if found:
        found[-1].append(Excerpt(after_it(after, elsewhere), None))


def before_it(text: str, elsewhere: Sequence[str] = ()) -> str:
    """What stands before the statement in its sentence, without other statements."""
    for other in elsewhere:
        tail = other.strip()[-HEAD:]
        if tail and (end := text.rfind(tail)) >= 0:
            text = text[end + len(tail) :]
    text = _SENTENCE.split(text)[-1]
    return text if len(text) <= BESIDE else "… " + text[-BESIDE:].split(None, 1)[-1]


def after_it(text: str, elsewhere: Sequence[str] = ()) -> str:
    """What stands after the statement in its sentence, without other statements."""
    for other in elsewhere:
        head = other.strip()[:HEAD]
        if head and (start := text.find(head)) >= 0:
            text = text[:start]
    text = _SENTENCE.split(text, maxsplit=1)[0] if text.strip() else ""
    return text if len(text) <= BESIDE else text[:BESIDE].rsplit(None, 1)[0] + " …"
