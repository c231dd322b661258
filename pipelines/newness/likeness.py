"""Whether two statements claim the same. One may be shortened, slightly reworded or a part of the other.

The measure is the containment of content words (A. Broder, "On the resemblance and containment of documents", 1997),
and a smaller share of these words must be in the same order. Figures and negations are compared separately.
"""

from collections import Counter

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from pipelines.text.language import detect
from pipelines.text.stems import ClaimWords, words_of

#: This share of the shorter statement's content words must be in the longer one …
CONTAINED = 0.75
#: … and this share must be there in the same order.
ORDERED = 0.4
#: A statement with fewer content words than this must be a contiguous part of the other, …
FEW = 4
#: … and one with fewer than this must have exactly the same content words as the other.
FEWEST = 3
#: If the shorter statement is at least this share of the stretch of the longer one that it covers, it counts as a full
#: version of that stretch, not as an excerpt; then it must have the figures in the stretch as well.
WHOLE = 0.7


def same_claim(one: str, other: str, lang: str | None = None, opposed: bool = False) -> bool:
    """Whether one text says what the other says, or a part of it. Symmetric, and true for equal texts.

    `lang`: of both; if None, detected from the longer. `opposed`: one was asserted and the other denied; then one text
    must be the negation of the other.
    """
    lang = lang or detect(max(one, other, key=len))
    a, b = words_of(one, lang), words_of(other, lang)
    if a.content == b.content and a.figures == b.figures:
        return denies(a, b) == opposed
    short, long = sorted((a, b), key=lambda words: (len(words.content), words.content))
    if len(short.content) < FEWEST:
        return False
    if len(short.content) < FEW:
        if not in_a_row(short, long):
            return False
    elif containment(short, long) < CONTAINED or order(short, long) < ORDERED:
        return False
    return not other_figures(short, long) and denies(a, b) == opposed


def contradicts(one: str, other: str, lang: str | None = None) -> bool:
    """Whether two texts about the same thing have different figures, or one denies what the other says."""
    lang = lang or detect(max(one, other, key=len))
    a, b = words_of(one, lang), words_of(other, lang)
    short, long = sorted((a, b), key=lambda words: (len(words.content), words.content))
    if not (a.figures <= b.figures or b.figures <= a.figures):
        return True
    return len(short.content) >= FEW and containment(short, long) >= CONTAINED and denies(a, b)


def similarity(one: str, other: str, lang: str | None = None) -> float:
    """Similarity of two texts, 0 to 1; 1 for the same content words in the same order."""
    lang = lang or detect(max(one, other, key=len))
    a, b = (" ".join(words_of(text, lang).content) for text in (one, other))
    return fuzz.token_sort_ratio(a, b) / 200 + fuzz.partial_ratio(a, b) / 200 if a and b else float(a == b)


def containment(short: ClaimWords, long: ClaimWords) -> float:
    """The share of the shorter's content words that are in the longer. A word counts as often as both have it."""
    return sum((Counter(short.content) & Counter(long.content)).values()) / len(short.content)


def order(short: ClaimWords, long: ClaimWords) -> float:
    """The share of the shorter's content words that are in the longer in the same order."""
    return float(LCSseq.similarity(short.content, long.content)) / len(short.content)


def in_a_row(short: ClaimWords, long: ClaimWords) -> bool:
    """Whether the shorter's content words are a contiguous part of the longer's."""
    length = len(short.content)
    return any(long.content[at : at + length] == short.content for at in range(len(long.content) - length + 1))


def other_figures(short: ClaimWords, long: ClaimWords) -> bool:
    """Whether the shorter has a figure that the longer lacks, or lacks one of a stretch that it restates in full."""
    if not short.figures <= long.figures:
        return True
    if short.figures == long.figures:
        return False
    shared = set(short.content)
    places = [place for place, stem in enumerate(long.content) if stem in shared]
    stretch = long.content[places[0] : places[-1] + 1]
    added = long.figures.intersection(stretch) - short.figures
    return bool(added) and len(short.content) >= WHOLE * len(stretch)


def denies(a: ClaimWords, b: ClaimWords) -> bool:
    """Whether a shared content word is negated in one text and not within the reach of a negation in the other."""
    shared = set(a.content) & set(b.content)
    return bool((a.negated & shared) - b.reached or (b.negated & shared) - a.reached)
