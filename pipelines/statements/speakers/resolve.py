"""Whom the source of a statement stands for: names, pronouns, dropped subjects, titles, descriptions, institutions."""

import re

from pipelines.statements.reading.closed_words import DEFINITE, words_in
from pipelines.statements.reading.names import INSIDE, ORGANIZATIONAL, fold, tables
from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.speakers.descriptions import Descriptions
from pipelines.statements.speakers.people import Entity, Mention, People
from pipelines.statements.speakers.turns import speaker_of_turn
from pipelines.statements.tagging.taggers import Raw
from schemas.statement import Speaker

_HE, _SHE = {"he", "his", "him", "él", "himself"}, {"she", "her", "ella", "herself"}
_THEY = {"they", "their", "them", "ellos", "ellas", "the two", "ambos", "ambas", "both"}
_FIRST = {"i", "we", "my", "our", "me", "us", "yo", "nosotros", "mí", "nuestro", "nuestra"}
_OWN = {"su", "sus", "éste", "ésta", "este", "esta", "aquél", "it", "its", "el mismo", "quien esto"}
_RELATIVE = {*words_in("who that which whom whose quien quienes que cual cuyo"), "el cual", "la cual", "el que"}
_PASSIVE = re.compile(r"\b(?:se|fue|fueron|sido|es|son|was|were|been|being|is|are)\b", re.IGNORECASE)
CARRY = 3
"""Paragraphs over which a dropped subject or a floating quotation still belongs to the last speaker."""


