"""Groups of names that can speak together: “President Ruiz and Secretary Lund”, “México y Estados Unidos”."""

from pipelines.statements.reading.closed_words import words_in
from pipelines.statements.reading.names import fold, tables
from pipelines.statements.speakers.entities import Entity, Mention
from pipelines.statements.speakers.people import People

_JOINS = words_in("and y e &")
_BESIDE = words_in("and y e & , the el la los las of de del u.s us former")
_REACH = 8
_MOST = 12


def groups(people: People) -> list[Mention]:
    """All lists of names joined by commas and an “and”, in text order."""
    out: list[Mention] = []
    mentions = people.mentions
    i = 0
    while i < len(mentions) - 1:
        j = i
        ended = False
        while j + 1 < len(mentions) and j - i < _MOST and not ended:
            joined = _joined(people, mentions[j], mentions[j + 1])
            if not joined:
                break
            ended = joined == 2
            j += 1
        if ended:
            first = _with_title(people, mentions[i].first)
            entity = Entity(people.text(first, mentions[j].stop), frozenset(), kind="group", many=True)
            members = [m.entity for m in mentions[i : j + 1]]
            entity.classes = {"persons"} if all(m.person for m in members) else {"countries"}
            entity.about = {m.name for m in members}
            out.append(Mention(first, mentions[j].stop, entity))
        i = max(j, i + 1)
    return out


def _joined(people: People, one: Mention, other: Mention) -> int:
    """2 if “and” joins two mentions, 1 if a comma does, 0 otherwise."""
    words, t = people.tokens.words, tables()
    between = words[one.stop : other.first]
    if not between or len(between) > _REACH or (one.entity.person != other.entity.person) or one.entity is other.entity:
        return 0
    if one.entity.kind != other.entity.kind or one.entity.kind not in {"person", "place", "organization"}:
        return 0
    lowered = [w.lower() for w in between]
    if not all(w in _BESIDE or fold(w) in t.classes or fold(w) in t.short or w[0].isupper() for w in lowered):
        return 0
    if lowered[0] not in {*_JOINS, ","} or people.tokens.sentence[one.stop] != people.tokens.sentence[other.first]:
        return 0
    return 2 if any(w in _JOINS for w in lowered[:2]) else 1 if lowered.count(",") == 1 else 0


def _with_title(people: People, first: int) -> int:
    words, t = people.tokens.words, tables()
    while first > 0 and (words[first - 1][0].isupper() and fold(words[first - 1]) in t.classes):
        first -= 1
    return first


def size_of(entity: Entity) -> int:
    """The number of members of a group."""
    return len(entity.about)
