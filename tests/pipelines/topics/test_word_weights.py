"""Log-odds from the words in and around something."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.topics.word_weights import WordWeights, read_by_topic, written_by_topic

STEMS = st.text("abc", min_size=1, max_size=5)
PARTS = st.tuples(*[st.dictionaries(STEMS, st.floats(-9, 9), max_size=5)] * 2)
CONTEXTS = st.tuples(*[st.frozensets(STEMS, max_size=6)] * 2)


def test_each_part_has_weights_of_its_own_and_long_parts_do_not_outweigh_short_ones() -> None:
    weights = WordWeights(-1.0, ({"rifle": 2.0}, {"rifle": -4.0}))
    assert weights.score((frozenset(), frozenset())) == -1
    assert weights.score((frozenset({"rifle"}), frozenset({"unknown"}))) == 1
    assert weights.score((frozenset(), frozenset({"rifle", "one", "two", "three"}))) == -3


@given(st.floats(-9, 9), PARTS, st.lists(CONTEXTS, max_size=4))
def test_the_statements_of_an_article_are_scored_as_each_alone(
    base: float, parts: tuple[dict[str, float], ...], contexts: list[tuple[frozenset[str], ...]]
) -> None:
    weights = WordWeights(base, parts)
    assert weights.scores(contexts) == [weights.score(its) for its in contexts]


def test_weights_for_other_parts_are_refused() -> None:
    with pytest.raises(ValueError):
        WordWeights(0.0, ({}, {})).score((frozenset(),))
    with pytest.raises(ValueError, match="learn them again"):
        WordWeights.read({"base": 0.0, "words": {}})


@given(st.floats(-9, 9), PARTS)
def test_weights_are_read_as_they_were_written(base: float, parts: tuple[dict[str, float], ...]) -> None:
    again = read_by_topic(json.loads(json.dumps(written_by_topic({"arms": WordWeights(base, parts)}))))["arms"]
    assert again.base == pytest.approx(base, abs=0.001)
    assert [its.keys() for its in again.parts] == [its.keys() for its in parts]
    assert all(
        its[stem] == pytest.approx(weight, abs=0.001)
        for its, given in zip(again.parts, parts, strict=True)
        for stem, weight in given.items()
    )
