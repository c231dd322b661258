"""Finds the place, and the outlet behind it, with which a paragraph of news begins: “EL PASO, Texas (KTSM) --”."""

import itertools
from collections.abc import Sequence

from pipelines.statements.constructions.transcript import paragraphs
from pipelines.statements.reading.closed_words import words_in
from pipelines.statements.reading.names import fold, tables
from pipelines.statements.reading.tokens import Tokens

_DASHES = frozenset({"—", "–", "-", "--", ".-", ".—"})
_IN_DATES = words_in(
    "de of ene feb mar abr may jun jul ago sep sept oct nov dic enero febrero marzo abril mayo junio julio agosto "
    "septiembre octubre noviembre diciembre"
)
DATELINE = 14
"""The dash of a dateline is among so many tokens."""


def datelines(tokens: Tokens) -> list[tuple[int, int]]:
    """The datelines with which paragraphs begin, as token ranges with their dash: “EL PASO, Texas (KTSM) --”.

    The place is written in capitals, and behind it are at most a region, a date and an outlet in brackets. It is no
    speaker, nor is the outlet.
    """
    found = []
    for first, _ in paragraphs(tokens, 0, len(tokens)):
        stop = _dateline_end(tokens.words[first : first + DATELINE + 1]) if tokens.words[first].isupper() else 0
        if stop and not tokens.quote[first + stop - 1]:
            found.append((first, first + stop))
    return found


def _dateline_end(words: Sequence[str]) -> int:
    """The number of words of a dateline, 0 if it is none. The first word after the dash has no small letter."""
    dash = next((k for k, word in enumerate(words) if word in _DASHES or word.endswith(".-")), 0)
    place = list(
        itertools.takewhile(lambda word: word not in {",", "(", "."} and word not in _DASHES, words[: dash + 1])
    )
    behind = words[len(place) : dash]
    if "(" in behind:
        behind = behind[: behind.index("(")] if behind[-1] == ")" else words
    goes_on = dash + 1 < len(words) and not words[dash + 1][0].islower()
    if not dash or not goes_on or len("".join(place)) <= 3 or not all(word.isupper() for word in place):
        return 0
    titled = any(fold(word) in tables().classes for word in place)
    small = any(word[0].islower() and word.lower() not in _IN_DATES for word in behind)
    return 0 if titled or small else dash + 1
