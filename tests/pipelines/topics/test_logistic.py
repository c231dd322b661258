"""The logistic regression: its weights are those of the least penalised loss, and no weight has a forbidden sign."""

import numpy as np
import pytest

from pipelines.topics.logistic import Floats, fit

PENALTY = 1.0


def loss_slope(rows: Floats, yes: Floats, base: float, weight: Floats) -> Floats:
    """The derivative of the penalised loss by the base and by each weight, for rows of mean 0 and spread 1."""
    error = yes - 1 / (1 + np.exp(-(base + rows @ weight)))
    return np.append(error.sum(), rows.T @ error - PENALTY * weight)


@pytest.mark.parametrize("seed", range(5))
def test_the_weights_are_the_best_ones_also_after_columns_were_left_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    hidden = rng.exponential(size=(4000, 4)) ** 2
    # Columns that say nearly the same, as the features of a statement do; some get the sign that they may not have.
    rows = np.repeat(hidden, 4, axis=1) + rng.normal(size=(4000, 16)) * 0.3
    yes = rng.logistic(size=4000) < hidden @ [9.0, -9.0, 5.0, 0.5] - 12
    sign = np.tile([1.0, -1.0, -1.0, -1.0, 0.0, 1.0, 1.0, -1.0], 2)
    model = fit(rows, yes, np.ones(4000), PENALTY, sign)
    assert (model.weight * sign >= 0).all()
    used = model.weight != 0
    assert 3 < used.sum() < 16
    slope = loss_slope((rows - model.mean) / model.spread, yes.astype(float), model.base, model.weight)
    assert np.abs(slope[np.append(True, used)]).max() < 1e-3
