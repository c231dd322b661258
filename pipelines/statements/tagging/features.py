"""Hashed features of the tokens for the first tagger, which labels words as cue, content or source."""

import numpy as np
from numpy.typing import NDArray

from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.tagging.crf import HASH_BITS
from pipelines.statements.tagging.words import (
    CUE,
    FEW,
    FORM,
    LIKE,
    MANY,
    MIDDLE_PATH,
    PATH,
    SENSE,
    SHAPE,
    SHORT_PATH,
    SUFFIX,
    WORD,
    types,
)

Ints = NDArray[np.int64]
CACHED = 1 << 15
"""So many hashed features are computed at once, 256 KB of them."""


def shifted(column: Ints, by: int, fill: int = -1) -> Ints:
    """The column shifted so that each token gets the value of the token `by` places later (earlier if negative)."""
    if not by:
        return column
    out = np.empty_like(column)
    if by > 0:
        out[:-by], out[-by:] = column[by:], fill
    else:
        out[-by:], out[:-by] = column[:by], fill
    return out


def hashed(templates: list[tuple[Ints, ...]], number: int) -> NDArray[np.int32]:
    """The hashed features of some tokens, templates × tokens. Each template is the columns that make its feature.

    `number` is that of the first template, which separates features with equal columns. As many templates are computed
    at once as fit into the processor's cache: for short texts the calls of numpy cost more than the arithmetic.
    """
    size = len(templates[0][0])
    out = np.empty((len(templates), size), np.int32)
    longest_first = sorted(range(len(templates)), key=lambda i: -len(templates[i]))
    at_once = max(CACHED // max(size, 1), 1)
    for begin in range(0, len(templates), at_once):
        part = longest_first[begin : begin + at_once]
        seeds = (np.array(part, np.uint64) + np.uint64(number)) * np.uint64(0x9E3779B1) + np.uint64(0x7F4A7C15)
        key = np.repeat(seeds[:, None], size, axis=1)
        for k in range(len(templates[part[0]])):
            longer = [i for i in part if len(templates[i]) > k]
            some = key[: len(longer)]
            for row, i in zip(some.view(np.int64), longer, strict=True):
                row ^= templates[i][k]
            some *= np.uint64(0x9E3779B97F4A7C15)
            some ^= some >> np.uint64(29)
        key *= np.uint64(0xBF58476D1CE4E5B9)
        out[part] = key >> np.uint64(64 - HASH_BITS)
    return out


def bucket(distance: Ints) -> Ints:
    """Signed bucket numbers for distances in tokens: 0, 1, 2, 3, 4-5, 6-8, 9-15, 16-30, more."""
    return np.searchsorted(np.array([1, 2, 3, 4, 6, 9, 16, 31]), np.abs(distance), side="right") * np.sign(
        np.where(distance == 0, 1, distance)
    )


def last_where(flags: NDArray[np.bool_]) -> Ints:
    """For each token the index of the last flagged token up to and including it; -1 if there is none."""
    index = np.where(flags, np.arange(len(flags)), -1)
    return np.maximum.accumulate(index)


def next_where(flags: NDArray[np.bool_]) -> Ints:
    """For each token the index of the next flagged token, itself included; the length if there is none."""
    n = len(flags)
    index = np.where(flags, np.arange(n), n)
    return np.minimum.accumulate(index[::-1])[::-1]


def starts_of(groups: Ints) -> NDArray[np.bool_]:
    """True for the first token of each run of equal values."""
    out = np.ones(len(groups), bool)
    out[1:] = groups[1:] != groups[:-1]
    return out


class Columns:
    """Attributes of the tokens of a text, computed once and used by both taggers."""

    def __init__(self, tokens: Tokens, lang: str) -> None:
        rows = np.ascontiguousarray(types(lang).rows(tokens.words).T)
        n = len(tokens)
        self.tokens = tokens
        given = (tokens.paragraph, tokens.sentence, tokens.quote, tokens.quotation, tokens.mark)
        self.paragraph, self.sentence, self.quote, self.quotation, self.mark = np.array(given, np.int64)
        self.word, self.like, self.shape = rows[WORD], rows[LIKE], rows[SHAPE]
        self.suffix, self.cue, self.sense, self.form = rows[SUFFIX], rows[CUE], rows[SENSE], rows[FORM]
        self.few, self.many = rows[FEW], rows[MANY]
        self.short, self.middle, self.path = rows[SHORT_PATH], rows[MIDDLE_PATH], rows[PATH]
        at = np.arange(n)
        self.state = np.minimum(self.quote, 2) * 3 + self.mark
        first = starts_of(self.sentence)
        self.first = first
        self.from_start = at - last_where(first)
        self.final = np.append(first[1:], True) if n else first
        self.paragraph_start = starts_of(self.paragraph)
        self.in_sentence = self._any_in(self.sentence, self.quote > 0)
        self.place = np.minimum(self.paragraph, 2)
        near_left = last_where(self.cue > 0)
        near_right = next_where(self.cue > 0)
        padded = np.append(self.cue, 0)
        sentence = np.append(self.sentence, -1)
        self.left_cue = np.where((near_left >= 0) & (sentence[near_left] == self.sentence), padded[near_left], 0)
        self.right_cue = np.where(sentence[near_right] == self.sentence, padded[near_right], 0)
        self.left_far, self.right_far = bucket(at - near_left), bucket(near_right - at)
        marks = self.mark > 0
        self.since_mark = bucket(np.where(last_where(marks) >= 0, at - last_where(marks), 99))
        self.until_mark = bucket(next_where(marks) - at)
        self.sentence_size = bucket(np.bincount(self.sentence)[self.sentence]) if n else at

    @staticmethod
    def _any_in(groups: Ints, flags: NDArray[np.bool_]) -> Ints:
        if not len(groups):
            return groups
        return (np.bincount(groups, weights=flags) > 0).astype(np.int64)[groups]


def tagger_features(c: Columns) -> NDArray[np.int32]:
    """The features of the first tagger, as an array of tokens × features."""
    word = {d: shifted(c.word, d) for d in range(-2, 3)}
    like = {d: shifted(c.like, d) for d in range(-4, 5)}
    state = {d: shifted(c.state, d) for d in (-2, -1, 0, 1, 2)}
    cue = {d: shifted(c.cue, d) for d in range(-4, 5)}
    spell = {d: shifted(c.shape, d) for d in (-1, 0, 1, 2)}
    suffix = {d: shifted(c.suffix, d) for d in (-1, 0, 1)}
    few = {d: shifted(c.few, d) for d in (-1, 0, 1, 2)}
    many = {d: shifted(c.many, d) for d in (-1, 0, 1)}
    short = {d: shifted(c.short, d) for d in range(-2, 3)}
    middle = {d: shifted(c.middle, d) for d in range(-2, 3)}
    path = {d: shifted(c.path, d) for d in (-1, 0, 1)}
    start = np.minimum(c.from_start, 5)
    lists: list[tuple[Ints, ...]] = [
        *[(word[d],) for d in range(-2, 3)],
        *[(like[d],) for d in range(-4, 5)],
        *[(like[d], like[d + 1]) for d in range(-3, 3)],
        (like[-2], like[-1], like[0]),
        (like[-1], like[0], like[1]),
        (like[0], like[1], like[2]),
        (word[-1], word[0]),
        (word[0], word[1]),
        (word[0], like[1], like[2]),
        (word[0], like[-1], like[-2]),
        (suffix[-1],),
        (suffix[0],),
        (suffix[1],),
        (suffix[0], spell[0], start),
        (spell[-1], spell[0], spell[1]),
        (spell[0], spell[1], spell[2]),
        (state[-2], state[-1], state[0], state[1], state[2]),
        (state[-1], state[0], like[0]),
        (state[0], state[1], like[-1]),
        (state[-1], like[-1], like[0]),
        (state[0], c.since_mark, c.until_mark),
        (state[0], c.in_sentence, c.since_mark, start),
        (c.left_cue, c.left_far, state[0]),
        (c.right_cue, c.right_far, state[0]),
        (c.left_cue, c.right_cue, state[0]),
        (c.left_cue, like[0]),
        (c.right_cue, like[0]),
        (c.left_cue, c.left_far, like[-1], like[0]),
        (like[0], start, c.place),
        (c.place, state[0], spell[0]),
        (c.final.astype(np.int64), like[0], state[0]),
        (c.first.astype(np.int64), c.paragraph_start.astype(np.int64), like[0]),
        (cue[0], cue[-1], cue[1]),
        (c.sentence_size, c.in_sentence, c.place),
        *[(many[d],) for d in (-1, 0, 1)],
        (few[-1], few[0], few[1]),
        (few[0], few[1], few[2]),
        (many[0], state[0], start),
        *[(middle[d],) for d in (-2, -1, 0, 1, 2)],
        *[(path[d],) for d in (-1, 0, 1)],
        (short[-1], short[0], short[1]),
        (short[0], short[1], short[2]),
        (short[-2], short[-1], short[0]),
        (middle[-1], middle[0]),
        (middle[0], middle[1]),
        (path[0], state[0], start),
    ]
    return hashed(lists, 0).T
