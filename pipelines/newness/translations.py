"""Links between the English and the Spanish version of one statement: guesses, marked possible, that suppress nothing.

Words agree when the glossary pairs them or when they look alike, as words of one origin do (cooperation, cooperación);
figures and negation must not disagree.
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
#: Of the content words of the shorter text, this share must have a counterpart in the other.
ALIKE = 0.5
#: Fewer content words than this say too little.
FEW = 4
#: Words of one origin begin with the same letter and have this in common (rapidfuzz's ratio, 0 to 100) …
ORIGIN = 75
#: … where they have at least so many letters.
LETTERS = 4
SHOWN = 200


def possible_links(entry: LedgerEntry, others: Iterable[LedgerEntry]) -> tuple[Possible, ...]:
    """Of `others`, which are of about the same day, those in the other language that may be the same statement: by the
    same named speaker, on one topic, alike in content. The likest first, three at most."""
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
        lang=other.lang or "",
        similarity=round(likeness, 3),
        text=other.text[:SHOWN],
        outlet=first.outlet,
        url=first.url,
    )


def alike(english: str, spanish: str, opposed: bool = False) -> float:
    """The share of the shorter text's content words that have a counterpart in the other, 0 to 1.

    0 where figures or negation disagree, or where one is too short. `opposed`: one of them was denied.
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
    """Whether one text's figures all stand in the other."""
    return a.figures <= b.figures or b.figures <= a.figures


@functools.lru_cache(maxsize=20_000)
def counterparts(english: str, spanish: str) -> bool:
    """Whether two stems stand for each other."""
    if english == spanish:
        return True
    long_enough = min(len(english), len(spanish)) >= LETTERS and english.isalpha()
    if long_enough and english[0] == spanish[0] and fuzz.ratio(english, spanish) >= ORIGIN:
        return True
    return bool(_glossary()[0].get(english, frozenset()) & _glossary()[1].get(spanish, frozenset()))


@functools.cache
def _glossary() -> tuple[dict[str, frozenset[int]], dict[str, frozenset[int]]]:
    """Stem → lines of the glossary, for English and for Spanish."""
    english: dict[str, frozenset[int]] = {}
    spanish: dict[str, frozenset[int]] = {}
    for number, (left, right) in enumerate(yaml.safe_load(DATA.read_text(encoding="utf-8")).items()):
        for words, side, lang in ((left, english, "en"), (right, spanish, "es")):
            for word in words.split():
                key = stemmed(unaccented(word), lang)
                side[key] = side.get(key, frozenset()) | {number}
    return english, spanish
