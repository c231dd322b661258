"""Runs the two taggers: tokens → cues, each with the spans of its content and its source."""

import functools
import re
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
"""From this probability on, a cue candidate is passed to the second tagger."""
LEAST_CHANCE_SPANISH = 0.06
"""Lower, because the tagger had less Spanish training data and gives lower probabilities."""
EASE = {"en": 2.0, "es": 3.0}
"""Added to the score of a candidate as a cue: more recall, less precision. Tuned on held-out text."""
SURE = 0.65
"""From this probability on, a cue must have content: without any, it is decoded again with INSISTENCE added to the
score of the label that begins content."""
INSISTENCE = 4.0
INSISTED = frozenset({"en"})

AT_ONCE = 400
"""Candidates per batch. Each takes about 50 KB of memory."""

Range = tuple[int, int]
Flags = NDArray[np.bool_]


@dataclass(slots=True)
class Raw:
    """A statement as token ranges [first, stop) of content, cue and source. `why` says which rule or tagger made it."""

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
def models() -> tuple[crf.PackedModel, crf.PackedModel]:
    """Both models, read from the package data once per process."""
    folder = resources.files("pipelines.statements") / "data"
    return crf.load_packed((folder / "tagger.npz").read_bytes()), crf.load_packed((folder / "linker.npz").read_bytes())


def tagged(columns: Columns, model: crf.AnyModel) -> crf.Floats:
    """The probability of each label of the first tagger at each token."""
    lengths = np.bincount(columns.paragraph)
    return crf.probabilities(model, model.emissions(tagger_features(columns)), lengths)


def linked(columns: Columns, found: Candidates, probability: crf.Floats, model: crf.AnyModel, lang: str) -> list[Raw]:
    """The statements that the second tagger finds for the candidates, each with content and source.

    Candidates do not depend on each other, so they are processed in batches, and memory stays bounded.
    """
    starts = linking.sure_starts(found, len(columns.tokens))
    parts = (found.part(at, at + AT_ONCE) for at in range(0, len(found), AT_ONCE))
    return [raw for part in parts for raw in _linked(columns, part, starts, probability, model, lang)]


def _linked(
    columns: Columns, found: Candidates, starts: Flags, probability: crf.Floats, model: crf.AnyModel, lang: str
) -> list[Raw]:
    w = linking.windows(columns, found)
    scores = model.emissions(linking.linker_features(columns, found, starts, w, probability))
    inside = (w.token >= found.first[w.cue]) & (w.token < found.stop[w.cue])
    scores[inside, linking.CUE] += EASE[lang] / (found.stop - found.first)[w.cue][inside]
    labels = crf.viterbi(model, scores, w.lengths)
    again = _insist(model, scores, labels, found, w) if lang in INSISTED else np.zeros(len(found), bool)
    raws = _raws(labels, found, w)
    for raw in raws:
        if again[raw.number]:
            _one_content(raw)
    return raws


def _one_content(raw: Raw) -> None:
    """After decoding again, keep only the longest content. Another one right before the cue becomes the source."""
    assert raw.cue is not None
    longest = max(raw.content, key=lambda span: span[1] - span[0])
    before = [span for span in raw.content if span != longest and 0 <= raw.cue[0] - span[1] <= 3]
    raw.source = raw.source or (before[-1] if before else None)
    raw.content = [longest]
    raw.why = "content insisted on"


def _insist(model: crf.AnyModel, scores: crf.Floats, labels: crf.Ints, found: Candidates, w: linking.Windows) -> Flags:
    """Decode sure cues without content again, with content made more likely. Changes `labels`; returns which cues."""
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


_RUN = re.compile(b"[%c][%c%c]*|[%c]+" % (linking.BEGIN, linking.INSIDE, linking.END, linking.SOURCE))
"""Labels, one byte each, of one span of content or one source."""


def _raws(labels: crf.Ints, found: Candidates, w: linking.Windows) -> list[Raw]:
    out = []
    joined = labels.astype(np.uint8).tobytes()
    at = 0
    for i, length in enumerate(w.lengths.tolist()):
        content: list[Range] = []
        sources: list[Range] = []
        shift = int(w.token[at]) - at
        for run in _RUN.finditer(joined, at, at + length):
            spans = content if joined[run.start()] == linking.BEGIN else sources
            spans.append((run.start() + shift, run.end() + shift))
        at += length
        if content:
            cue, source = (int(found.first[i]), int(found.stop[i])), max(sources, key=_tokens_in, default=None)
            out.append(Raw(content, cue, source, float(found.chance[i]), "cue and content tagged", number=i))
    return out


def _tokens_in(span: Range) -> int:
    return span[1] - span[0]


def tag(tokens: Tokens, lang: str) -> tuple[list[Raw], Columns]:
    """The statements found by the taggers, and the token attributes they were computed from."""
    columns = Columns(tokens, lang)
    first, second = models()
    probability = tagged(columns, first)
    found = candidates(tokens, probability, LEAST_CHANCE if lang == "en" else LEAST_CHANCE_SPANISH)
    return (linked(columns, found, probability, second, lang) if len(found) else []), columns
