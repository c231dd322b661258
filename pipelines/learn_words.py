"""Training of weights of words (topics/word_weights.py), for learn_articles.py and learn_aboutness.py."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.optimize import minimize

from pipelines.topics.logistic import Floats, probability
from pipelines.topics.word_weights import Contexts, WordWeights

PASSES = 100
"""At most so many steps of L-BFGS. The same rows give the same weights on one machine; another numerical library may
differ in the last digits."""


@dataclass(frozen=True)
class StemTable:
    """One row per text and one column per stem of a part; a cell is 1/√(number of stems of the part), or 0."""

    columns: list[dict[str, int]]
    cells: scipy.sparse.csr_array

    def scores(self, weights: Floats) -> Floats:
        """The log-odds of each row, from a base and one weight per column."""
        scores: Floats = self.cells @ weights[1:] + weights[0]
        return scores

    def model(self, weights: Floats, least: float) -> WordWeights:
        """The same weights by stem, without those below `least`."""
        base, *known = weights.tolist()
        parts = tuple({stem: known[at] for stem, at in its.items() if abs(known[at]) >= least} for its in self.columns)
        return WordWeights(base, parts)


def stem_table(given: Sequence[Contexts], documents: Sequence[str], rare: int) -> StemTable:
    """The table of some texts, all with the same parts. `documents`: to which document each belongs. A stem that
    occurs in fewer than `rare` of them has no column."""
    columns: list[dict[str, int]] = []
    first = 0
    for part in zip(*given, strict=True):
        found: dict[str, set[str]] = {}
        for document, stems in zip(documents, part, strict=True):
            found.setdefault(document, set()).update(stems)
        seen = Counter(stem for stems in found.values() for stem in stems)
        often = sorted(stem for stem, count in seen.items() if count >= rare)
        columns.append(dict(zip(often, range(first, first + len(often)), strict=True)))
        first += len(often)
    values, places, ends = array("d"), array("l"), [0]
    for contexts in given:
        for its, stems in zip(columns, contexts, strict=True):
            inside = [its[stem] for stem in sorted(stems) if stem in its]
            places.extend(inside)
            values.extend([max(len(stems), 1) ** -0.5] * len(inside))
        ends.append(len(places))
    return StemTable(columns, scipy.sparse.csr_array((np.array(values), np.array(places), ends), (len(given), first)))


def fit_words(table: StemTable, used: NDArray[np.int64], yes: Floats, weight: Floats, penalty: float) -> Floats:
    """The base and the weights of the columns, from the rows `used`, by L-BFGS with an L2 penalty.

    `yes` has 1 for each row that is a yes and 0 for the others, `weight` how much each row counts.
    """
    cells, yes, weight = table.cells[used], yes[used], weight[used]

    def loss(beta: Floats) -> tuple[float, Floats]:
        z = cells @ beta[1:] + beta[0]
        wrong = weight * (probability(z) - yes)
        value = (weight * (np.logaddexp(0, z) - yes * z)).sum() + penalty / 2 * beta[1:] @ beta[1:]
        return value, np.append(wrong.sum(), cells.T @ wrong + penalty * beta[1:])

    start = np.zeros(cells.shape[1] + 1)
    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": PASSES}).x
    return found
