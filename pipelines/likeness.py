"""Whether two statements claim the same: cut shorter, reworded a little, quoted in part; not with another figure.

The measure is the containment of content words (A. Broder, "On the resemblance and containment of documents", 1997);
the figures and the negations of the stretch that the two share are compared on their own.
"""

import functools
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import yaml
from rapidfuzz import fuzz

from schemas.ids import unaccented

DATA = Path(__file__).with_name("data") / "function_words.yaml"
#: Of the shorter statement's content words, this share must stand in the longer …
CONTAINED = 0.75
#: … and in about the same order: rapidfuzz's partial ratio of the two, 0 to 100.
ORDERED = 72
#: A statement of fewer content words than this is the same only when all its words are.
FEW = 4
#: Endings that inflection changes, longest first: what is left of a word is compared.
ENDINGS = ("ciones", "mente", "iones", "ings", "ing", "ed", "es", "s")


class Words(NamedTuple):
    """What is compared of a text: content words in order, figures, and whether each position follows a negation."""

    content: tuple[str, ...]
    figures: frozenset[str]
    negations: int


@functools.cache
def _lexicon() -> tuple[frozenset[str], frozenset[str]]:
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    function, negation = ({word for line in data[key].values() for word in line.split()} for key in data)
    return frozenset(function - negation), frozenset(negation)


def same_claim(one: str, other: str, opposed: bool = False) -> bool:
    """Whether one of the two texts says what the other says, or a part of it. Symmetric; equal texts always do.

    `opposed`: one of the two was asserted and the other denied; then one must be the negation of the other.
    """
    a, b = words_of(one), words_of(other)
    short, long = sorted((a, b), key=lambda words: len(words.content))
    if a.content == b.content and a.figures == b.figures:
        return (a.negations % 2 == b.negations % 2) != opposed
    if len(short.content) < FEW or containment(short, long) < CONTAINED:
        return False
    if fuzz.partial_ratio(" ".join(short.content), " ".join(long.content)) < ORDERED:
        return False
    return short.figures <= long.figures and denies(short, one, other) == opposed


def contradicts(one: str, other: str) -> bool:
    """Whether two texts that share many words give other figures, or one denies what the other says."""
    a, b = words_of(one), words_of(other)
    if not (a.figures <= b.figures or b.figures <= a.figures):
        return True
    short, long = sorted((a, b), key=lambda words: len(words.content))
    return len(short.content) >= FEW and containment(short, long) >= CONTAINED and denies(short, one, other)


def similarity(one: str, other: str) -> float:
    """How alike two texts are, 0 to 1; 1 for the same content words in the same order."""
    a, b = (" ".join(words_of(text).content) for text in (one, other))
    return fuzz.token_sort_ratio(a, b) / 200 + fuzz.partial_ratio(a, b) / 200 if a and b else float(a == b)


def containment(short: Words, long: Words) -> float:
    """The share of the shorter's content words that stand in the longer, each as often as it stands there."""
    return sum((Counter(short.content) & Counter(long.content)).values()) / len(short.content)


def denies(short: Words, one: str, other: str) -> bool:
    """Whether the stretch that the two share is negated in one and not in the other."""
    brief, full = (one, other) if words_of(one) == short else (other, one)
    shared = set(short.content)
    tokens = tokens_of(full)
    stems = [stem(token) for token in tokens]
    places = [place for place, token in enumerate(stems) if token in shared]
    stretch = tokens[max(0, places[0] - 3) : places[-1] + 2] if places else tokens
    _, negation = _lexicon()
    here = sum(token in negation for token in tokens_of(brief))
    there = sum(token in negation for token in stretch)
    return here % 2 != there % 2


@functools.lru_cache(maxsize=20_000)
def words_of(text: str) -> Words:
    function, negation = _lexicon()
    tokens = tokens_of(text)
    content = tuple(stem(token) for token in tokens if token not in function and token not in negation)
    figures = frozenset(token for token in tokens if any(c.isdigit() for c in token))
    return Words(content, figures, sum(token in negation for token in tokens))


def tokens_of(text: str) -> list[str]:
    """Lower case, without accents; figures keep their decimal marks; "don't" gives "do" and "not"."""
    return tokens_in(unaccented(text))


def tokens_in(plain: str) -> list[str]:
    """The tokens of a text that is without case and accents already."""
    plain = re.sub(r"n[’']t\b", " not", plain.replace("won't", "will not").replace("won’t", "will not"))
    return [token.strip(".,") for token in re.findall(r"\d[\d.,]*|\w+", plain)]


def stems_among(wanted: frozenset[str], plain: str) -> set[str]:
    """Which of these stems of content words a text without case and accents has; nothing is remembered of it."""
    function, negation = _lexicon()
    begun = tuple(wanted)
    tokens = {token for token in tokens_in(plain) if token.startswith(begun)}
    return {stem(token) for token in tokens - function - negation} & wanted


def stem(token: str) -> str:
    """A word without its most common endings, as long as four letters are left."""
    return next((token[: -len(end)] for end in ENDINGS if token.endswith(end) and len(token) - len(end) >= 4), token)
