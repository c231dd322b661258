"""Features of the second tagger, which labels the content and the source around one cue."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.statements.tagging.candidates import CONTENT_B, CONTENT_I, CUE_B, CUE_I, SOURCE_B, Candidates
from pipelines.statements.tagging.features import Columns, bucket, hashed, shifted

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

# Labels of the second tagger: outside, content begins / goes on / ends, the cue itself, its source.
OUT, BEGIN, INSIDE, END, CUE, SOURCE = range(6)
LABELS = 6
FORBIDDEN = [(a, b) for b in (INSIDE, END) for a in range(LABELS) if a not in (BEGIN, INSIDE)] + [
    (INSIDE, b) for b in (OUT, BEGIN, CUE, SOURCE)
]
NOT_FIRST = [INSIDE, END]
REACH = 110
"""At most this many tokens on each side of a cue are read, within its paragraph."""


@dataclass(slots=True)
class Windows:
    """The tokens around all candidates, joined: token index and candidate number. `lengths`: tokens per candidate."""

    token: Ints
    cue: Ints
    lengths: Ints


def windows(c: Columns, found: Candidates) -> Windows:
    """The paragraph around each candidate, at most REACH tokens to each side."""
    paragraph = c.paragraph
    low = np.maximum(np.searchsorted(paragraph, paragraph[found.first], "left"), found.first - REACH)
    high = np.minimum(np.searchsorted(paragraph, paragraph[found.first], "right"), found.stop + REACH)
    lengths = high - low
    cue = np.repeat(np.arange(len(found)), lengths)
    begin = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    token = np.arange(len(cue)) - np.repeat(begin, lengths) + np.repeat(low, lengths)
    return Windows(token, cue, lengths)


def sure_starts(found: Candidates, n: int) -> NDArray[np.bool_]:
    """Which of `n` tokens begin a cue with a probability above 0.5."""
    starts = np.zeros(n, bool)
    starts[found.first[found.chance > 0.5]] = True
    return starts


def linker_features(
    c: Columns, found: Candidates, starts: NDArray[np.bool_], w: Windows, probability: Floats
) -> NDArray[np.int32]:
    """The features of the second tagger, window tokens × features. `starts`: from `sure_starts`, for the whole text."""
    t, k = w.token, w.cue
    first, stop = found.first[k], found.stop[k]
    side = np.where(t < first, 1, np.where(t >= stop, 3, 2))
    distance = np.where(t < first, t - first, np.where(t >= stop, t - stop + 1, 0))
    far = bucket(distance)
    near = np.clip(distance, -4, 4)
    sentence = np.clip(c.sentence[t] - c.sentence[first], -2, 2)
    quoted = c.quote > 0
    same = (c.quotation[t] == c.quotation[first]) & quoted[t]
    quote = quoted[t] * 4 + quoted[first] * 2 + same
    where = side * 5 + sentence + 2

    head = _head(c, found)
    head_like, head_sense = c.like[head][k], (c.sense[head] * 8 + c.form[head])[k]
    after = shifted(c.like, 1)[found.stop - 1][k]
    before = shifted(c.like, -1)[found.first][k]
    after_mark = shifted(c.state, 1)[found.stop - 1][k]

    low, high = np.where(t < first, t + 1, np.minimum(stop, t)), np.where(t < first, first, t)  # from token to cue
    commas = _between(c.like == _comma(), low, high)
    marks = _between(c.mark > 0, low, high)
    cues = _between(starts, low, high)
    verbs = _between(c.cue > 0, low, high)
    tagged = probability.argmax(axis=1)
    sure = np.minimum((probability.max(axis=1) * 4).astype(np.int64), 3)
    tag = tagged * 4 + sure
    source_between = _between(tagged == SOURCE_B, low, high)
    content_between = _between(tagged == CONTENT_B, low, high)
    chance = np.minimum((found.chance * 6).astype(np.int64), 5)[k]
    content_chance = ((probability[:, CONTENT_B] + probability[:, CONTENT_I]) * 5).astype(np.int64)
    other_cue = ((probability[:, CUE_B] + probability[:, CUE_I]) > 0.5) & True
    foreign = (other_cue[t] & (side != 2)).astype(np.int64)

    word = {d: shifted(c.word, d)[t] for d in (-1, 0, 1)}
    like = {d: shifted(c.like, d)[t] for d in (-2, -1, 0, 1, 2)}
    state = {d: shifted(c.state, d)[t] for d in (-1, 0, 1)}
    spell = {d: shifted(c.shape, d)[t] for d in (-1, 0, 1)}
    tags = {d: shifted(tag, d)[t] for d in (-1, 0, 1)}
    plain = {d: shifted(tagged, d)[t] for d in (-2, -1, 0, 1, 2)}
    few = {d: shifted(c.few, d)[t] for d in (-1, 0, 1)}
    short = {d: shifted(c.short, d)[t] for d in (-1, 0, 1)}
    middle = {d: shifted(c.middle, d)[t] for d in (-1, 0, 1)}
    ends = c.final.astype(np.int64)[t] * 2 + c.first[t]
    crowded = np.minimum(cues, 2)
    lists: list[tuple[Ints, ...]] = [
        (far, sentence),
        (near, head_like),
        (far, head_sense, sentence),
        (where, quote, head_sense),
        (where, chance),
        (side, near, chance, head_sense),
        (side, near == 0, chance, tag[t]),
        (where, like[0]),
        (where, like[-1], like[0]),
        (where, like[0], like[1]),
        (where, word[0]),
        (near, like[0], head_sense),
        (near, like[0], head_like),
        (near, like[-1], like[0]),
        (near, like[0], like[1]),
        (side, word[-1], word[0]),
        (side, word[0], word[1]),
        (side, like[-2], like[-1], like[0]),
        (side, like[0], like[1], like[2]),
        (side, like[-1], like[0], like[1]),
        (where, state[-1], state[0], state[1]),
        (where, state[0], state[1], spell[0]),
        (where, quote, marks),
        (where, state[-1], state[0], like[0]),
        (where, state[0], state[1], like[1]),
        (where, commas, quote),
        (where, commas, like[0]),
        (side, commas, like[-1], head_sense),
        (where, crowded, quote),
        (where, crowded, tags[0]),
        (where, crowded, commas, plain[0]),
        (where, verbs, like[0]),
        (where, source_between, content_between, plain[0]),
        (where, tags[-1], tags[0]),
        (where, tags[0], tags[1]),
        (where, plain[-2], plain[-1], plain[0], plain[1], plain[2]),
        (side, near, tags[0], tags[1]),
        (side, content_chance[t], crowded, content_between),
        (where, after, quote),
        (where, after, plain[0]),
        (side, near, after, head_sense),
        (where, before, plain[0]),
        (side, near, before, head_sense),
        (where, after_mark, quote, marks),
        (where, ends, quote),
        (where, ends, plain[0]),
        (ends, like[0], side),
        (foreign, crowded, side, plain[0]),
        (c.suffix[t], side, far),
        (spell[-1], spell[0], spell[1], where),
        (head_like, side, plain[0], crowded),
        (where, c.many[t]),
        (c.many[head][k], side, near),
        (c.few[head][k], side, near, like[0]),
        (side, few[-1], few[0], few[1]),
        (where, c.path[t]),
        (c.path[head][k], side, near),
        (c.middle[head][k], side, near, like[0]),
        (side, short[-1], short[0], short[1]),
        (side, middle[-1], middle[0]),
        (side, middle[0], middle[1]),
        (c.middle[head][k], side, plain[0], crowded),
    ]
    return hashed(lists, 1000).T


def _head(c: Columns, found: Candidates) -> Ints:
    """The last token of each candidate that is in the lexicon, or else its first token."""
    flags = np.concatenate([[0], np.where(c.cue > 0, np.arange(1, len(c.cue) + 1), 0)])
    last = np.maximum.accumulate(flags)[found.stop] - 1
    return np.where(last >= found.first, last, found.first)


def _comma() -> int:
    from pipelines.statements.tagging.words import code

    return code(",")


def _between(flags: NDArray[np.bool_], low: Ints, high: Ints) -> Ints:
    """The number of flagged tokens from `low` to `high` - 1, at most 3; 0 if there is nothing between them."""
    total = np.concatenate([[0], np.cumsum(flags)])
    return np.minimum(np.maximum(total[high] - total[low], 0), 3)
