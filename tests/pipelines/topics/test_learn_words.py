"""Training of weights of words, from made-up texts."""

import numpy as np
import pytest

from pipelines.learn_words import fit_words, stem_table

ON, OFF = (
    (frozenset({"rifle", "bridge"}), frozenset({"story"})),
    (frozenset({"school", "bridge"}), frozenset({"story"})),
)


def test_words_of_the_yes_speak_for_it_and_those_of_the_no_against_it() -> None:
    given = [ON, OFF] * 20
    table = stem_table(given, [str(number) for number in range(40)], rare=5)
    yes = np.tile([1.0, 0.0], 20)
    weights = fit_words(table, np.arange(40), yes, np.ones(40), penalty=0.5)
    model = table.model(weights, least=0.05)
    own, around = model.parts
    assert own["rifle"] > 0.5 and own["school"] < -0.5
    assert "bridge" not in own and not around, "what says nothing is too small to keep"
    assert table.scores(weights)[0] > 0 > table.scores(weights)[1]
    assert abs(model.score(ON) - table.scores(weights)[0]) < 0.2
    assert (fit_words(table, np.arange(40), yes, np.ones(40), penalty=0.5) == weights).all()


def test_rows_that_are_not_used_or_have_no_weight_teach_nothing() -> None:
    table = stem_table([ON, OFF] * 20, [str(number) for number in range(40)], rare=5)
    yes = np.array([1.0, 0.0] * 10 + [0.0, 1.0] * 10)  # the second half says the contrary
    half = fit_words(table, np.arange(20), yes, np.ones(40), penalty=0.5)
    weighed = fit_words(table, np.arange(40), yes, np.repeat([1.0, 0.0], 20), penalty=0.5)
    assert table.scores(half)[0] > 0.5 and weighed == pytest.approx(half, abs=1e-4)


def test_a_stem_of_few_documents_gets_no_weight_however_often_it_occurs() -> None:
    table = stem_table([ON] * 10, ["one", "two"] * 5, rare=3)
    assert table.columns == [{}, {}]
    assert stem_table([ON] * 10, ["one", "two", "three", "one", "two"] * 2, rare=3).columns[1] == {"story": 2}


def test_a_part_without_words_is_allowed() -> None:
    table = stem_table([ON, (frozenset(), frozenset())] * 5, [str(number) for number in range(10)], rare=2)
    assert table.cells.shape == (10, 3)
