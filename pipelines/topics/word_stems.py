"""The content words of a text, cut to their first letters, as aboutness compares them."""

import functools
import re
from collections.abc import Iterable

from pipelines.text.stems import function_words
from pipelines.topics.phrases import Span

STEM = 5
"""Only this many first letters of a word are compared: a simple stem for both languages."""

_WORD = re.compile(rf"([a-z0-9ñ]{{3,{STEM}}})[a-z0-9ñ]*")


def stems(folded: str) -> frozenset[str]:
    """The stems of a folded text's content words."""
    return frozenset(_WORD.findall(folded)) - _function_stems()


def stems_outside(folded: str, spans: Iterable[Span]) -> frozenset[str]:
    """The stems of a folded text without those in `spans`."""
    parts, at = [], 0
    for start, end in sorted(spans):
        parts.append(folded[at:start])
        at = max(at, end)
    return stems(" ".join((*parts, folded[at:])))


@functools.cache
def _function_stems() -> frozenset[str]:
    return frozenset(word for word in function_words().function if len(word) <= STEM)
