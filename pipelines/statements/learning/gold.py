"""Gold in the style of PolNeAR (spans of content, cue, source) → labels for the two taggers.

Newell, Margolin, Ruths (2018): An Attribution Relations Corpus for Political News.
"""

import json
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.tagging import candidates, linking

Ints = NDArray[np.int64]
Document = dict[str, Any]


def read_gold(path: Path) -> list[Document]:
    """Documents of a JSON-lines file: id, lang, text, attributions."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def token_span(tokens: Tokens, start: int, end: int) -> tuple[int, int]:
    """The tokens that overlap a span of characters, as (first, after the last)."""
    return bisect_right(tokens.end, start), bisect_left(tokens.start, end)


def cue_span(tokens: Tokens, attribution: Document) -> tuple[int, int]:
    """The tokens of the first cue of an attribution; (0, 0) if it has none."""
    return token_span(tokens, *attribution["cue"][0]) if attribution["cue"] else (0, 0)


def tagger_labels(tokens: Tokens, attributions: list[Document]) -> Ints:
    """Labels of the first tagger. Where spans overlap, cue has priority over source, and source over content."""
    labels = np.zeros(len(tokens), np.int64)
    for key, begin in (("content", candidates.CONTENT_B), ("source", candidates.SOURCE_B), ("cue", candidates.CUE_B)):
        for attribution in attributions:
            for start, end in attribution[key]:
                first, stop = token_span(tokens, start, end)
                if stop > first:
                    labels[first:stop] = begin + 1
                    labels[first] = begin
    for i, label in enumerate(labels):
        inside = label in (candidates.CONTENT_I, candidates.CUE_I, candidates.SOURCE_I)
        if inside and (
            i == 0 or labels[i - 1] not in (label, label - 1) or tokens.paragraph[i] != tokens.paragraph[i - 1]
        ):
            labels[i] = label - 1
    return labels


def linker_labels(tokens: Tokens, attribution: Document, low: int, high: int, cue: tuple[int, int]) -> Ints:
    """Labels of the second tagger for the tokens `low` to `high` - 1 around the candidate `cue`."""
    labels = np.zeros(high - low, np.int64)

    def inside(span: list[int]) -> tuple[int, int]:
        first, stop = token_span(tokens, *span)
        return max(first, low) - low, min(stop, high) - low

    for span in attribution["source"]:
        first, stop = inside(span)
        labels[first : max(stop, first)] = linking.SOURCE
    for span in attribution["content"]:
        first, stop = inside(span)
        if stop > first:
            labels[first:stop] = linking.INSIDE
            labels[stop - 1] = linking.END
            labels[first] = linking.BEGIN
    labels[cue[0] - low : cue[1] - low] = linking.CUE
    return _mended(labels)


def _mended(labels: Ints) -> Ints:
    for i in range(len(labels)):
        after = labels[i + 1] if i + 1 < len(labels) else -1
        opened = i > 0 and labels[i - 1] in (linking.BEGIN, linking.INSIDE)
        if labels[i] in (linking.INSIDE, linking.END) and not opened:
            labels[i] = linking.BEGIN
        if labels[i] == linking.INSIDE and after not in (linking.INSIDE, linking.END):
            labels[i] = linking.END
    return labels


def owners(first: Ints, stop: Ints, gold: list[tuple[int, int]]) -> list[int]:
    """For each candidate the index of the gold cue that it overlaps, or -1. Each gold cue is used once."""
    taken: set[int] = set()
    out = []
    for a, b in zip(first, stop, strict=True):
        match = next((j for j, (x, y) in enumerate(gold) if x < b and a < y and j not in taken), -1)
        if match >= 0:
            taken.add(match)
        out.append(match)
    return out
