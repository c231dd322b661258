"""Where the sentence of a token begins and ends; the paragraphs between two tokens."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pipelines.statements.constructions.transcript import paragraphs
from pipelines.statements.reading.tokens import at_words, sentence_around, tokenize, word_begins

TEXTS = st.lists(st.sampled_from(["One", "two", "three", ".", "!", "—", "\n\n"]), min_size=1, max_size=40).map(" ".join)


@given(TEXTS, st.integers(0, 39), st.integers(0, 12))
def test_the_sentence_around_a_token_has_all_tokens_in_reach_and_no_other(text: str, at: int, reach: int) -> None:
    tokens = tokenize(text)
    if at >= len(tokens):
        return
    first, stop = sentence_around(tokens, at, reach)
    near = range(max(at - reach, 0), min(at + reach, len(tokens)))
    assert list(range(first, stop)) == [k for k in near if tokens.sentence[k] == tokens.sentence[at]]


@given(TEXTS, st.integers(0, 39))
def test_paragraphs_have_all_words_from_a_token_on_and_end_with_their_paragraph(text: str, first: int) -> None:
    tokens = tokenize(text)
    found = paragraphs(tokens, first, len(tokens))
    words = [k for k in range(first, len(tokens)) if tokens.words[k].isalnum()]
    assert [k for begin, end in found for k in range(begin, end) if tokens.words[k].isalnum()] == words
    assert all(len(set(tokens.paragraph[begin:end])) == 1 for begin, end in found)
    assert len({tokens.paragraph[begin] for begin, _ in found}) == len(found)


@given(st.text("doUn't_ .", max_size=30))
def test_a_pattern_tried_only_where_words_begin_finds_the_same(text: str) -> None:
    pattern = re.compile(r"\b(?:do|did|n)\w* ?", re.IGNORECASE)
    found = at_words(pattern, word_begins("dn"), text)
    assert [match.span() for match in found] == [match.span() for match in pattern.finditer(text)]
