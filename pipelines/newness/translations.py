"""Links between the English and the Spanish version of a statement. They are guesses and never suppress an alert.

Words match when the glossary pairs them or when they are spelled alike, as cognates are (cooperation, cooperación).
Figures and negation must not disagree.
"""

import functools
from collections.abc import Iterable
from pathlib import Path

import yaml
from rapidfuzz import fuzz

from pipelines.newness.ledger import same_speaker
from pipelines.text.stems import ClaimWords, stemmed, words_of
from schemas.ids import unaccented
from schemas.reason import Possible
from schemas.statement import LedgerEntry

DATA = Path(__file__).parents[1] / "data" / "glossary.yaml"
#: This share of the shorter text's content words must have a counterpart in the other.
ALIKE = 0.5
#: Texts with fewer content words than this are not linked.
FEW = 4
#: Cognates begin with the same letter and are at least this similar (ratio of rapidfuzz, 0 to 100) …
ORIGIN = 75
#: … and both have at least this many letters.
LETTERS = 4
SHOWN = 200


def possible_links(entry: LedgerEntry, others: Iterable[LedgerEntry]) -> tuple[Possible, ...]:
    """Of `others`, which are of about the same day, those in the other language that may be the same statement: with
    the same speaker, a common topic and similar content. At most three, the most similar first."""
    found = []
    for other in others:
        if {entry.lang, other.lang} != {"en", "es"} or not set(entry.topics) & set(other.topics):
            continue
        if entry.speaker is None or other.speaker is None or not same_speaker(entry.speaker, other.speaker):
            continue
        english, spanish = (entry, other) if entry.lang == "en" else (other, entry)
        likeness = alike(english.text, spanish.text, opposed=entry.denied != other.denied)
        if likeness >= ALIKE:
            found.append((likeness, other))
    found.sort(key=lambda pair: (-pair[0], pair[1].id))
    return tuple(link(likeness, other) for likeness, other in found[:3])


def link(likeness: float, other: LedgerEntry) -> Possible:
    first = other.sightings[0]
    return Possible(
        statement=other.id,
        alert=other.alert,
        lang=other.lang or "",
        similarity=round(likeness, 3),
        text=other.text[:SHOWN],
        outlet=first.outlet,
        url=first.url,
    )


def alike(english: str, spanish: str, opposed: bool = False) -> float:
    """The share of the shorter text's content words that have a counterpart in the other, 0 to 1.

    0 if figures or negation disagree, or one text is too short. `opposed`: exactly one of them was denied.
    """
    a, b = words_of(english, "en"), words_of(spanish, "es")
    if min(len(a.content), len(b.content)) < FEW or not figures_agree(a, b):
        return 0.0
    if (bool(a.negated) == bool(b.negated)) == opposed:
        return 0.0
    left = list(b.content)
    for word in a.content:
        if partner := next((other for other in left if counterparts(word, other)), None):
            left.remove(partner)
    return (len(b.content) - len(left)) / min(len(a.content), len(b.content))


def figures_agree(a: ClaimWords, b: ClaimWords) -> bool:
    """Whether all figures of one text are in the other."""
    return a.figures <= b.figures or b.figures <= a.figures


@functools.lru_cache(maxsize=20_000)
def counterparts(english: str, spanish: str) -> bool:
    """Whether an English and a Spanish stem mean the same: equal, spelled alike, or paired by the glossary."""
    if english == spanish:
        return True
    long_enough = min(len(english), len(spanish)) >= LETTERS and english.isalpha()
    if long_enough and english[0] == spanish[0] and fuzz.ratio(english, spanish) >= ORIGIN:
        return True
    return bool(_glossary()[0].get(english, frozenset()) & _glossary()[1].get(spanish, frozenset()))


@functools.cache
def _glossary() -> tuple[dict[str, frozenset[int]], dict[str, frozenset[int]]]:
    """Stem → line numbers in the glossary, for English and for Spanish."""
    english: dict[str, frozenset[int]] = {}
    spanish: dict[str, frozenset[int]] = {}
    for number, (left, right) in enumerate(yaml.safe_load(DATA.read_text(encoding="utf-8")).items()):
        for words, side, lang in ((left, english, "en"), (right, spanish, "es")):
            for word in words.split():
                key = stemmed(unaccented(word), lang)
                side[key] = side.get(key, frozenset()) | {number}
    return english, spanish
