"""Resolves the source of a statement (name, pronoun, dropped subject, title, description) to a speaker."""

import datetime
import re

from pipelines.statements.reading.closed_words import words_in
from pipelines.statements.reading.names import fold, tables
from pipelines.statements.reading.tokens import Tokens, sentence_start
from pipelines.statements.speakers.choosing import chosen
from pipelines.statements.speakers.entities import Entity, Mention
from pipelines.statements.speakers.groups import groups, size_of
from pipelines.statements.speakers.naming import named
from pipelines.statements.speakers.offices import holder
from pipelines.statements.speakers.people import People
from pipelines.statements.speakers.ranking import LEAST, Candidate, best
from pipelines.statements.speakers.references import HE, SHE, Reference, reference
from pipelines.statements.speakers.salience import subject
from pipelines.statements.speakers.turns import speaker_of_turn
from pipelines.statements.tagging.taggers import Range, Raw
from schemas.persons import person_id
from schemas.statement import Speaker

_PASSIVE = re.compile(r"\b(?:se|fue|fueron|sido|es|son|was|were|been|being|is|are)\b", re.IGNORECASE)
_REFLEXIVE = tuple(
    f"se {verb}" for verb in ["neg", "comprom", "pronunci", "refir", "dij", "quej", "opus", "opon", "manif", "preg"]
)
SENTENCES_BACK = 6
SPOKE_BACK = 30
MENTIONS_BACK = 60
MOST_CANDIDATES = 24
DEEPEST = 4
"""Limit of the recursion when the subject of a sentence is resolved through the subjects of earlier sentences."""
_TOGETHER = words_in("leaders presidents lideres presidentes mandatarios ministers ministros secretaries secretarios")
"""Plurals that, with an article, can mean a group named in the text."""
CLAUSES = words_in("; while whereas mientras but pero")
"""Words after which a clause with its own subject can begin."""
DELEGATIONS = frozenset({"delegations", "delegaciones", "delegation", "delegacion"})
"""Delegations speak for themselves: “both delegations” is not a list of countries or people."""
CARRY = 3
"""A dropped subject or a separate quotation can belong to a speaker at most this many paragraphs before."""


