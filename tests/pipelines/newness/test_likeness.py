"""The same claim or another: pairs in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.newness.likeness import same_claim, similarity

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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Nine of ten rifles come from Texas shops", "9 of 10 rifles come from Texas shops", True),
        ("Nine of ten rifles come from Texas shops", "Six of ten rifles come from Texas shops", False),
        ("Pidieron 75 millones para escáneres", "Pidieron setenta y cinco millones para escáneres", True),
        ("It is not true that rifles come from Texas shops", "Rifles come from Texas shops", False),
        ("It was not a mistake but a plan made in Phoenix", "It was a mistake, not a plan made in Phoenix", False),
        ("Not only did rifles come from Texas shops", "Rifles did come from Texas shops", True),
        ("Nobody here is writing a new plan", "People here are writing a new plan", False),
        ("Firmaremos el acuerdo de armas en Nogales", "que firmarán el acuerdo de armas en Nogales", True),
    ],
)
def test_numbers_in_words_negations_and_other_tenses(one, other, same):
    assert same_claim(one, other) is same
    assert same_claim(other, one) is same


def test_one_of_two_denied_is_the_same_only_as_the_negation():
    asserted, negated = "hay dinero para otra Iniciativa Mérida", "no hay dinero para otra Iniciativa Mérida"
    assert same_claim(asserted, negated, opposed=True)
    assert not same_claim(asserted, asserted, opposed=True)
