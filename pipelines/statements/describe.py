"""Describes a statement: its kind, the sense of its cue, and whether the cue is negated."""

from typing import Literal

from pipelines.statements.attitude import conditional, negated, sense_of
from pipelines.statements.reading.tokens import QUOTES, Tokens
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Range, Raw
from schemas.limits import NAME
from schemas.statement import Cue

SHORT = 3
"""A quoted part of at most this many words, if it is only names, does not make a statement mixed."""


def cue_of(tokens: Tokens, columns: Columns, cue: Range) -> Cue:
    """The cue with its sense, and whether it is negated or conditional."""
    first, stop = cue
    start, end = tokens.start[first], tokens.end[stop - 1]
    return Cue(
        text=tokens.text[start:end][:NAME],
        start=start,
        end=end,
        sense=sense_of(tokens, columns, cue),
        negated=negated(tokens, cue),
        conditional=conditional(tokens, cue),
    )


def kind_of(tokens: Tokens, raw: Raw) -> Literal["direct", "indirect", "mixed"]:
    """direct: all words quoted; indirect: none; mixed: some. A short quoted name does not make a statement mixed."""
    if not any(any(tokens.quote[a:b]) for a, b in raw.content):
        return "indirect"
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
    return bool(quoted) and sum(w[0].isupper() or len(w) < 4 for w in quoted) / len(quoted) > 0.9
