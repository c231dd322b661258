"""Small sentences with their statements marked in the text: [content] {cue} <source>; {+…+} and {-…-} are context."""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.support.paths import TESTS

FOLDER = TESTS / "pipelines" / "statements"
FIELDS = {"text", "kind", "speaker", "role", "sense", "negated", "said", "date", "place", "known_gap"}
_MARK = re.compile(r"\{[+-]|[+-]\}|[\[\]{}<>]")


@dataclass
class Sentence:
    """A text without its marks, the spans that were marked, and what else is expected."""

    lang: str
    construction: str
    text: str
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    silent: bool = False
    expected: dict[str, Any] = field(default_factory=dict)


def parse(marked: str) -> tuple[str, dict[str, list[tuple[int, int]]], bool]:
    """The text, its spans by name (content, cue, source, context), and whether nobody speaks in it."""
    names = {"[": "content", "{": "cue", "<": "source", "{+": "context", "{-": "silent"}
    text, at, opened = "", 0, []
    spans: dict[str, list[tuple[int, int]]] = {}
    for mark in _MARK.finditer(marked):
        text += marked[at : mark.start()]
        at = mark.end()
        if mark[0] in names:
            opened.append((names[mark[0]], len(text)))
        else:
            name, start = opened.pop()
            spans.setdefault(name, []).append((start, len(text)))
    text += marked[at:]
    return text, spans, "silent" in spans


def sentences(lang: str) -> list[Sentence]:
    """Every sentence of a language. Raises ValueError for a field that is none."""
    groups = yaml.safe_load((FOLDER / f"{lang}.yaml").read_text(encoding="utf-8"))
    found = []
    for construction, cases in groups.items():
        for case in cases:
            if unknown := set(case) - FIELDS:
                raise ValueError(f"{lang} {construction}: no such field: {unknown}")
            text, spans, silent = parse(case["text"])
            expected = {k: v for k, v in case.items() if k != "text"}
            found.append(Sentence(lang, construction, text, spans, silent, expected))
    return found
