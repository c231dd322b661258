"""The two taggers at work: tokens → cues, each with the spans of its content and its source."""

import functools
from dataclasses import dataclass, field
from importlib import resources
from typing import Literal

import numpy as np

from pipelines.statements import crf, linking
from pipelines.statements.candidates import Candidates, candidates
from pipelines.statements.features import Columns, tagger_features
from pipelines.statements.tokens import Tokens

LEAST_CHANCE = 0.12
"""Probability of a cue from which the second tagger looks at it."""
LEAST_CHANCE_SPANISH = 0.06
"""Lower: the tagger is less sure of itself in the language it saw less of."""
EASE = {"en": 2.0, "es": 2.0}
"""Added to the score of reading a candidate as a cue: trades precision for recall; set on held-out text."""

Range = tuple[int, int]


@dataclass(slots=True)
class Raw:
    """A statement in tokens: ranges [first, stop) of content, cue and source; `why` says what made it."""

    content: list[Range]
    cue: Range | None = None
    source: Range | None = None
    chance: float = 1.0
    why: str = ""
    kind: Literal["direct", "indirect", "mixed", "release"] | None = None
    speaker: str | None = None
    notes: dict[str, str] = field(default_factory=dict)


@functools.cache
def models() -> tuple[crf.Model, crf.Model]:
    """Both models, read from the package's data once a process."""
    folder = resources.files("pipelines.statements") / "data"
    return crf.load((folder / "tagger.npz").read_bytes()), crf.load((folder / "linker.npz").read_bytes())


def tagged(columns: Columns, model: crf.Model) -> crf.Floats:
    """Probability of each label of the first tagger at each token."""
    lengths = np.bincount(columns.tokens.paragraph)
    return crf.marginals(model, model.emissions(tagger_features(columns)), lengths)[0]


def linked(columns: Columns, found: Candidates, probability: crf.Floats, model: crf.Model, ease: float) -> list[Raw]:
    """The candidates that the second tagger takes for cues, each with its content and source."""
    w = linking.windows(columns, found)
    scores = model.emissions(linking.linker_features(columns, found, w, probability))
    inside = (w.token >= found.first[w.cue]) & (w.token < found.stop[w.cue])
    scores[inside, linking.CUE] += ease / (found.stop - found.first)[w.cue][inside]
    labels = crf.viterbi(model, scores, w.lengths).tolist()
    out = []
    at = 0
    for i, length in enumerate(w.lengths.tolist()):
        low = int(w.token[at])
        raw = _read(labels[at : at + length], low)
        at += length
        if raw.content:
            raw.cue = (int(found.first[i]), int(found.stop[i]))
            raw.chance = float(found.chance[i])
            out.append(raw)
    return out


def _read(labels: list[int], low: int) -> Raw:
    content: list[Range] = []
    sources: list[Range] = []
    i, n = 0, len(labels)
    while i < n:
        label = labels[i]
        stop = i + 1
        if label == linking.BEGIN:
            while stop < n and labels[stop] in (linking.INSIDE, linking.END):
                stop += 1
            content.append((low + i, low + stop))
        elif label == linking.SOURCE:
            while stop < n and labels[stop] == linking.SOURCE:
                stop += 1
            sources.append((low + i, low + stop))
        i = stop
    return Raw(content, source=max(sources, key=lambda s: s[1] - s[0], default=None), why="cue and content tagged")


def tag(tokens: Tokens, lang: str) -> tuple[list[Raw], crf.Floats, Columns]:
    """Statements of the taggers, the first tagger's probabilities, and the columns they were computed from."""
    columns = Columns(tokens, lang)
    first, second = models()
    probability = tagged(columns, first)
    found = candidates(tokens, probability, LEAST_CHANCE if lang == "en" else LEAST_CHANCE_SPANISH)
    return (linked(columns, found, probability, second, EASE[lang]) if len(found) else []), probability, columns
