"""Gradient-boosted trees of three questions each, with numpy only: chance that a row of figures is a yes.

Friedman (2001): Greedy Function Approximation: A Gradient Boosting Machine; second-order leaves as in Chen and Guestrin
(2016). Learning is deterministic: the same rows give the same trees, bit for bit.
"""
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

DEPTH = 3
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trees:
    """`feature` and `limit`: trees × 7 questions, heap order; `leaf`: trees × 8 log-odds; `base` is added to them."""

    feature: NDArray[np.int16]
    limit: NDArray[np.float32]
    leaf: NDArray[np.float32]
    base: float

    def chance(self, rows: Floats) -> Floats:
        """Probability of each row, 0 to 1."""
        trees = np.arange(len(self.feature))
        node = np.zeros((len(rows), len(trees)), np.int64)
        for _ in range(DEPTH):
            asked = self.feature[trees, node]
            answer = np.take_along_axis(rows, asked, axis=1) > self.limit[trees, node]
            node = 2 * node + 1 + answer
        total = self.leaf[trees, node - (2**DEPTH - 1)].sum(axis=1) + self.base
        return 1 / (1 + np.exp(-total))


def fit(rows: Floats, yes: NDArray[np.bool_], weight: Floats, trees: int = 100, rate: float = 0.08,
        least: float = 12.0, smooth: float = 4.0, bins: int = 24) -> Trees:
    """Trees that tell `yes` rows from the others, by the log-likelihood. `least`: weight of rows in a leaf."""
    limits = [np.unique(np.quantile(column, np.linspace(0, 1, bins + 1)[1:-1]).astype(np.float32))
              for column in rows.T]
    table = np.full((rows.shape[1], bins), np.inf, np.float32)
    for f, limit in enumerate(limits):
        table[f, :len(limit)] = limit
    binned = np.stack([np.searchsorted(limit, column.astype(np.float32), side="left")
                       for limit, column in zip(limits, rows.T, strict=True)], axis=1)
    cells = binned + np.arange(rows.shape[1]) * bins
    target = yes.astype(float)
    share = float((target * weight).sum() / weight.sum())
    base = float(np.log(share / (1 - share)))
    score = np.full(len(rows), base)
    nodes = 2**DEPTH - 1
    features, cuts, leaves = [], [], []
    for _ in range(trees):
        p = 1 / (1 + np.exp(-score))
        slope, bend = (target - p) * weight, np.maximum(p * (1 - p), 1e-6) * weight
        feature, limit = np.zeros(nodes, np.int16), np.full(nodes, np.inf, np.float32)
        node = np.zeros(len(rows), np.int64)
        for k in range(nodes):
            here = np.flatnonzero(node == k)
            best = _question(cells[here], slope[here], bend[here], weight[here], table, least, smooth)
            right = np.zeros(len(here), bool)
            if best is not None:
                feature[k], at = best
                limit[k] = table[feature[k], at]
                right = binned[here, feature[k]] > at
            node[here] = 2 * k + 1 + right
        leaf_of = node - nodes
        leaf = rate * (np.bincount(leaf_of, slope, nodes + 1) / (np.bincount(leaf_of, bend, nodes + 1) + smooth))
        score += leaf[leaf_of]
        features.append(feature)
        cuts.append(limit)
        leaves.append(leaf)
    return Trees(np.stack(features), np.stack(cuts), np.stack(leaves).astype(np.float32), base)


def _question(cells: NDArray[np.int64], slope: Floats, bend: Floats, weight: Floats, limits: NDArray[np.float32],
              least: float, smooth: float) -> tuple[int, int] | None:
    """(feature, bin) that parts rows best: those above the bin's limit to the right; None when nothing is gained.

    `cells`: rows × features, the number of each figure's bin, counted on over the features.
    """
    if not len(cells):
        return None
    columns, flat = cells.shape[1], cells.ravel()

    def up_to(value: Floats) -> Floats:
        return np.cumsum(np.bincount(flat, np.repeat(value, columns), limits.size).reshape(limits.shape), axis=1)

    left, curve, rows = up_to(slope), up_to(bend), up_to(weight)
    g, h, w = slope.sum(), bend.sum(), weight.sum()
    gain = left**2 / (curve + smooth) + (g - left) ** 2 / (h - curve + smooth) - g * g / (h + smooth)
    gain[(rows < least) | (w - rows < least) | np.isinf(limits)] = 0
    at = int(np.argmax(gain))
    return (at // limits.shape[1], at % limits.shape[1]) if gain.flat[at] > 1e-6 else None


def save(file: IO[bytes], **models: Trees) -> None:
    """Write models under their names, in a file that is the same for the same models."""
    arrays = {}
    for name, model in models.items():
        arrays |= {f"{name}.feature": model.feature, f"{name}.limit": model.limit, f"{name}.leaf": model.leaf,
                   f"{name}.base": np.array(model.base)}
    np.savez(file, **arrays)


def load(file: IO[bytes]) -> dict[str, Trees]:
    """What `save` wrote."""
    with np.load(file) as data:
        names = {key.split(".")[0] for key in data.files}
        return {name: Trees(data[f"{name}.feature"], data[f"{name}.limit"], data[f"{name}.leaf"],
                            float(data[f"{name}.base"])) for name in sorted(names)}
