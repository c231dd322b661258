"""Whether two statements claim the same: cut shorter, reworded a little, quoted in part; not with another figure.

The measure is the containment of content words (A. Broder, "On the resemblance and containment of documents", 1997),
with less asked of those that keep their order; figures and negations are compared on their own.
"""

from collections import Counter

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from pipelines.text.language import detect
from pipelines.text.stems import ClaimWords, words_of

#: Of the shorter statement's content words, this share must stand in the longer …
CONTAINED = 0.75
#: … and this share of them in the same order.
ORDERED = 0.4
#: A statement of fewer content words than this is the same only when they stand in a row in the other, …
FEW = 4
#: … and one of fewer than this only when the other has no more.
FEWEST = 3
#: A shorter statement with this share of the words between its first and last word in the longer is no cut.
WHOLE = 0.7


def same_claim(one: str, other: str, lang: str | None = None, opposed: bool = False) -> bool:
    """Whether one of the two texts says what the other says, or a part of it. Symmetric; equal texts always do.

    `lang`: of both, told from the longer where it is not given. `opposed`: one of the two was asserted and the other
    denied; then one must be the negation of the other.
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
    """Whether two texts that share many words give other figures, or one denies what the other says."""
    lang = lang or detect(max(one, other, key=len))
    a, b = words_of(one, lang), words_of(other, lang)
    short, long = sorted((a, b), key=lambda words: (len(words.content), words.content))
    if not (a.figures <= b.figures or b.figures <= a.figures):
        return True
    return len(short.content) >= FEW and containment(short, long) >= CONTAINED and denies(a, b)


def similarity(one: str, other: str, lang: str | None = None) -> float:
    """How alike two texts are, 0 to 1; 1 for the same content words in the same order."""
    lang = lang or detect(max(one, other, key=len))
    a, b = (" ".join(words_of(text, lang).content) for text in (one, other))
    return fuzz.token_sort_ratio(a, b) / 200 + fuzz.partial_ratio(a, b) / 200 if a and b else float(a == b)


def containment(short: ClaimWords, long: ClaimWords) -> float:
    """The share of the shorter's content words that stand in the longer, each as often as it stands there."""
    return sum((Counter(short.content) & Counter(long.content)).values()) / len(short.content)


def order(short: ClaimWords, long: ClaimWords) -> float:
    """The share of the shorter's content words that stand in the longer in the same order."""
    return float(LCSseq.similarity(short.content, long.content)) / len(short.content)


def in_a_row(short: ClaimWords, long: ClaimWords) -> bool:
    """Whether the shorter's content words stand in the longer, one behind the other."""
    length = len(short.content)
    return any(long.content[at : at + length] == short.content for at in range(len(long.content) - length + 1))


def other_figures(short: ClaimWords, long: ClaimWords) -> bool:
    """Whether the shorter has a figure that the longer has not; or lacks one and is no cut of the longer."""
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
    """Whether a content word that both have is negated in one of them and out of a negation's reach in the other."""
    shared = set(a.content) & set(b.content)
    return bool((a.negated & shared) - b.reached or (b.negated & shared) - a.reached)
