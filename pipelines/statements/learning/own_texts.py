"""Reads the texts that were written for learning: invented persons and outlets, with gold in marks.

The taggers and the models of topics learn from those in `texts/`, the models of topics also from `topic_texts/`.

A document begins with a line `# LANG DATE TITLE`. In its text,

    [a words]     are a statement; the letters before the space name its topics (`TOPICS`), `-` none, and `?` after
                  them says that reasonable people would differ on the topic
    [a=Ana Ruiz: words]   the same, by a speaker who is no source in the text
    [+ words]     are a further piece of the last statement
    <said>        is the cue of the next statement; <^said> that of the last one
    {The judge}   is the source of the next statement, {^The judge} that of the last one; {She=Ana Ruiz} also gives
                  the name of the speaker

The name of a speaker is otherwise the longest name before it that ends in the same word, and that of a pronoun or of a
statement without a source the speaker of the statement before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Document = dict[str, Any]

FOLDER = Path(__file__).parent / "texts"
TOPIC_FOLDER = Path(__file__).parent / "topic_texts"
TOPICS = {"m": "merida", "f": "security-framework", "a": "arms-trafficking"}

_HEAD = re.compile(r"^# (en|es) (\d{4}-\d\d-\d\d) (.+)$")
_MARK = re.compile(
    r"\[(?P<code>[amf]+\??|-|\+)(?:=(?P<by>[^\[\]]+?):)? (?P<content>[^\[\]]+)\]"
    r"|<(?P<cue>\^?[^<>]+)>"
    r"|\{(?P<source>\^?[^{}=]+)(?:=(?P<name>[^{}]+))?\}"
)
_PRONOUNS = frozenset(("he", "she", "they", "it", "both", "él", "ella", "ellos", "ellas", "ambos", "ambas"))


@dataclass
class _Statement:
    content: list[list[int]] = field(default_factory=list)
    cue: list[list[int]] = field(default_factory=list)
    source: list[list[int]] = field(default_factory=list)
    code: str = ""
    name: str = ""


def own_documents(folder: Path = FOLDER) -> list[Document]:
    """The documents of all files, in the format of `gold.read_gold`. Raises ValueError, with the document, for a mark
    that is not valid."""
    return [document for path in sorted(folder.glob("*.txt")) for document in _documents(path)]


def _documents(path: Path) -> Iterator[Document]:
    parts = re.split(r"(?m)^(?=# )", path.read_text(encoding="utf-8"))
    for number, part in enumerate(filter(None, map(str.strip, parts)), 1):
        head, _, body = part.partition("\n")
        yield parsed(head, body.strip(), f"{path.stem}-{number:02}")


def parsed(head: str, body: str, name: str) -> Document:
    """One document from its first line and its text with marks. Raises ValueError."""
    match = _HEAD.match(head)
    if match is None:
        raise ValueError(f"{name}: a document begins with `# LANG DATE TITLE`, not with {head!r}")
    text, made, waiting, at = "", [], _Statement(), 0
    for mark in _MARK.finditer(body):
        text += body[at : mark.start()]
        if (waiting.cue or waiting.source) and "\n" in body[at : mark.start()]:
            raise ValueError(f"{name}: no statement after the cue or source near {text[-80:]!r}")
        at = mark.end()
        words = next(filter(None, (mark["content"], mark["cue"], mark["source"])))
        back, words = words[0] == "^", words.removeprefix("^")
        span = [len(text), len(text) + len(words)]
        text += words
        if mark["content"] and mark["code"] != "+":
            waiting.code = mark["code"]
            made.append(waiting)
            waiting = _Statement()
        if (back or mark["code"] == "+") and not made:
            raise ValueError(f"{name}: {mark[0]!r} has no statement before it")
        to = made[-1] if back or mark["content"] else waiting
        spans = to.content if mark["content"] else to.cue if mark["cue"] else to.source
        if spans and not mark["content"]:
            raise ValueError(f"{name}: {mark[0]!r} is a second cue or source of its statement")
        spans.append(span)
        to.name = mark["by"] or mark["name"] or to.name
    text += body[at:]
    if found := re.search(r"[\[\]<>{}]", text):
        raise ValueError(f"{name}: a mark is not closed or not valid near {text[max(found.start() - 40, 0) :][:80]!r}")
    if waiting.cue or waiting.source:
        raise ValueError(f"{name}: no statement after the cue or source near {text[-80:]!r}")
    return {
        "id": name,
        "lang": match[1],
        "date": match[2],
        "title": match[3],
        "text": text,
        "attributions": list(_gold(text, made)),
    }


def _gold(text: str, made: list[_Statement]) -> Iterator[Document]:
    names: list[str] = []
    for its in made:
        written = text[slice(*its.source[0])] if its.source else ""
        name = its.name or _resolved(written, names)
        names.append(name)
        yield {
            "content": its.content,
            "cue": its.cue,
            "source": its.source,
            "speaker": name or None,
            "topics": [TOPICS[letter] for letter in its.code if letter in TOPICS],
            "maybe": its.code.endswith("?"),
        }


def _resolved(written: str, names: list[str]) -> str:
    """The full name for a source as written, from the speakers of the statements before."""
    if not written or written.lower() in _PRONOUNS:
        return names[-1] if names else written
    same = [name for name in names if name.split()[-1:] == written.split()[-1:]]
    return max([*same, written], key=len)
