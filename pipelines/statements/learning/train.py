"""Trains the linear-chain conditional random fields with AdaGrad on the log-likelihood, in batches of sequences."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from pipelines.statements.tagging.crf import HASH_BITS, NEVER, Floats, Ints, Model, marginals


@dataclass(slots=True)
class Sequences:
    """Joined sequences: hashed features (tokens × features), gold labels, length and weight of each sequence."""

    features: NDArray[np.int32]
    labels: Ints
    lengths: Ints
    weight: Floats


@dataclass(slots=True)
class _Batch:
    used: NDArray[np.int32]
    inverse: NDArray[np.int32]
    width: int
    labels: Ints
    lengths: Ints
    weight: Floats


def batches(data: Sequences, slot: NDArray[np.int32], size: int, seed: int) -> list[_Batch]:
    """Batches of sequences of similar length, with features as row numbers of the weights."""
    rng = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(data.lengths)[:-1]])
    order = np.argsort(data.lengths + rng.random(len(data.lengths)) * 8, kind="stable")
    groups: list[list[int]] = [[]]
    tokens = 0
    for i in order:
        if tokens + data.lengths[i] > size and groups[-1]:
            groups.append([])
            tokens = 0
        groups[-1].append(int(i))
        tokens += int(data.lengths[i])
    made = []
    for group in groups:
        at = np.concatenate([np.arange(starts[i], starts[i] + data.lengths[i]) for i in group])
        rows = slot[data.features[at]]
        used, inverse = np.unique(np.append(rows.reshape(-1), 0), return_inverse=True)
        inverse = inverse[:-1]
        lengths = data.lengths[group]
        made.append(
            _Batch(
                used.astype(np.int32),
                inverse.reshape(-1).astype(np.int32),
                rows.shape[1],
                data.labels[at],
                lengths,
                np.repeat(data.weight[group], lengths).astype(np.float32),
            )
        )
    return made


def train(
    data: Sequences,
    labels: int,
    forbidden: list[tuple[int, int]],
    not_first: list[int],
    *,
    epochs: int = 10,
    least: int = 3,
    rate: float = 0.015,
    decay: float = 0.06,
    size: int = 2500,
    seed: int = 7,
    drop: float = 0.3,
    report: Callable[[Model], str] | None = None,
    start: Model | None = None,
) -> Model:
    """Train a model with `labels` labels. Features seen fewer than `least` times and not in `start` are left out.

    The feature weights are the mean over the second half of the epochs. If `start` is given, training continues from
    its weights, and `decay` pulls towards them instead of towards 0.
    """
    counts = np.bincount(data.features.reshape(-1), minlength=1 << HASH_BITS)
    kept = np.flatnonzero((counts >= least) | (start.slot > 0) if start else counts >= least)
    slot = np.zeros(1 << HASH_BITS, np.int32)
    slot[kept] = np.arange(1, len(kept) + 1)
    work = batches(data, slot, size, seed)
    weights = np.zeros((len(kept) + 1, labels), np.float32)
    jump, first = np.zeros((labels, labels), np.float32), np.zeros(labels, np.float32)
    if start:
        weights[1:] = start.weights[start.slot[kept]]
        jump, first = start.transitions.copy(), start.first.copy()
    origin = weights.copy()
    squares = np.full_like(weights, 1e-2)
    for a, b in forbidden:
        jump[a, b] = NEVER
    first[not_first] = NEVER
    jump_sq, first_sq = np.full_like(jump, 1e-1), np.full_like(first, 1e-1)
    mean, steps = np.zeros_like(weights), 0
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        began, likelihood = time.monotonic(), 0.0
        for number in rng.permutation(len(work)):
            batch = work[number]
            local = weights[batch.used]
            local[0] = 0
            present = (rng.random(len(batch.inverse), np.float32) >= drop).astype(np.float32)
            ends = np.arange(0, len(present) + 1, batch.width, dtype=np.int32)
            shape = (len(ends) - 1, len(local))
            rows = scipy.sparse.csr_array((present, batch.inverse, ends), shape=shape)
            emissions = rows @ local
            emissions /= 1 - drop
            model = Model(slot, weights, jump, first)
            probability, log_z, pairs = marginals(model, emissions, batch.lengths, batch.weight)
            at = np.arange(len(emissions))
            likelihood += float(log_z.sum()) - float(emissions[at, batch.labels].sum())
            _follow(jump, jump_sq, pairs - _seen(batch, labels), rate)
            heads = np.concatenate([[0], np.cumsum(batch.lengths)[:-1]])
            opening = probability[heads].copy()
            opening[np.arange(len(heads)), batch.labels[heads]] -= 1
            _follow(first, first_sq, (opening * batch.weight[heads][:, None]).sum(axis=0), rate)
            gradient = probability
            gradient[at, batch.labels] -= 1
            gradient *= batch.weight[:, None]
            gradient /= 1 - drop
            gradient[np.abs(gradient) < 1e-4] = 0
            flat = rows.T @ gradient
            flat += decay * (local - origin[batch.used])
            flat[batch.used == 0] = 0
            sq = squares[batch.used] + flat * flat
            squares[batch.used] = sq
            weights[batch.used] = local - rate * flat / np.sqrt(sq)
        if epoch >= epochs // 2:
            mean += weights
            steps += 1
        note = report(Model(slot, weights, jump, first)) if report else ""
        spent = time.monotonic() - began
        print(f"pass {epoch + 1}: {likelihood:.0f}, {spent:.1f} s {note}", file=sys.stderr, flush=True)
    return Model(slot, (mean / max(steps, 1)).astype(np.float32), jump, first)


def _follow(weights: Floats, squares: Floats, gradient: Floats, rate: float) -> None:
    free = weights > NEVER / 2
    squares += gradient * gradient
    weights -= np.where(free, rate * gradient / np.sqrt(squares), 0)


def _seen(batch: _Batch, labels: int) -> Floats:
    inner = np.ones(len(batch.labels), bool)
    inner[np.concatenate([[0], np.cumsum(batch.lengths)[:-1]])] = False
    at = np.flatnonzero(inner)
    counts = np.zeros((labels, labels), np.float32)
    np.add.at(counts, (batch.labels[at - 1], batch.labels[at]), batch.weight[at])
    return counts
