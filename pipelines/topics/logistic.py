"""Logistic regression with numpy only: the probability that a row of features is a yes.

Trained by Newton's method with an L2 penalty (iteratively reweighted least squares; Hastie, Tibshirani, Friedman: The
Elements of Statistical Learning, 4.4.1). The same rows give the same weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PASSES = 12
DIGITS = 5


@dataclass(frozen=True)
class LogisticModel:
    """Log-odds = `base` + Σ `weight`·(feature − `mean`)/`spread`. These three have one value per column."""

    base: float
    weight: Floats
    mean: Floats
    spread: Floats

    def chance(self, rows: Floats) -> Floats:
        """Probability of each row, 0 to 1."""
        return probability(self.log_odds(rows))

    def log_odds(self, rows: Floats) -> Floats:
        """Log-odds of each row."""
        odds: Floats = self.base + self.parts(rows).sum(axis=1)
        return odds

    def parts(self, rows: Floats) -> Floats:
        """What each feature adds to the log-odds of each row."""
        return (rows - self.mean) / self.spread * self.weight

    def written(self, names: Sequence[str]) -> dict[str, object]:
        """The model as data for a JSON file."""
        columns = zip(names, self.weight.tolist(), self.mean.tolist(), self.spread.tolist(), strict=True)
        return {
            "base": round(self.base, DIGITS),
            "columns": {name: [round(value, DIGITS) for value in its] for name, *its in columns},
        }

    @classmethod
    def read(cls, data: dict[str, object], names: Sequence[str]) -> "LogisticModel":
        """The model from the result of `written`. Raises ValueError when its columns are not `names`."""
        columns, base = data["columns"], data["base"]
        if not isinstance(columns, dict) or not isinstance(base, float) or list(columns) != list(names):
            raise ValueError("the model was learned with other columns; learn it again")
        weight, mean, spread = np.array(list(columns.values())).T
        return cls(base, weight, mean, spread)


def probability(log_odds: Floats) -> Floats:
    """The probabilities with these log-odds."""
    return 1 / (1 + np.exp(-log_odds))


def fit(rows: Floats, yes: NDArray[np.bool_], weight: Floats, penalty: float, sign: Floats) -> LogisticModel:
    """Train a model that separates the `yes` rows from the others. `weight`: how much each row counts.

    `sign` restricts the weight of each column: 1 not below 0, -1 not above 0, 0 free. Weights with a wrong sign are set
    to 0, the worst third at a time, and the others are trained again, until none is wrong.
    """
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread < 1e-3] = 1.0
    known = np.hstack([np.ones((len(rows), 1)), (rows - mean) / spread])
    used = np.ones(known.shape[1], bool)
    found = np.zeros(known.shape[1])
    while True:
        found[used] = _newton(known[:, used], yes, weight, penalty)
        wrong = used[1:] & (found[1:] * sign < 0)
        if not wrong.any():
            return LogisticModel(float(found[0]), found[1:], mean, spread)
        worst = np.argsort(np.where(wrong, -np.abs(found[1:]), 0), kind="stable")[: max(1, int(wrong.sum()) // 3)]
        used[worst + 1], found = False, np.zeros(known.shape[1])


def _newton(known: Floats, yes: NDArray[np.bool_], weight: Floats, penalty: float) -> Floats:
    """The weights of the columns of `known`, of which the first is all ones and has no penalty."""
    shrink = np.eye(known.shape[1]) * penalty
    shrink[0, 0] = 1e-9
    found = np.zeros(known.shape[1])
    for _ in range(PASSES):
        chance = probability(known @ found)
        slope = known.T @ (weight * (yes - chance)) - shrink @ found
        step = np.linalg.solve((known * (weight * chance * (1 - chance))[:, None]).T @ known + shrink, slope)
        found = found + step
        if np.abs(step).max() < 10**-DIGITS / 100:
            break
    return found
