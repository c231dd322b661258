"""The people and institutions named in a text: the fullest form of each name, and roles before or after it."""

import re
from bisect import bisect_left, bisect_right

from pipelines.statements.reading.closed_words import ARTICLES
from pipelines.statements.reading.lexicon import lexicon
from pipelines.statements.reading.names import INSIDE, ORGANIZATIONAL, fold, name_runs, tables, title_words
from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.speakers.datelines import datelines
from pipelines.statements.speakers.entities import Entity, Mention, bare_title, is_role, kind_of_name

_BARRIER_WORDS = (
    "and y e said dijo que that but pero con with to al told by por as como is was en in from para ante "
    "entre between sobre "
    "about tanto ni or o según señaló when cuando while mientras who quien were are fue es after tras before"
)
_BARRIERS = frozenset(_BARRIER_WORDS.split())
_NO_TITLE = ARTICLES | _BARRIERS
_NOT_FIRST = INSIDE | {"in"}
_APPOSITION_STOPS = "who quien and y pero but said dijo which que while as como en in"
_NO_APPOSITION = frozenset(_APPOSITION_STOPS.split())
_NO_ROLE_WORDS = "que es son fue era fueron who which that is was were said dijo han ha has had have"
_NO_ROLE = frozenset(_NO_ROLE_WORDS.split())
_LAST_JOINS = frozenset({"and", "y", "e", "&"})
MOST_ROLE_LETTERS = 160
MOST_ROLE_WORDS = 12


