"""Finds the grammatical subject of a sentence, with simple rules; used to resolve pronouns and dropped subjects."""

from pipelines.statements.reading.closed_words import ARTICLES, DETERMINERS, words_in
from pipelines.statements.reading.names import fold, tables
from pipelines.statements.speakers.people import People
from pipelines.statements.tagging.taggers import Range

_OPENERS = words_in(
    "but and yet y pero however moreover still then además asimismo also meanwhile entonces luego después"
)
_PREPOSITIONS = words_in(
    "in on at after before during for by with since under as from of to amid despite without en tras durante desde "
    "ante "
    "por para al a con de sobre sin hasta entre según mientras cuando when while if si aunque although"
)
_NOT_IN_NAME = _PREPOSITIONS | ARTICLES
_BEFORE_NAME = 8
_ADJECTIVES = 3
"""At most this many words may be between an article and the noun for a person."""


def subject(people: People, low: int, high: int) -> Range | None:
    """The first name or description between `low` and `high` that is not after a preposition."""
    words, quote = people.tokens.words, people.tokens.quote
    k = people.past_dateline(low)
    while k < high and (words[k].lower() in _OPENERS or not words[k][0].isalnum()) and not quote[k]:
        k += 1
    if k >= high or quote[k]:
        return None
    if words[k].lower() in _PREPOSITIONS and not (words[k] == "A" and people.lang == "en"):
        comma = next((j for j in range(k, min(k + 20, high)) if words[j] == "," and not quote[j]), None)
        if comma is None:
            return None
        k = comma + 1
    return phrase(people, k, high) or _titled(people, k, high)


def _titled(people: People, k: int, high: int) -> Range | None:
    """A person's name with words and a title before it: “dairy farmer Lowell Esquibel”, “Mexico's envoy, Ana Ruiz”."""
    words, t = people.tokens.words, tables()
    for j in range(k, min(k + _BEFORE_NAME, high)):
        mention = people.mention_at(j)
        if mention and mention.first == j and j > k:
            comma = words[j - 1] == ","
            title = words[j - 1 - comma]
            return (k, mention.stop) if mention.entity.person and fold(title) in t.classes else None
        if not (words[j][0].isalnum() or words[j] in {",", "'s", "’s"}) or words[j].lower() in _PREPOSITIONS:
            return None
    return None


def phrase(people: People, k: int, high: int) -> Range | None:
    """A phrase that begins at `k`: a name, a determiner with a noun for a person or institution, or both."""
    words, t = people.tokens.words, tables()
    if k >= high:
        return None
    mention = people.mention_at(k)
    if mention and mention.first == k:
        owned = _owned(people, mention.stop, high)
        return (k, owned[1] if owned else mention.stop)
    lower = words[k].lower()
    if lower not in DETERMINERS and fold(words[k]) not in t.classes:
        return None
    for j in range(k + (lower in DETERMINERS), min(k + 2 + _ADJECTIVES, high)):
        if not words[j][0].isalnum() or words[j].lower() in _NOT_IN_NAME:
            return None
        mention = people.mention_at(j)
        noun = j
        if mention and mention.first == j:
            noun = mention.stop
            if owned := _owned(people, noun, high):
                return (k, owned[1])
            if noun >= high or fold(words[noun]) not in t.classes:
                return (k, noun)
        if fold(words[noun]) in t.classes:
            stop = _with_rest(people, noun + 1, high)
            named = people.mention_at(stop + 1) if stop + 1 < high and words[stop] == "," else None
            return (k, named.stop if named and named.first == stop + 1 and named.entity.person else stop)
    return None


def _owned(people: People, at: int, high: int) -> Range | None:
    """A person or an institution after a possessive: “Mexico | 's foreign ministry”, “Mexico | 's envoy, Ana Ruiz”."""
    words, t = people.tokens.words, tables()
    if at >= high or words[at] not in {"'s", "’s"}:
        return None
    for j in range(at + 1, min(at + 2 + _ADJECTIVES, high)):
        if not words[j][0].isalnum() or words[j].lower() in _NOT_IN_NAME:
            return None
        if fold(words[j]) in t.classes:
            stop = _with_rest(people, j + 1, high)
            named = people.mention_at(stop + 1) if stop + 1 < high and words[stop] == "," else people.mention_at(stop)
            near = named and named.first in {stop, stop + 1} and named.entity.person and named.stop <= high
            return (at, named.stop if named and near else stop)
    return None


def _with_rest(people: People, stop: int, high: int) -> int:
    """The end of a description: “el secretario | de Marina”, “el alcalde | Rodrigo Peniche”."""
    words = people.tokens.words
    for _ in range(3):
        k = stop
        while k < high and k - stop < 3 and words[k].lower() in {"de", "del", "la", "los", "of", "the", "for", "to"}:
            k += 1
        mention = people.mention_at(k) if k < high else None
        if mention is None or mention.first != k:
            return stop
        stop = mention.stop
    return stop
