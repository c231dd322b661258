"""Cue candidates: runs of tokens to which the first tagger gives some probability of being a cue."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.statements.reading.tokens import Tokens

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

# Labels of the first tagger: outside, then beginning and inside of content, cue, source.
OUT, CONTENT_B, CONTENT_I, CUE_B, CUE_I, SOURCE_B, SOURCE_I = range(7)
LABELS = 7
FORBIDDEN = [
    (a, inside) for inside in (CONTENT_I, CUE_I, SOURCE_I) for a in range(LABELS) if a not in (inside, inside - 1)
]
NOT_FIRST = [CONTENT_I, CUE_I, SOURCE_I]


MOST = 3000
"""At most this many candidates of a text are used, the most probable. A transcript of an hour has about half."""


@dataclass(slots=True)
class Candidates:
    """Cue candidates as columns: first token, token after the last, probability."""

    first: Ints
    stop: Ints
    chance: Floats

    def __len__(self) -> int:
        return len(self.first)

    def part(self, first: int, stop: int) -> "Candidates":
        """The candidates numbered `first` to `stop` - 1."""
        return Candidates(self.first[first:stop], self.stop[first:stop], self.chance[first:stop])


def candidates(tokens: Tokens, probability: Floats, least: float) -> Candidates:
    """Runs of tokens whose probability to be in a cue is at least `least`, split where a new cue begins."""
    begin, inside = probability[:, CUE_B], probability[:, CUE_I]
    chance = begin + inside
    on = chance >= least
    if not on.any():
        return Candidates(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    before = np.concatenate([[False], on[:-1]])
    parted = np.diff(tokens.paragraph, prepend=-1) != 0
    opens = on & (~before | parted | (begin > inside))
    first = np.flatnonzero(opens)
    after = np.concatenate([~on[1:] | opens[1:], [True]])
    stop = np.flatnonzero(on & after) + 1
    highest = np.maximum.reduceat(np.where(on, chance, 0), first).astype(np.float32)
    if len(first) > MOST:
        kept = np.sort(np.argsort(-highest, kind="stable")[:MOST])
        first, stop, highest = first[kept], stop[kept], highest[kept]
    return Candidates(first, stop, highest)