class People:
    """The entities of a text and their mentions, with the first token of each mention."""

    def __init__(self, tokens: Tokens, lang: str) -> None:
        self.tokens = tokens
        self.lang = lang
        self.entities: list[Entity] = []
        self.by_last: dict[str, list[Entity]] = {}
        self.mentions: list[Mention] = []
        self.firsts: list[int] = []
        self._datelines = datelines(tokens)
        for first, stop in name_runs(tokens, lang):
            if not self.in_dateline(first):
                self._mention(first, stop)

    def in_dateline(self, at: int) -> bool:
        """Whether a token belongs to a dateline."""
        return self.past_dateline(at) != at

    def past_dateline(self, at: int) -> int:
        """The token after the dateline that contains a token, or the token itself if it is in none."""
        k = bisect_right(self._datelines, (at, len(self.tokens))) - 1
        return max(at, self._datelines[k][1]) if k >= 0 else at

    def before(self, at: int) -> int:
        """The number of mentions that begin before a token."""
        return bisect_left(self.firsts, at)

    def mention_at(self, at: int) -> Mention | None:
        """The mention that contains a token, or None."""
        k = bisect_right(self.firsts, at) - 1
        return self.mentions[k] if k >= 0 and at < self.mentions[k].stop else None

    def inside(self, first: int, stop: int) -> list[Mention]:
        """The mentions that overlap [first, stop), about a dozen at most."""
        k = self.before(first)
        return [m for m in self.mentions[max(k - 1, 0) : k + 12] if m.first < stop and m.stop > first]

    def _mention(self, first: int, stop: int) -> None:
        words = self.tokens.words[first:stop]
        start = first + title_words(words)
        name_words = [w for w in self.tokens.words[start:stop] if w != "."]
        if not name_words or all(fold(w) in tables().classes or fold(w) in tables().short for w in name_words):
            return
        if len(name_words) == 1 and name_words[0].lower() in lexicon(self.lang).grammar:
            return
        if name_words[0] in _NOT_FIRST or self._described(first, stop):
            return
        entity = self.find(name_words)
        if not (entity and entity.person) and all(fold(word) in tables().no_names for word in name_words):
            return  # “Six Mexican | agents”; but “North” after “Oliver North”
        if entity is None:
            entity = self._new(start, stop, name_words)
        elif len(name_words) > len(entity.words) and entity.words <= frozenset(map(fold, name_words)):
            entity.name = self.text(start, stop)
            entity.words = frozenset(map(fold, name_words))
            self._index(entity)
        if start - first > 1 and entity.kind != "place":
            entity.role = entity.role or self.text(first, start)
        self._role(entity, first, start, stop)
        self._acronym(entity, stop)
        self.mentions.append(Mention(first, stop, entity))
        self.firsts.append(first)

    def _acronym(self, entity: Entity, stop: int) -> None:
        """Add the short form of an institution to its names: Federal Audit Office (FAO)."""
        after = self.tokens.words[stop : stop + 3]
        if (
            len(after) < 3
            or after[0] != "("
            or after[2] not in {")", ","}
            or entity.kind in {"person", "place"}
            or "(" in entity.name
        ):
            return
        if after[1][0].isupper() and 1 < len(after[1]) <= 12 and len(entity.words) > 1:
            entity.name = f"{entity.name} ({after[1]})"
            entity.words |= {fold(after[1])}
            self._index(entity)

    def _described(self, first: int, stop: int) -> bool:
        """Whether capitalized words are only a description, with “the” and a title: “the San Antonio | Democrat”."""
        words = self.tokens.words
        kinds = tables().classes.get(fold(words[stop - 1]), frozenset()) - ORGANIZATIONAL
        return first > 0 and words[first - 1].lower() == "the" and bool(kinds) and words[stop - 1][0].isupper()

    def text(self, first: int, stop: int) -> str:
        """The text of the tokens [first, stop), on one line."""
        return " ".join(self.tokens.text[self.tokens.start[first] : self.tokens.end[stop - 1]].split())

    def find(self, words: list[str]) -> Entity | None:
        """The latest entity that has all these words, or person whose words are all among them; else None."""
        folded = [fold(w) for w in words if w[0].isalnum()]
        if not folded:
            return None
        wanted = frozenset(folded)
        known = self.by_last.get(folded[-1], [])
        for entity in reversed(known):
            if wanted <= entity.words or (entity.words <= wanted and len(entity.words) > 0 and entity.person):
                return entity
        return None

    def _new(self, first: int, stop: int, words: list[str]) -> Entity:
        t = tables()
        text = self.text(first, stop)
        if text.isupper() and len(words) > 1 and len(text) > 8:
            text = " ".join(w.lower() if w.lower() in INSIDE else w.capitalize() for w in text.split())
        known = t.people.get(fold(text))
        if known and len(known.split()) < len(words):
            known = None
        folded = frozenset(fold(w) for w in words) | (frozenset(map(fold, known.split())) if known else frozenset())
        head = fold(words[0]) if words else ""
        kind = "person" if known else kind_of_name(words)
        gender = t.gender.get(fold(known.split()[0]) if known else head) if kind == "person" else None
        entity = Entity(known or text, folded, gender=gender, person=kind == "person", kind=kind)
        entity.sure = kind == "person" and (bool(known) or head in t.first_names)
        self.entities.append(entity)
        self._index(entity)
        return entity

    def _index(self, entity: Entity) -> None:
        for word in entity.words:
            known = self.by_last.setdefault(word, [])
            if entity not in known[-3:]:
                known.append(entity)

    def _role(self, entity: Entity, first: int, name: int, stop: int) -> None:
        """Set the role from the words before a name, or from the apposition after it."""
        t = tables()
        role = self._before(first, name) or self._after(entity, stop)
        if not role or len(role) > MOST_ROLE_LETTERS:
            return
        folded = [bare_title(fold(w).rstrip(".")) for w in re.findall(r"[\w.]+", role)]
        kinds = {k for w in folded for k in t.classes.get(w, ())}
        if entity.kind in {"place", "organization", "thing"} and name == first:
            return
        entity.person = entity.person or (
            bool(kinds - ORGANIZATIONAL)
            and not any(w in t.organizations for w in entity.words)
            and (name > first or len(entity.words) > 1)
        )
        if entity.person and not entity.kind:
            entity.kind = "person"
        kinds = kinds - ORGANIZATIONAL if entity.person else kinds & ORGANIZATIONAL
        if not kinds:
            return
        entity.sure = entity.sure or (entity.person and bool(kinds))
        entity.role = entity.role or role
        entity.about |= set(folded)
        entity.classes |= kinds
        entity.gender = entity.gender or next((t.gender[w] for w in folded if w in t.gender), None)

    def _before(self, first: int, name: int) -> str | None:
        """The role before a name: “State Department spokesman” Ned Price; el “director de Finanzas”, Ana Ruiz."""
        words, tokens, t = self.tokens.words, self.tokens, tables()
        sentence = tokens.sentence[first]
        if first > 1 and words[first - 1] in {",", ")"} and tokens.sentence[first - 1] == sentence:
            comma = first - 1
            for k in range(comma - 2, max(comma - 16, -1), -1):
                if tokens.sentence[k] != sentence or words[k] in {",", ";", ":", "(", ")"} or tokens.mark[k]:
                    return None
                if words[k].lower() in _NO_ROLE:
                    return None
                if (
                    words[k].lower() in ARTICLES
                    and words[k - 1].lower() not in INSIDE
                    and any(map(is_role, words[k + 1 : k + 3]))
                ):
                    return self.text(k + 1, comma)
            return None
        low = max(name - 9, bisect_left(tokens.sentence, sentence, max(name - 9, 0), first) - 1)
        at = next((k for k in range(name - 1, low, -1) if is_role(words[k])), None)
        if (
            at is None
            or any(w.lower() in _BARRIERS or w in {",", ";", ":", "(", ")"} for w in words[at + 1 : name])
            or words[name - 1] in INSIDE
            or words[name - 1] in ARTICLES
        ):
            return None
        low = at
        while (
            low > 0
            and tokens.sentence[low - 1] == sentence
            and at - low < 7
            and not tokens.mark[low - 1]
            and (
                words[low - 1][0].isupper()
                and words[low - 1].lower() not in _NO_TITLE
                or fold(words[low - 1]) in t.short
                or words[low - 1].lower() in {"u.s.", "us-based"}
            )
        ):
            low -= 1
        return self.text(low, name)

    def _listed(self, end: int) -> int:
        """The end of an apposition that ends in a list: … Bureau of Alcohol, Tobacco and Firearms."""
        words, sentence = self.tokens.words, self.tokens.sentence
        k = end
        while k + 1 < len(words) and words[k] == "," and words[k + 1][0].isupper() and k - end < 12:
            k += 2
            while k < len(words) and words[k][0].isupper():
                k += 1
        if k + 1 < len(words) and k > end and words[k] in _LAST_JOINS and words[k + 1][0].isupper():
            k += 2
            while k < len(words) and words[k][0].isupper():
                k += 1
            return k if sentence[k - 1] == sentence[end] else end
        return end

    def _after(self, entity: Entity, stop: int) -> str | None:
        """The role in the apposition after a name: Michael Shifter, “president of the Dialogue”, said …"""
        words, tokens, t = self.tokens.words, self.tokens, tables()
        if stop + 1 >= len(words) or words[stop] != "," or not entity.words:
            return None
        end = stop + 1
        while (
            end < len(words)
            and end - stop < MOST_ROLE_WORDS + 4
            and tokens.sentence[end] == tokens.sentence[stop]
            and (words[end] not in {",", ";", ":", "—", "–", "."} or (words[end] == "." and len(words[end - 1]) < 3))
        ):
            end += 1
        end = self._listed(end)
        lead = [fold(w) for w in words[stop + 1 : min(end, stop + 8)]]
        if not lead or lead[0] in _NO_APPOSITION or not any(w in t.classes for w in lead):
            return None
        begin = stop + 1
        while begin < end and words[begin].lower() in ARTICLES:
            begin += 1
        return self.text(begin, end)