class Speakers:
    """Resolves the sources of one text, asked in the order of the text."""

    def __init__(self, tokens: Tokens, lang: str) -> None:
        self.tokens = tokens
        self.lang = lang
        self.people = People(tokens, lang)
        self.last: Entity | None = None
        self.last_at = -(10**9)
        self.told: list[tuple[int, int, Entity]] = []
        self.descriptions = Descriptions(self.people)
        self.pair: Entity | None = None

    def speaker(self, raw: Raw) -> Speaker | None:
        """The speaker of a statement, or None where the text does not tell."""
        if raw.speaker:
            return Speaker(name=raw.speaker)
        at = raw.cue[0] if raw.cue else raw.content[0][0]
        entity = speaker_of_turn(raw, self.tokens, self.people) if "turn" in raw.notes else self._find(raw, at)
        if entity is None:
            return None
        thing = entity in self.descriptions.entities and not entity.classes - {"study"}
        if self.lang == "en" or not thing:
            self.last, self.last_at = entity, at
        outer = [
            (a, b, entity)
            for a, b in raw.content
            if "turn" in raw.notes or self.tokens.quote[a] or len(raw.content) == 1
        ]
        self.told += outer
        return Speaker(name=entity.name, role=entity.role)

    def _find(self, raw: Raw, at: int) -> Entity | None:
        if raw.notes.get("subject") and raw.source is None:
            raw.source = self._subject(at)
        if raw.source is None:
            if "carry" in raw.notes or (self.lang == "es" and self._dropped(raw)):
                return self._carried(at)
            return None
        first, stop = raw.source
        words = [w for w in self.tokens.words[first:stop] if w[0].isalnum()]
        text = " ".join(w.lower() for w in words)
        if text in _FIRST:
            return self._around(first) or self._carried(at)
        if text in _HE or text in _SHE or text in _OWN:
            return self._pronoun(first, "m" if text in _HE else "f" if text in _SHE else None)
        if text in {"the two", "both", "ambos", "ambas"} or (text in _THEY and self.pair and self.last is self.pair):
            self.pair = self._two(first) or self.pair
            return self.pair
        if text in _THEY:
            return self.last if self.last and not (self.last.person and self.last.gender) else None
        if text in _RELATIVE:
            return self._nearest(first)
        return self._named(first, stop) or self.descriptions.find(first, stop, words, self.last)

    def _two(self, at: int) -> Entity | None:
        """The two people named last, where one paragraph before `at` names just two."""
        earlier = self.people.mentions[: self.people.before(at)][-40:]
        near = [
            m.entity
            for m in earlier
            if m.entity.sure and self.tokens.paragraph[at] - self.tokens.paragraph[m.first] <= 2
        ]
        names = list(dict.fromkeys(e.name for e in near))
        if len(names) != 2:
            return None
        both = (" y " if self.lang == "es" else " and ").join(names)
        return Entity(both, frozenset(fold(both).split()))

    def _subject(self, at: int) -> tuple[int, int] | None:
        """The name or pronoun before a cue, in its sentence."""
        k = at - 1
        sentence = self.tokens.sentence[at]
        names = [m for m in self.people.mentions if m.stop <= at and self.tokens.sentence[m.first] == sentence]
        persons = [m for m in names if m.entity.person]
        if k >= 0 and self.tokens.words[k].lower() in _HE | _SHE:
            return (k, at)
        best = persons[0] if persons else names[0] if names else None
        return (best.first, best.stop) if best else None

    def _dropped(self, raw: Raw) -> bool:
        if raw.cue is None:
            return True
        text = self.tokens.text
        cue = text[self.tokens.start[raw.cue[0]] : self.tokens.end[raw.cue[1] - 1]].lower()
        before = self.tokens.words[raw.cue[0] - 1].lower() if raw.cue[0] else ""
        if _PASSIVE.search(cue) and not cue.startswith(("se neg", "se comprom", "se pronunci", "se refir", "se dij")):
            return False
        return before not in {"se", "fue", "sido", "fueron"} and not cue.endswith(("dos", "das"))

    def _carried(self, at: int) -> Entity | None:
        """The last speaker, or whom the sentences before are about; else whom the text names first."""
        if self.last is not None:
            return self.last if self.tokens.paragraph[at] - self.tokens.paragraph[self.last_at] <= CARRY else None
        return self._topic(at, None) or next((m.entity for m in self.people.mentions if m.entity.sure), None)

    def _topic(self, at: int, gender: str | None) -> Entity | None:
        """The first person named in the latest sentence that names one, at most two paragraphs back."""
        best: Entity | None = None
        sentence = None
        for mention in reversed(self.people.mentions[: self.people.before(at)][-60:]):
            if self.tokens.paragraph[at] - self.tokens.paragraph[mention.first] > 2 or (
                sentence is not None and self.tokens.sentence[mention.first] != sentence
            ):
                break
            if (
                mention.entity.sure
                and not self.tokens.quote[mention.first]
                and (gender is None or mention.entity.gender in (gender, None))
            ):
                sentence = self.tokens.sentence[mention.first]
                best = mention.entity
        return best

    def _around(self, at: int) -> Entity | None:
        return next((entity for a, b, entity in reversed(self.told) if a <= at < b), None)

    def _nearest(self, at: int) -> Entity | None:
        k = self.people.before(at) - 1
        if k < 0 or at - self.people.mentions[k].stop > 12:
            return None
        return self.people.mentions[k].entity

    def _pronoun(self, at: int, gender: str | None) -> Entity | None:
        def fits(entity: Entity) -> bool:
            somebody = entity.person or entity in self.descriptions.entities
            return gender is None or (entity.gender in (gender, None) and somebody)

        if self.last and fits(self.last) and 0 <= self.tokens.paragraph[at] - self.tokens.paragraph[self.last_at] <= 1:
            return self.last
        return self._topic(at, gender) or (self.last if self.last and fits(self.last) else None)

    def _named(self, first: int, stop: int) -> Entity | None:
        k = self.people.before(first)
        inside = []
        for mention in self.people.mentions[max(k - 1, 0) : k + 12]:
            if mention.first < stop and mention.stop > first:
                inside.append(mention)
        persons = [m for m in inside if m.entity.person]
        if len(persons) > 1 and any(
            w.lower() in {"and", "y", "como", "e"} for w in self.tokens.words[persons[0].stop : persons[1].first]
        ):
            both = " y " if self.lang == "es" else " and "
            names = both.join(dict.fromkeys(m.entity.name for m in persons[:3]))
            return Entity(names, frozenset(fold(names).split()))
        if persons:
            return persons[-1].entity if self._apposed(persons, first) else persons[0].entity
        head = fold(self.tokens.words[inside[0].first]) if inside else ""
        if not inside or (
            tables().classes.get(head, frozenset()) - ORGANIZATIONAL
            and head not in tables().organizations
            and self.tokens.words[inside[0].first + 1] in INSIDE
        ):
            return None
        lower = [w for w in self.tokens.words[first : inside[0].first] if w.lower() not in DEFINITE]
        if not lower:
            return (
                inside[0].entity
                if inside[0].stop >= stop or self.tokens.words[inside[0].stop] in {"(", ",", "'s", "’s"}
                else None
            )
        t = tables()
        if all(fold(w) in t.classes for w in lower) and inside[0].stop >= stop:
            entity = inside[0].entity
            entity.classes |= {k for w in lower for k in t.classes[fold(w)]}
            return entity
        return None

    def _apposed(self, persons: list[Mention], first: int) -> bool:
        """A name at the end of a long description is the speaker: “the head of X’s office, Ana Ruiz”."""
        gap = self.tokens.words[persons[-1].first - 1] if persons[-1].first > first else ""
        return gap in {",", ":", "—", "–"}
