"""The link of an alert opens the page at the statement: a text fragment of its words."""

import pytest

from pipelines.newness.compose import link_to

URL = "https://example.org/a"


@pytest.mark.parametrize(
    ("parts", "fragment"),
    [
        (["“It is over,”"], "It%20is%20over"),
        (["Mexico’s plan is dead"], "Mexico%E2%80%99s%20plan%20is%20dead"),
        (["one two three four five six seven eight nine"], "one%20two%20three%20four,six%20seven%20eight%20nine"),
        (["“It is over,”", "“and it will not come back.”"], "It%20is%20over,will%20not%20come%20back"),
        (["well-known, so they say"], "well%2Dknown%2C%20so%20they%20say"),
        (["the end\n\nA new paragraph begins"], "the%20end,A%20new%20paragraph%20begins"),
    ],
)
def test_the_words_are_named_as_they_stand_in_the_page(parts, fragment):
    assert link_to(URL + "#top", parts) == f"{URL}#:~:text={fragment}"


def test_without_words_or_address_there_is_no_fragment():
    assert link_to(URL, ["Yes"]) == URL
    assert link_to(URL, []) == URL
    assert link_to("", ["It is over"]) == ""
