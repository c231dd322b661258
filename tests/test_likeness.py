"""The same claim or another: pairs in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.likeness import same_claim, similarity

SAME = [
    (
        "The initiative has run its course and will not be renewed",
        "the Initiative has run its course, and will not be renewed.",
    ),
    (
        "“We will end every payment under the old plan before spring”",
        "they would end every payment under the old plan before spring",
    ),
    (
        "the plan brought helicopters but no judges to any of the border states",
        "brought helicopters but no judges to any of the border states",
    ),
    (
        "Siete de cada diez armas decomisadas vienen de Estados Unidos",
        "«siete de cada diez armas decomisadas» vienen de los Estados Unidos",
    ),
    (
        "La Iniciativa Mérida terminó y no va a regresar con otro nombre",
        "que la Iniciativa Mérida terminó y no va a regresar",
    ),
    (
        "We don't want helicopters parked at an airfield for the photographers",
        "they do not want helicopters parked at an airfield for photographers",
    ),
]
OTHER = [
    (
        "The plan cost 120 million dollars for helicopters that never arrived",
        "The plan cost 340 million dollars for helicopters that never arrived",
    ),
    (
        "The programme will be renewed before the end of the year",
        "The programme will not be renewed before the end of the year",
    ),
    ("Traced rifles came from dealers in Texas and Arizona", "The festival opens with dancers from Texas and Arizona"),
    ("La Iniciativa Mérida terminó hace tres años", "La Iniciativa Mérida no terminó hace tres años"),
    ("The plan cost 120 million dollars for helicopters", "The plan cost 121 million dollars for court clerks"),
    ("It is dead", "It is alive"),
    ("Mexico will sue two more gun makers in Boston", "Mexico will extradite two more gun smugglers to Texas"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_claim_in_other_words_of_the_same_source(one, other):
    assert same_claim(one, other)
    assert same_claim(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_figure_a_denial_or_another_matter_is_another_claim(one, other):
    assert not same_claim(one, other)
    assert not same_claim(other, one)


@given(st.text(max_size=200), st.text(max_size=200))
def test_symmetric_and_bounded_for_any_text(one, other):
    assert same_claim(one, other) == same_claim(other, one)
    assert 0 <= similarity(one, other) <= 1
    assert same_claim(one, one)
