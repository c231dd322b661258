"""Whom a description stands for: somebody named or described elsewhere in the text, else whom it describes."""

from pipelines.statements.reading.closed_words import DEFINITE, words_in
from pipelines.statements.reading.names import ORGANIZATIONAL, fold, tables
from pipelines.statements.speakers.people import Entity, People

_INDEFINITE = words_in(
    "a an un una some many several unos unas algunos algunas varios muchos one another otro otra most few two three "
    "dos tres"
)
#: Words of a description that may stand for somebody named elsewhere.
MOST_DESCRIPTION = 8
_SINGULAR_S = {"congress", "press"}


class Descriptions:
    """The descriptions of one text that stand for nobody named in it."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.entities: list[Entity] = []

    def find(self, first: int, stop: int, words: list[str], last: Entity | None) -> Entity | None:
        """Whom tokens [first, stop) stand for; `words` are those of them that are words, `last` who spoke last."""
        if not words:
            return None
        t = tables()
        folded = [fold(w) for w in words]
        head = next((w for w in folded[:6] if w in t.classes), None)
        determiner = words[0].lower()
        definite = determiner in DEFINITE or (determiner not in _INDEFINITE and folded[0] in t.classes)
        if definite and len(words) <= MOST_DESCRIPTION:
            known = self._known(head, folded, first, last)
            if known:
                return known
        shown = self.people.text(first, stop)[:160]
        if known_as := t.people.get(fold(shown)):
            return Entity(known_as, frozenset(map(fold, known_as.split())), person=True)
        entity = next((e for e in self.entities if fold(e.name) == fold(shown)), None)
        if entity is None:
            entity = Entity(shown, frozenset(folded), classes={k for w in folded[:7] for k in t.classes.get(w, ())})
            entity.gender = next((t.gender[w] for w in folded[:8] if w in t.gender), None)
            entity.about = set(folded)
            self.entities.append(entity)
        return entity

    def _known(self, head: str | None, folded: list[str], at: int, last: Entity | None) -> Entity | None:
        """Who was called by the same word, or by one of its group; who shares more of the description first."""
        t = tables()
        kinds = t.classes[head] if head else frozenset()
        human = bool(kinds - ORGANIZATIONAL) or not kinds
        rest = {w for w in folded if len(w) > 3}
        many = folded[0] in {"los", "las"} or (head or folded[-1]).endswith("s") and head not in _SINGULAR_S

        def score(entity: Entity, recency: float) -> float:
            if human and not (entity.person or entity in self.entities) or (not human and entity.person):
                return 0.0
            same = rest & entity.about
            if not (entity.classes & kinds if head else same) or (many and entity.person):
                return 0.0
            return 1.0 + len(same) + recency + (0.7 if entity is last else 0.0)

        best, most = None, 0.0
        seen: set[int] = set()
        earlier = self.people.mentions[: self.people.before(at)][-300:]
        candidates = [m.entity for m in reversed(earlier)] + self.entities[::-1] + ([last] if last else [])
        for rank, entity in enumerate(candidates):
            if id(entity) in seen:
                continue
            seen.add(id(entity))
            value = score(entity, 1.0 / (1 + rank / 10))
            if value > most:
                best, most = entity, value
        if best is None:
            later = (m.entity for m in self.people.mentions[self.people.before(at) :][:300])
            best = next(
                (e for e in later if e.sure and (e.classes & kinds if human and kinds else rest & e.about)), None
            )
        return best
