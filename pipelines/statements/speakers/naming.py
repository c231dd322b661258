"""Finds the person or institution that is named in a source."""

from pipelines.statements.reading.closed_words import DEFINITE, words_in
from pipelines.statements.reading.names import INSIDE, ORGANIZATIONAL, fold, tables
from pipelines.statements.speakers.entities import Entity, Mention
from pipelines.statements.speakers.people import People

_UNDER = words_in("de del of for to con with from en in a por by")


def named(people: People, first: int, stop: int, lang: str) -> Entity | None:
    """The person or institution named in a source; None if it only describes somebody."""
    inside = people.inside(first, stop)
    persons = [m for m in inside if m.entity.person]
    if len(persons) > 1 and any(
        w.lower() in {"and", "y", "como", "e"} for w in people.tokens.words[persons[0].stop : persons[1].first]
    ):
        both = " y " if lang == "es" else " and "
        names = both.join(dict.fromkeys(m.entity.name for m in persons[:3]))
        return Entity(names, frozenset(fold(names).split()), kind="group", many=True)
    words, t = people.tokens.words, tables()
    if persons and not _genitive(people, persons[0], stop) and not _owned(people, persons[0], first):
        last = _apposed(people, persons, first) or _titled(people, persons, stop)
        return persons[-1].entity if last else persons[0].entity
    head = fold(words[inside[0].first]) if inside else ""
    if not inside or (
        t.classes.get(head, frozenset()) - ORGANIZATIONAL
        and head not in t.organizations
        and words[inside[0].first + 1] in INSIDE
    ):
        return None
    if _genitive(people, inside[0], stop):
        return None
    lower = [w for w in words[first : inside[0].first] if w.lower() not in DEFINITE]
    ends = inside[0].stop >= stop or words[inside[0].stop] in {"(", ","}
    if not lower:
        return inside[0].entity if ends else None
    described = all(fold(w) in t.classes for w in lower) or (len(lower) == 1 and lower[0] not in _UNDER)
    if described and inside[0].stop >= stop and inside[0].entity.kind != "place":
        entity = inside[0].entity
        entity.classes |= {k for w in lower for k in t.classes.get(fold(w), ())}
        return entity
    return None


def _genitive(people: People, mention: Mention, stop: int) -> bool:
    """Whether the name is a possessive before the real source: “Mexico’s | foreign ministry”."""
    words = people.tokens.words
    return mention.stop + 1 < stop and words[mention.stop] in {"'s", "’s"}


def _owned(people: People, mention: Mention, first: int) -> bool:
    """Whether the source is somebody other than the named person: “el abogado de | Ana Ruiz”."""
    words = people.tokens.words
    before = words[mention.first - 1].lower() if mention.first > first else ""
    return before in {"de", "del", "of", "for", "to", "con", "with", "against", "contra", "by"} and any(
        fold(w) in tables().classes for w in words[first : mention.first]
    )


def _apposed(people: People, persons: list[Mention], first: int) -> bool:
    """Whether the last name follows a comma or dash, and so is the speaker: “the head of X’s office, Ana Ruiz”."""
    gap = people.tokens.words[persons[-1].first - 1] if persons[-1].first > first else ""
    return gap in {",", ":", "—", "–"}


def _titled(people: People, persons: list[Mention], stop: int) -> bool:
    """Whether only the last name is surely a person, after a title: “Imperial Beach councilwoman | Ana Ruiz”."""
    last = persons[-1]
    before = people.tokens.words[last.first - 1] if last.first else ""
    return last.stop >= stop and last.entity.sure and not persons[0].entity.sure and before.lower() not in _UNDER