class Speakers:
    """Resolves the sources of one text. Must be called in text order, because it remembers the last speaker."""

    def __init__(self, tokens: Tokens, lang: str, day: datetime.date | None = None) -> None:
        self.tokens = tokens
        self.lang = lang
        self.day = day
        self.people = People(tokens, lang)
        self.last: Entity | None = None
        self.last_at = -(10**9)
        self.spoke: list[tuple[int, Entity]] = []
        self.told: list[tuple[int, int, Entity]] = []
        self.described: list[tuple[int, Entity]] = []
        self.subjects: dict[int, Entity | None] = {}
        self.groups: list[Mention] | None = None
        self.depth = 0

    def speaker(self, raw: Raw) -> Speaker | None:
        """The speaker of a statement, or None if the text does not say."""
        if raw.speaker:
            return Speaker(name=raw.speaker, id=person_id(raw.speaker), known="resolved")
        at = raw.cue[0] if raw.cue else raw.content[0][0]
        entity = speaker_of_turn(raw, self.tokens, self.people) if "turn" in raw.notes else self._find(raw, at)
        if entity is None:
            return None
        self.last, self.last_at = entity, at
        self.spoke.append((at, entity))
        if raw.source and "turn" not in raw.notes:
            self._remember(raw.source, entity)
        self.told += [
            (a, b, entity)
            for a, b in raw.content
            if "turn" in raw.notes or self.tokens.quote[a] or len(raw.content) == 1
        ]
        return self._shown(raw, entity)

    def _shown(self, raw: Raw, entity: Entity) -> Speaker:
        """The speaker for the output. If the text gives only an office, this is its holder on the day (`inferred`)."""
        office = not entity.person and entity.kind == "person" and not entity.many
        if office and self.day and (person := holder(self.people, entity.name, entity.gender, self.day)):
            return Speaker(name=person.name, role=entity.name, id=person.id, known="inferred")
        named = entity.person or (entity.kind in {"organization", "place", ""} and entity in self.people.entities)
        written = raw.source is not None and (
            any(m.entity is entity for m in self.people.inside(*raw.source))
            or fold(self.people.text(*raw.source)) == fold(entity.name)
        )
        return Speaker(
            name=entity.name,
            role=entity.role,
            id=person_id(entity.name) if named else None,
            known="written" if written or "turn" in raw.notes else "resolved",
        )

    def _remember(self, source: Range, entity: Entity) -> None:
        """Remember a source near the start of its sentence as the subject of that sentence."""
        low = sentence_start(self.tokens, source[0])
        if source[0] - low <= 3 and not any(self.tokens.quote[k] for k in range(low, source[0] + 1)):
            self.subjects[low] = entity

    def _find(self, raw: Raw, at: int) -> Entity | None:
        if raw.notes.get("subject") and raw.source is None:
            raw.source = self._subject(at)
        raw.source = chosen(self.people, raw, self.lang)
        if raw.source is None:
            return self._dropped(raw, at)
        first, stop = raw.source
        words = [w for w in self.tokens.words[first:stop] if w[0].isalnum()]
        if not words:
            return self._dropped(raw, at)
        asked = reference(words, self.lang)
        if asked.what == "first":
            return self._around(first) or self._speaking(at, asked.many)
        if asked.what == "pronoun":
            return self._salient(asked, first, raw.content, LEAST["pronoun"])
        if asked.what == "relative":
            return self._nearest(first)
        if asked.what == "group":
            return self._together(asked, first, raw) or self._new(first, stop, asked)
        return self._span(first, stop, asked)

    def _span(self, first: int, stop: int, asked: Reference | None = None) -> Entity | None:
        """The entity that a name or a description refers to."""
        words = [w for w in self.tokens.words[first:stop] if w[0].isalnum()]
        if not words:
            return None
        asked = asked or reference(words, self.lang)
        if found := named(self.people, first, stop, self.lang):
            return found
        if asked.what == "group":
            return self._together(asked, first, None) or self._new(first, stop, asked)
        if asked.what != "description":
            return None
        if asked.definite and len(words) <= 8 and (known := self._known(asked, first)):
            if asked.head and known.kind in {"", asked.kind}:
                known.about.add(asked.head)
                known.classes |= asked.classes
            return known
        if asked.definite and asked.many and asked.head in _TOGETHER and (group := self._together(asked, first, None)):
            return group
        return self._new(first, stop, asked)

    def _dropped(self, raw: Raw, at: int) -> Entity | None:
        """The speaker for a verb without a subject, or for a quotation without a verb."""
        form = self._verb(raw)
        if form == "nobody":
            return None
        if form == "first":
            return self._around(at) or self._speaking(at, True)
        asked = Reference("dropped", many=form == "many")
        return self._salient(asked, at, raw.content, LEAST["dropped"])

    def _verb(self, raw: Raw) -> str:
        """The dropped subject, by the form of a Spanish cue: one, many, first (we) or nobody."""
        if raw.cue is None or self.lang != "es":
            return "one"
        text = self.tokens.text
        cue = text[self.tokens.start[raw.cue[0]] : self.tokens.end[raw.cue[1] - 1]].lower()
        before = self.tokens.words[raw.cue[0] - 1].lower() if raw.cue[0] else ""
        if _PASSIVE.search(cue) and not cue.startswith(_REFLEXIVE):
            return "nobody"
        if before in {"se", "fue", "sido", "fueron"} or cue.endswith(("dos", "das")):
            return "nobody"
        words = [w for w in cue.split() if w not in {"no", "se", "le", "les", "lo", "también", "además", "ya"}]
        verb = words[0] if words else cue
        if verb in {"trascendió", "trasciende", "consta"}:
            return "nobody"
        if verb.endswith("mos") and len(verb) > 4:
            return "first"
        return "many" if verb.endswith("n") and not verb.endswith("ón") and len(verb) > 2 and verb != "según" else "one"

    def _salient(self, asked: Reference, at: int, content: list[Range], least: float) -> Entity | None:
        return best(asked, self._candidates(at, content, asked.what != "dropped" or not asked.many), least)

    def _candidates(self, at: int, content: list[Range], names: bool = True) -> list[Candidate]:
        """The last speaker, the subjects of this and earlier sentences, and earlier names; none inside the content."""
        tokens = self.tokens
        paragraphs, sentences = self.tokens.paragraph, self.tokens.sentence
        paragraph, sentence = paragraphs[at], sentences[at]
        found: dict[int, Candidate] = {}

        def of(entity: Entity) -> Candidate:
            one = found.get(id(entity))
            if one is None:
                one = found[id(entity)] = Candidate(entity)
            return one

        if self.last is not None and 0 <= paragraph - paragraphs[self.last_at] <= CARRY:
            one = of(self.last)
            one.last = paragraph - paragraphs[self.last_at]
            one.last_sentences = sentence - sentences[self.last_at]
        for where, entity in self.spoke[-SPOKE_BACK:]:
            of(entity).spoke = max(paragraph - paragraphs[where], 0)
        low = sentence_start(self.tokens, at)
        high = at
        for back in range(SENTENCES_BACK):
            if paragraph - paragraphs[low] > 2:
                break
            clause = None if back else self._clause_subject(low, at, content)
            subject_of = clause or self._sentence_subject(low, high, content)
            if subject_of is not None:
                one = of(subject_of)
                if one.subject < 0:
                    one.subject = back
                    one.subject_paragraphs = paragraph - paragraphs[low]
            if low == 0:
                break
            low, high = sentence_start(self.tokens, low - 1), low
        k = self.people.before(at)
        begin, end = min(a for a, _ in content), max(b for _, b in content)
        for mention in reversed(self.people.mentions[max(k - MENTIONS_BACK, 0) : k] if names else []):
            apart = paragraph - paragraphs[mention.first]
            if len(found) >= MOST_CANDIDATES or apart > 4:
                break
            held = begin <= mention.first < end and any(a <= mention.first < b for a, b in content)
            if held or tokens.quote[mention.first]:
                continue
            one = of(mention.entity)
            if one.named < 0:
                one.named = sentence - sentences[mention.first]
                one.named_paragraphs = apart
        return list(found.values())

    def _clause_subject(self, low: int, at: int, content: list[Range]) -> Entity | None:
        """The subject of the last clause before `at` in a sentence from `low`: “…; the mayor | denied it and said”."""
        for k in range(at - 1, low, -1):
            if self.tokens.words[k].lower() not in CLAUSES or self.tokens.quote[k]:
                continue
            if self.depth < DEEPEST and not any(a <= k < b for a, b in content):
                span = subject(self.people, k + 1, at)
                self.depth += 1
                entity = self._span(*span) if span else None
                self.depth -= 1
                return entity
        return None

    def _sentence_subject(self, low: int, high: int, content: list[Range]) -> Entity | None:
        """The subject of the sentence that begins at `low`, searched up to `high`. Whole sentences are cached."""
        whole = high >= len(self.tokens) or self.tokens.sentence[high] != self.tokens.sentence[low]
        if whole and low in self.subjects:
            return self.subjects[low]
        if self.depth >= DEEPEST or any(a <= low < b for a, b in content):
            return None
        span = subject(self.people, low, high)
        self.depth += 1
        entity = self._span(*span) if span else None
        self.depth -= 1
        if whole:
            self.subjects[low] = entity
        return entity

    def _known(self, asked: Reference, at: int) -> Entity | None:
        """The entity that a definite description means: one named before, or else a person named later."""
        candidates = self._candidates(at, [(at, at + 1)])
        seen = {id(c.entity) for c in candidates}
        tokens = self.tokens
        k = self.people.before(at)
        earlier = [(m.first, m.entity) for m in self.people.mentions[max(k - 300, 0) : k]] + self.described[-40:]
        for where, entity in reversed(earlier):
            if id(entity) not in seen and where < at:
                seen.add(id(entity))
                candidates.append(Candidate(entity, named=tokens.sentence[at] - tokens.sentence[where]))
        found = best(asked, candidates, LEAST["description"])
        if found is not None or asked.kind != "person" or asked.many:
            return found
        later = {id(m.entity): m.entity for m in self.people.mentions[k : k + 300] if m.entity.sure}
        unseen = [Candidate(entity, named=0, later=True) for number, entity in later.items() if number not in seen]
        return best(asked, unseen, LEAST["description"])

    def _new(self, first: int, stop: int, asked: Reference) -> Entity:
        """An entity for a description that matches no known one. The same words give the same entity."""
        shown = self.people.text(first, stop)[:160]
        if known_as := tables().people.get(fold(shown)):
            return Entity(known_as, frozenset(map(fold, known_as.split())), person=True, kind="person")
        for _, entity in self.described[-40:]:
            if fold(entity.name) == fold(shown):
                return entity
        entity = Entity(shown, frozenset(asked.about), classes=set(asked.classes), gender=asked.gender)
        entity.kind, entity.many, entity.about = asked.kind, asked.many, set(asked.about)
        self.described.append((first, entity))
        return entity

    def _together(self, asked: Reference, at: int, raw: Raw | None) -> Entity | None:
        """The group meant by both, the two, they or the leaders: one joined by “and”, or else the last people named."""
        if self.groups is None:
            self.groups = groups(self.people)
        if asked.head in DELEGATIONS:
            return next((e for begin, e in reversed(self.described) if begin < at and e.about & DELEGATIONS), None)
        human = asked.kind == "person" or (not asked.head and not asked.kind)
        if raw is not None and not asked.size and not asked.head and self.last is not None and self.last.many:
            return self.last
        earlier = [m for m in self.groups if m.first < at]
        for mention in earlier[::-1] + [m for m in self.groups if m.first >= at]:
            if asked.size and size_of(mention.entity) != asked.size:
                continue
            if (mention.entity.classes == {"persons"}) == human or not asked.head:
                return mention.entity
        if not asked.size:
            return self.last if self.last is not None and not (self.last.person and self.last.gender) else None
        near = [m.entity for m in self.people.mentions[: self.people.before(at)][-40:] if m.entity.person]
        names = list(dict.fromkeys(e.name for e in near[::-1]))[: asked.size][::-1]
        if not human or len(names) < asked.size:
            return None
        joined = (" y " if self.lang == "es" else " and ").join(names)
        return Entity(joined, frozenset(fold(joined).split()), kind="group", many=True)

    def _speaking(self, at: int, many: bool) -> Entity | None:
        """Who says “we” or “I” outside of quotes: the last speaker, or a group or institution named early on."""
        together = self.last is not None and (self.last.many or self.last.kind == "organization")
        if self.last is not None and (together or not many) and self.last.kind != "thing":
            return self.last
        if self.groups is None:
            self.groups = groups(self.people)
        early = [m.entity for m in self.groups if m.first < min(at, 150)]
        if many and (head := self._letterhead()):
            early.insert(0, head)
        orgs = [m.entity for m in self.people.mentions[:12] if m.entity.kind == "organization" and m.first < 150]
        return next(iter(early + orgs), None) or self.last

    def _letterhead(self) -> Entity | None:
        """The institution that a text names alone in its first line."""
        first = self.people.mentions[0] if self.people.mentions else None
        if first is None or first.entity.kind != "organization" or self.tokens.paragraph[first.first] != 0:
            return None
        alone = first.stop >= len(self.tokens) or self.tokens.paragraph[first.stop] != 0
        return first.entity if first.first <= 1 and alone else None

    def _subject(self, at: int) -> Range | None:
        """The name or pronoun before a cue, in the same sentence."""
        k = at - 1
        sentence = self.tokens.sentence[at]
        names = [m for m in self.people.mentions if m.stop <= at and self.tokens.sentence[m.first] == sentence]
        persons = [m for m in names if m.entity.person]
        if k >= 0 and self.tokens.words[k].lower() in HE | SHE:
            return (k, at)
        found = persons[0] if persons else names[0] if names else None
        return (found.first, found.stop) if found else None

    def _around(self, at: int) -> Entity | None:
        return next((entity for a, b, entity in reversed(self.told) if a <= at < b), None)

    def _nearest(self, at: int) -> Entity | None:
        k = self.people.before(at) - 1
        if k < 0 or at - self.people.mentions[k].stop > 12:
            return None
        return self.people.mentions[k].entity
