"""A linear-chain conditional random field over hashed features, decoded in batches with numpy.

Lafferty, McCallum, Pereira (2001): Conditional random fields. The weights are in the package data and are trained by
`pipelines.statements.learning.learn`.
"""

import io
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

HASH_BITS = 22
NEVER = np.float32(-1e4)
STEP = np.float32(1 / 256)
LEAST_STEPS = 10
ZERO = 128
EVEN_BYTES = np.uint64(0x00FF00FF00FF00FF)
AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Model:
    """Model weights. `slot` maps the hash of a feature to a row of `weights` (rows × labels; row 0 is zero)."""

    slot: NDArray[np.int32]
    weights: Floats
    transitions: Floats
    first: Floats

    def emissions(self, features: NDArray[np.int32]) -> Floats:
        """The scores (tokens × labels) of `features` (tokens × features)."""
        scores = np.zeros((features.shape[0], self.weights.shape[1]), np.float32)
        for column in range(features.shape[1]):
            scores += self.weights.take(self.slot.take(features[:, column]), axis=0)
        return scores


@dataclass(frozen=True, slots=True)
class PackedModel:
    """A model as `save` wrote it, for tagging only: one look-up per feature, and no multiplication.

    `rows` has for each hash the weights of all labels in one integer: a byte per label, in steps of STEP above -ZERO.
    """

    rows: NDArray[np.uint64]
    labels: int
    transitions: Floats
    first: Floats

    def emissions(self, features: NDArray[np.int32]) -> Floats:
        """The scores (tokens × labels) of `features` (tokens × features, at most 257): the same as those of `Model`.

        Bytes are added in lanes of 16 bits, four labels at a time, and some tokens at a time, which fit into the
        processor's cache.
        """
        size, count = features.shape
        sums = np.empty((size, 2), np.uint64)
        for begin in range(0, size, AT_ONCE):
            part = slice(begin, begin + AT_ONCE)
            rows = self.rows.take(features[part].T, mode="wrap")  # all are in range: a quarter faster than checked
            sums[part, 0] = np.add.reduce(rows & EVEN_BYTES)
            rows >>= np.uint64(8)
            rows &= EVEN_BYTES
            sums[part, 1] = np.add.reduce(rows)
        by_label = sums.view(np.uint16).reshape(size, 2, 4).transpose(0, 2, 1).reshape(size, 8)
        scores = by_label[:, : self.labels].astype(np.float32)
        scores -= ZERO * count
        scores *= STEP
        return scores


AnyModel = Model | PackedModel


def save(file: BinaryIO, model: Model) -> None:
    """Write a model with weights rounded to STEP. Features with all weights below LEAST_STEPS steps are left out."""
    rows = np.round(model.weights / STEP).clip(-127, 127).astype(np.int8)
    hashes = np.flatnonzero(model.slot).astype(np.int32)
    kept = rows[model.slot[hashes]]
    some = np.abs(kept).max(axis=1) >= LEAST_STEPS
    np.savez_compressed(
        file,
        hashes=np.diff(hashes[some], prepend=0).astype(np.int32),
        rows=kept[some].T.copy(),
        transitions=model.transitions,
        first=model.first,
    )


def load(data: bytes) -> Model:
    """Read a model that `save` wrote."""
    with np.load(io.BytesIO(data)) as stored:
        hashes = np.cumsum(stored["hashes"])
        rows = stored["rows"].T.astype(np.float32) * STEP
        slot = np.zeros(1 << HASH_BITS, np.int32)
        slot[hashes] = np.arange(1, len(hashes) + 1)
        weights = np.zeros((len(hashes) + 1, rows.shape[1]), np.float32)
        weights[1:] = rows
        return Model(slot, weights, stored["transitions"], stored["first"])


def load_packed(data: bytes) -> PackedModel:
    """Read a model that `save` wrote, for tagging only."""
    with np.load(io.BytesIO(data)) as stored:
        steps = stored["rows"].T
        packed = np.full((len(steps), 8), ZERO, np.uint8)
        packed[:, : steps.shape[1]] += steps.view(np.uint8)
        rows = np.full(1 << HASH_BITS, np.full(8, ZERO, np.uint8).view(np.uint64))
        rows[np.cumsum(stored["hashes"])] = packed.view(np.uint64)[:, 0]
        return PackedModel(rows, steps.shape[1], stored["transitions"], stored["first"])


