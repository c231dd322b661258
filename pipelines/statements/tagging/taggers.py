"""The two taggers at work: tokens → cues, each with the spans of its content and its source."""

import functools
from dataclasses import dataclass, field
from importlib import resources
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.tagging import crf, linking
from pipelines.statements.tagging.candidates import Candidates, candidates
from pipelines.statements.tagging.features import Columns, tagger_features

LEAST_CHANCE = 0.2
"""Probability of a cue from which the second tagger looks at it."""
LEAST_CHANCE_SPANISH = 0.06
"""Lower: the tagger is less sure of itself in the language it saw less of."""
EASE = {"en": 2.0, "es": 3.0}
"""Added to the score of reading a candidate as a cue: trades precision for recall; set on held-out text."""
SURE = 0.65
"""Probability of a cue from which some content is insisted on, and what is then added to the score of its start."""
INSISTENCE = 4.0
INSISTED = frozenset({"en"})

AT_ONCE = 400
"""Candidates that are read at a time: each takes some 50 KB."""

Range = tuple[int, int]
Flags = NDArray[np.bool_]


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
    number: int = -1


@functools.cache
def models() -> tuple[crf.Model, crf.Model]:
    """Both models, read from the package's data once a process."""
    folder = resources.files("pipelines.statements") / "data"
    return crf.load((folder / "tagger.npz").read_bytes()), crf.load((folder / "linker.npz").read_bytes())


def tagged(columns: Columns, model: crf.Model) -> crf.Floats:
    """Probability of each label of the first tagger at each token."""
    lengths = np.bincount(columns.tokens.paragraph)
    return crf.marginals(model, model.emissions(tagger_features(columns)), lengths)[0]


def linked(columns: Columns, found: Candidates, probability: crf.Floats, model: crf.Model, lang: str) -> list[Raw]:
    """The candidates that the second tagger takes for cues, each with its content and source.

    Each reads the words around it on its own, so that they can be read some at a time: memory does not grow with them.
    """
    starts = linking.sure_starts(found, len(columns.tokens))
    parts = (found.part(at, at + AT_ONCE) for at in range(0, len(found), AT_ONCE))
    return [raw for part in parts for raw in _linked(columns, part, starts, probability, model, lang)]


def _linked(
    columns: Columns, found: Candidates, starts: Flags, probability: crf.Floats, model: crf.Model, lang: str
) -> list[Raw]:
    w = linking.windows(columns, found)
    scores = model.emissions(linking.linker_features(columns, found, starts, w, probability))
    inside = (w.token >= found.first[w.cue]) & (w.token < found.stop[w.cue])
    scores[inside, linking.CUE] += EASE[lang] / (found.stop - found.first)[w.cue][inside]
    labels = crf.viterbi(model, scores, w.lengths)
    again = _insist(model, scores, labels, found, w) if lang in INSISTED else np.zeros(len(found), bool)
    raws = _raws(labels.tolist(), found, w)
    for raw in raws:
        if again[raw.number]:
            _one_content(raw)
    return raws


def _one_content(raw: Raw) -> None:
    """Of several contents that were insisted on keep the longest; what stands right before the cue is the source."""
    assert raw.cue is not None
    longest = max(raw.content, key=lambda span: span[1] - span[0])
    before = [span for span in raw.content if span != longest and 0 <= raw.cue[0] - span[1] <= 3]
    raw.source = raw.source or (before[-1] if before else None)
    raw.content = [longest]
    raw.why = "content insisted on"


def _insist(model: crf.Model, scores: crf.Floats, labels: crf.Ints, found: Candidates, w: linking.Windows) -> Flags:
    """Read again, with content made likelier, where a sure cue was left without any; changes `labels`, tells where."""
    with_content = np.zeros(len(found), bool)
    with_content[w.cue[labels == linking.BEGIN]] = True
    again = ~with_content & (found.chance >= SURE)
    if not again.any():
        return again
    at = again[w.cue]
    eased = scores[at]
    eased[:, linking.BEGIN] += INSISTENCE
    labels[at] = crf.viterbi(model, eased, w.lengths[again])
    return again


def _raws(labels: list[int], found: Candidates, w: linking.Windows) -> list[Raw]:
    out = []
    at = 0
    for i, length in enumerate(w.lengths.tolist()):
        low = int(w.token[at])
        raw = _read(labels[at : at + length], low)
        at += length
        if raw.content:
            raw.cue = (int(found.first[i]), int(found.stop[i]))
            raw.number = i
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


def tag(tokens: Tokens, lang: str) -> tuple[list[Raw], Columns]:
    """Statements of the taggers, and the columns they were computed from."""
    columns = Columns(tokens, lang)
    first, second = models()
    probability = tagged(columns, first)
    found = candidates(tokens, probability, LEAST_CHANCE if lang == "en" else LEAST_CHANCE_SPANISH)
    return (linked(columns, found, probability, second, lang) if len(found) else []), columns
