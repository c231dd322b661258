"""What a statement is: its kind, the sense of its cue, and whether the cue is negated."""

from typing import Literal

import numpy as np

from pipelines.statements.reading.lexicon import FORMS, SENSES
from pipelines.statements.reading.tokens import QUOTES, Tokens
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Range, Raw
from schemas.statement import Cue

_NEGATIONS = frozenset(
    {"not", "n't", "never", "no", "without", "neither", "nor", "nunca", "jamás", "sin", "tampoco", "ni"}
)
_BEFORE = 3
SHORT = 3
"""Quoted words, at most so many, that make no statement mixed: titles and names."""


def cue_of(tokens: Tokens, columns: Columns, cue: Range) -> Cue:
    """The cue with its sense and negation."""
    first, stop = cue
    known = [k for k in range(first, stop) if columns.sense[k]]
    verbs = [k for k in known if FORMS[int(columns.form[k]) - 1] != "noun" and int(columns.cue[k]) & 1]
    senses = [int(columns.sense[k]) for k in (verbs or known)]
    low = first
    while low > 0 and first - low < _BEFORE and tokens.sentence[low - 1] == tokens.sentence[first]:
        low -= 1
    near = [word.lower() for word in tokens.words[low:stop]]
    negated = any(word in _NEGATIONS or word.endswith(("n't", "n’t")) for word in near) and tokens.words[first] != ":"
    start, end = tokens.start[first], tokens.end[stop - 1]
    sense = _phrase(tokens.text[start:end].lower()) or (SENSES[senses[-1] - 1] if senses else "said")
    return Cue(text=tokens.text[start:end], start=start, end=end, sense=sense, negated=negated)


_PHRASES = (
    (("declin", "refus", "se neg", "neg", "rechaz", "den"), "denied"),
    (
        (
            "call on",
            "called on",
            "calling on",
            "calls on",
            "call for",
            "called for",
            "calling for",
            "calls for",
            "llamado a",
            "llamó a",
            "exhort",
        ),
        "demanded",
    ),
)


def _phrase(text: str) -> str | None:
    if text.startswith(("according to", "según", "de acuerdo")):
        return "said"
    for heads, sense in _PHRASES:
        if text.startswith(heads) and not text.startswith(("negoci", "denunc", "denot")):
            return sense
    return None


def kind_of(tokens: Tokens, raw: Raw) -> Literal["direct", "indirect", "mixed"]:
    """direct: all of it quoted; indirect: none of it; mixed: some. A short quoted name makes nothing mixed."""
    inside = outside = 0
    longest = run = 0
    for a, b in raw.content:
        for i in range(a, b):
            if tokens.words[i] in QUOTES or not tokens.words[i][0].isalnum():
                continue
            if tokens.quote[i]:
                inside += 1
                run += 1
                longest = max(longest, run)
            else:
                outside += 1
                run = 0
        run = 0
    if not outside:
        return "direct" if inside else "indirect"
    if not inside:
        return "indirect"
    return "mixed" if longest > SHORT or not _names_only(tokens, raw) else "indirect"


def _names_only(tokens: Tokens, raw: Raw) -> bool:
    quoted = [
        tokens.words[i] for a, b in raw.content for i in range(a, b) if tokens.quote[i] and tokens.words[i][0].isalpha()
    ]
    return bool(quoted) and bool(np.mean([w[0].isupper() or len(w) < 4 for w in quoted]) > 0.9)
