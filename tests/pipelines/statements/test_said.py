"""When and where something was said: the quick look for words of time misses nothing that the search finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.statements.constructions import said
from pipelines.statements.reading.closed_words import words_in

_WORDS = words_in(
    "on last this early Monday LUNES miércoles Sept. may 12 de 2026 in el en hace dos días weeks ago year pasado week "
    "esta semana mes año hoy Anteayer today , a three summer the said Mexico marched dice"
)
WORDS = st.sampled_from(sorted(_WORDS))


@pytest.mark.parametrize("lang", ["en", "es"])
@given(words=st.lists(WORDS, max_size=9))
def test_where_a_time_is_found_its_words_are_seen_first(lang: str, words: list[str]) -> None:
    text = " ".join(words)
    seen = not said._OF_TIME.isdisjoint(said._WORD.findall(text.lower()))
    assert seen or not said._WHEN[lang].search(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("she said in Ciudad Juárez", "Ciudad Juárez"),
        ("dijo desde la Casa Blanca", "la Casa Blanca"),
        ("he said within Texas", None),
        ("from Texas, he said", "Texas"),
    ],
)
def test_a_place_follows_a_preposition_that_is_a_whole_word(text: str, place: str | None) -> None:
    found = said._PLACE.search(text)
    assert (found and found["place"].rstrip(",")) == place