def by_step(lengths: Ints) -> tuple[Ints, list[int]]:
    """The order of joined sequences step by step: (new place of each token, where each step begins, and the end).

    A step has the tokens at the same position of all sequences that are so long, the longest sequences first. So a step
    is one slice of a reordered array, and its sequences are the first ones of the step before.
    """
    order = np.argsort(-lengths, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    position = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    begins = np.concatenate([[0], np.cumsum(np.bincount(position))])
    return begins[position] + np.repeat(rank, lengths), begins.tolist()


def viterbi(model: AnyModel, emissions: Floats, lengths: Ints) -> Ints:
    """The best label of each token. `lengths` are the lengths of the joined sequences."""
    if not len(emissions):
        return np.zeros(0, np.int64)
    place, begins = by_step(lengths)
    steps = list(pairwise(begins))
    score = np.empty((emissions.shape[1], len(emissions)), np.float32)
    score[:, place] = emissions.T
    score[:, : begins[1]] += model.first[:, None]
    jump = model.transitions[:, :, None]
    for (before, _), (low, high) in pairwise(steps):
        score[:, low:high] += np.maximum.reduce(score[:, None, before : before + high - low] + jump)
    score, into = np.ascontiguousarray(score.T), np.ascontiguousarray(model.transitions.T)
    best = score.argmax(axis=1)
    for (low, high), (before, _) in pairwise(reversed(steps)):
        after = before + high - low
        best[before:after] = (score[before:after] + into.take(best[low:high], axis=0)).argmax(axis=1)
    return best[place]


def probabilities(model: AnyModel, emissions: Floats, lengths: Ints) -> Floats:
    """The probability of each label of each token (tokens × labels): the first result of `marginals`, in half the time.

    The pass from the first token and the pass from the last one run side by side, as the left and the right half of one
    array: position p of the right half is the p-th token from the end. `lengths` are at least 1. Each pass is scaled
    only at every fourth step: scores differ by less than 100, so that four steps stay within a float64.
    """
    n, count = emissions.shape
    if not n:
        return emissions
    place, begins = by_step(lengths)
    turned = np.repeat(2 * np.cumsum(lengths) - lengths - 1, lengths) - np.arange(n)
    local = np.exp((emissions - emissions.max(axis=1, keepdims=True)).astype(np.float64))
    both = np.empty((n, 2 * count))
    both[place] = np.hstack([local, local[turned]])
    jump = np.zeros((2 * count, 2 * count))
    jump[:count, :count] = np.exp(model.transitions.astype(np.float64))
    jump[count:, count:] = jump[:count, :count].T
    before = both[: begins[1]]
    before[:, :count] *= np.exp(model.first.astype(np.float64))
    for step, (low, high) in enumerate(pairwise(begins[1:])):
        now = both[low:high]
        now *= before[: high - low] @ jump
        if step % 4 == 0:
            halves = now.reshape(-1, 2, count)
            halves /= np.add.reduce(halves, axis=2, keepdims=True)
        before = now
    both = both[place]
    chance = both[:, :count] * both[turned, count:] / local
    chance /= chance.sum(axis=1, keepdims=True)
    return chance.astype(np.float32)


def marginals(
    model: Model,
    emissions: Floats,
    lengths: Ints,
    weight: Floats | None = None,
) -> tuple[Floats, Floats, Floats]:
    """(label probabilities per token, log partition function per sequence, expected transitions as labels × labels).

    For learning. `weight`, one value per token, weights the expected transitions.
    """
    place, begins = by_step(lengths)
    steps = list(pairwise(begins))
    n, count = emissions.shape
    jump = np.exp(model.transitions.astype(np.float64))
    shift = emissions.max(axis=1, keepdims=True)
    local = np.empty((n, count))
    local[place] = np.exp((emissions - shift).astype(np.float64))
    alpha, beta, scale = np.empty((n, count)), np.ones((n, count)), np.empty(n)
    into, before = np.exp(model.first.astype(np.float64)), 0
    for low, high in steps:
        now = (alpha[before : before + high - low] @ jump if low else into) * local[low:high]
        before = low
        scale[low:high] = total = np.add.reduce(now, axis=1)
        np.divide(now, total[:, None], out=alpha[low:high])
    for (low, high), (before, _) in pairwise(reversed(steps)):
        onward = (beta[low:high] * local[low:high]) @ jump.T
        np.divide(onward, scale[low:high, None], out=beta[before : before + high - low])
    alpha, beta, scale, local = alpha[place], beta[place], scale[place], local[place]
    starts = np.cumsum(lengths) - lengths
    inner = np.ones(n, bool)
    inner[starts] = False
    at = np.flatnonzero(inner)
    onward = local[at] * beta[at] / scale[at][:, None]
    if weight is not None:
        onward *= weight[at][:, None]
    pairs = (alpha[at - 1].T @ onward) * jump
    log_z = np.add.reduceat(np.log(scale) + shift[:, 0], starts) if n else scale
    return (alpha * beta).astype(np.float32), log_z.astype(np.float32), pairs.astype(np.float32)
