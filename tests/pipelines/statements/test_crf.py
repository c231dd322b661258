"""The conditional random field: weights packed for tagging give the scores of the weights that were stored."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.statements.tagging import crf


def stored(labels: int, seed: int) -> bytes:
    """A model with random weights as a file: 50 features, some of them with the lowest and highest weights there are."""
    rng = np.random.default_rng(seed)
    slot = np.zeros(1 << crf.HASH_BITS, np.int32)
    slot[rng.choice(len(slot), 50, replace=False)] = np.arange(1, 51)
    weights = rng.uniform(-0.6, 0.6, (51, labels)).astype(np.float32)
    weights[0] = 0
    file = io.BytesIO()
    crf.save(file, crf.Model(slot, weights, np.zeros((labels, labels), np.float32), np.zeros(labels, np.float32)))
    return file.getvalue()


@pytest.mark.parametrize("labels", [6, 7, 8])
@pytest.mark.parametrize("tokens", [0, 1, crf.AT_ONCE, crf.AT_ONCE + 1])
def test_packed_weights_give_the_same_scores_to_the_bit(labels: int, tokens: int) -> None:
    data = stored(labels, seed=tokens + labels)
    model, packed = crf.load(data), crf.load_packed(data)
    rng = np.random.default_rng(tokens)
    known = np.flatnonzero(model.slot)
    features = rng.choice(np.append(known, rng.integers(0, 1 << crf.HASH_BITS, 20)), (tokens, 70)).astype(np.int32)
    assert np.array_equal(packed.emissions(features), model.emissions(features))


@given(st.integers(-127, 127), st.integers(1, 257))
def test_lanes_hold_the_sum_of_as_many_features_as_are_promised(step: int, count: int) -> None:
    rows = np.full(1, np.full(8, crf.ZERO + step, np.uint8).view(np.uint64))
    model = crf.PackedModel(rows, 8, np.zeros((8, 8), np.float32), np.zeros(8, np.float32))
    scores = model.emissions(np.zeros((1, count), np.int32))
    assert scores.tolist() == [[step * count * float(crf.STEP)] * 8]


@given(st.lists(st.integers(1, 40), max_size=12), st.integers(0, 1000))
def test_the_two_passes_side_by_side_give_the_marginals(lengths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.uniform(-30, 30, (sum(lengths), 3)).astype(np.float32)
    jump = rng.uniform(-3, 3, (3, 3)).astype(np.float32)
    jump[0, 2] = crf.NEVER
    model = crf.Model(np.zeros(1, np.int32), np.zeros((1, 3), np.float32), jump, np.zeros(3, np.float32))
    sizes = np.array(lengths, np.int64)
    chance = crf.probabilities(model, scores, sizes)
    assert np.allclose(chance, crf.marginals(model, scores, sizes)[0], atol=1e-6)


def test_a_long_paragraph_with_scores_far_apart_has_probabilities() -> None:
    scores = np.tile(np.array([[45, -45, -45], [-45, 45, -45]], np.float32), (2000, 1))
    model = crf.Model(np.zeros(1, np.int32), np.zeros((1, 3), np.float32), -np.eye(3, dtype=np.float32), np.zeros(3))
    chance = crf.probabilities(model, scores, np.array([4000]))
    assert np.allclose(chance[:, :2], np.tile([[1, 0], [0, 1]], (2000, 1)))
