"""A linear-chain conditional random field over hashed features, decoded in batches with numpy.

Lafferty, McCallum, Pereira (2001): Conditional random fields. The weights are in the package data and are trained by
`pipelines.statements.learning.learn`.
"""

import io
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

HASH_BITS = 22
NEVER = np.float32(-1e4)
STEP = np.float32(1 / 256)
LEAST_STEPS = 10


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


def pad(lengths: Ints) -> tuple[Ints, Ints]:
    """(indexes of the sequences from longest to shortest, start of each sequence in the joined arrays)."""
    order = np.argsort(-lengths, kind="stable")
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return order, starts


def viterbi(model: Model, emissions: Floats, lengths: Ints) -> Ints:
    """The best label of each token. `lengths` are the lengths of the joined sequences."""
    labels = np.zeros(len(emissions), np.int64)
    if not len(emissions):
        return labels
    order, starts = pad(lengths)
    sizes, starts = lengths[order], starts[order]
    longest = int(sizes[0])
    back = []
    score = emissions[starts] + model.first
    last = score.copy()
    by_target = model.transitions.T[None]
    alive_at = [int(np.searchsorted(-sizes, -t, side="left")) for t in range(longest + 1)]
    for t in range(1, longest):
        alive = alive_at[t]
        paths = score[:alive, None, :] + by_target
        best = paths.argmax(axis=2)
        back.append(best)
        score = np.take_along_axis(paths, best[:, :, None], axis=2)[:, :, 0] + emissions[starts[:alive] + t]
        last[:alive] = score
    state = last.argmax(axis=1)
    labels[starts + sizes - 1] = state
    for t in range(longest - 1, 0, -1):
        alive = alive_at[t]
        previous = back[t - 1][np.arange(alive), state[:alive]]
        state[:alive] = previous
        labels[starts[:alive] + t - 1] = previous
    return labels


def marginals(
    model: Model,
    emissions: Floats,
    lengths: Ints,
    weight: Floats | None = None,
) -> tuple[Floats, Floats, Floats]:
    """(label probabilities per token, log partition function per sequence, expected transitions as labels × labels).

    `weight`, one value per token, weights the expected transitions.
    """
    order, starts = pad(lengths)
    sizes, starts = lengths[order], starts[order]
    n, count = emissions.shape
    longest = int(sizes[0]) if len(sizes) else 0
    alive_at = [int(np.searchsorted(-sizes, -t, side="left")) for t in range(longest + 1)]
    jump = np.exp(model.transitions.astype(np.float64))
    shift = emissions.max(axis=1, keepdims=True) if n else emissions
    local = np.exp((emissions - shift).astype(np.float64))
    alpha, beta, scale = np.empty((n, count)), np.empty((n, count)), np.empty(n)
    now = local[starts] * np.exp(model.first.astype(np.float64))
    total = now.sum(axis=1)
    alpha[starts], scale[starts] = now / total[:, None], total
    for t in range(1, longest):
        at = starts[: alive_at[t]] + t
        now = (alpha[at - 1] @ jump) * local[at]
        total = now.sum(axis=1)
        alpha[at], scale[at] = now / total[:, None], total
    beta[starts + sizes - 1] = 1.0
    for t in range(longest - 1, 0, -1):
        at = starts[: alive_at[t]] + t
        beta[at - 1] = ((beta[at] * local[at]) @ jump.T) / scale[at][:, None]
    inner = np.ones(n, bool)
    inner[starts] = False
    at = np.flatnonzero(inner)
    onward = local[at] * beta[at] / scale[at][:, None]
    if weight is not None:
        onward *= weight[at][:, None]
    pairs = (alpha[at - 1].T @ onward) * jump
    log_z = np.add.reduceat(np.log(scale) + shift[:, 0], np.concatenate([[0], np.cumsum(lengths)[:-1]])) if n else scale
    return (alpha * beta).astype(np.float32), log_z.astype(np.float32), pairs.astype(np.float32)
