"""Paths of words in the tree of words that are used alike: how the file is made, and what it gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.statements.learning.copy_paths import most_frequent, stored_arrays
from pipelines.statements.tagging.word_paths import WordPaths, word_paths
from pipelines.statements.tagging.words import code


@given(st.dictionaries(st.text(min_size=1, max_size=12), st.integers(1, 2**18 - 1), min_size=1, max_size=60))
def test_each_word_that_was_written_has_its_path_again(paths: dict[str, int]) -> None:
    arrays = stored_arrays(paths, "en")
    read = WordPaths(np.cumsum(arrays["en_steps"], dtype=np.int32), arrays["en_paths"].astype(np.uint32))
    for word, path in paths.items():
        assert read.of(code(word)) == (path % 2**6, path % 2**10, path)


def test_a_word_that_is_not_known_has_no_path() -> None:
    read = WordPaths(np.array([code("said")], np.int32), np.array([5], np.uint32))
    assert read.of(code("xyzzy")) == (0, 0, 0)


def test_a_word_has_the_path_of_its_spelling_in_lower_case_if_there_is_one() -> None:
    frequency = {"May": -5.0, "may": -7.0, "Juárez": -8.0, "JUÁREZ": -12.0}
    clusters = {"May": 1, "may": 2, "Juárez": 3, "JUÁREZ": 4, "rare": 0, "12": 9, "": 9}
    assert most_frequent(clusters, frequency) == {"may": 2, "juárez": 3}


@pytest.mark.parametrize(("lang", "one", "other"), [("en", "argued", "urged"), ("es", "dijo", "aseguró")])
def test_words_that_are_used_alike_begin_alike(lang: str, one: str, other: str) -> None:
    paths = word_paths(lang)
    short, _, path = paths.of(code(one))
    assert path and short == paths.of(code(other))[0]
