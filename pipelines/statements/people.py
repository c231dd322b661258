"""Who is named in a text: names, their fullest form, roles before and after them."""
import functools
import unicodedata
from dataclasses import dataclass, field

import yaml
from pydantic import BaseModel, ConfigDict

from pipelines.statements.lexicon import lexicon, plural, read_data
from pipelines.statements.tokens import Tokens

INSIDE = {"de", "del", "la", "las", "los", "y", "of", "the", "van", "von", "bin", "al", "for", "and", "e", "da", "dos"}
_JOINS = {"and", "y", "e"}
_ARTICLES = {"el", "la", "los", "las", "the", "a", "an", "un", "una"}
_BARRIERS = frozenset(
    "and y e said dijo que that but pero con with to al told by por as como is was en in from para ante entre between sobre "
    "about tanto ni or o según señaló when cuando while mientras who quien were are fue es after tras before".split())
_NO_APPOSITION = frozenset("who quien and y pero but said dijo which que while as como en in".split())
MOST_ROLE_LETTERS = 160
MOST_ROLE_WORDS = 12


class NamedPerson(BaseModel):
    """One person of names.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    also: tuple[str, ...]


class NameFile(BaseModel):
    """names.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    people: tuple[NamedPerson, ...]
    men: tuple[str, ...]
    women: tuple[str, ...]


class TitleFile(BaseModel):
    """titles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    classes: dict[str, tuple[str, ...]]
    women: tuple[str, ...]
    men: tuple[str, ...]
    short: tuple[str, ...]
    organizations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The two files as look-up tables by folded word."""

    classes: dict[str, frozenset[str]]
    gender: dict[str, str]
    short: frozenset[str]
    organizations: frozenset[str]
    people: dict[str, str]


def fold(text: str) -> str:
    """Lower case, no accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


@functools.cache
def tables() -> Words:
    """Raises pydantic.ValidationError where a data file breaks its schema."""
    names = NameFile.model_validate(yaml.safe_load(read_data("names.yaml")))
    titles = TitleFile.model_validate(yaml.safe_load(read_data("titles.yaml")))
    classes: dict[str, set[str]] = {}
    for kind, words in titles.classes.items():
        for word in words:
            for form in (word, plural(word, "es"), plural(word, "en")):
                classes.setdefault(fold(form), set()).add(kind)
    gender = {fold(w): "f" for w in (*names.women, *titles.women)} | {fold(w): "m" for w in (*names.men, *titles.men)}
    people = {fold(form): person.name for person in names.people for form in (person.name, *person.also)}
    return Words({w: frozenset(k) for w, k in classes.items()}, gender, frozenset(map(fold, titles.short)),
                 frozenset(map(fold, titles.organizations)), people)


@dataclass(slots=True)
class Entity:
    """Somebody or something that speaks: fullest name, role, groups of titles, `m`, `f` or unknown gender."""

    name: str
    words: frozenset[str]
    role: str | None = None
    classes: set[str] = field(default_factory=set)
    gender: str | None = None
    person: bool = False
    about: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Mention:
    """Tokens [first, stop) that name an entity."""

    first: int
    stop: int
    entity: Entity


def name_runs(tokens: Tokens, lang: str) -> list[tuple[int, int]]:
    """Runs of capitalised words that may be names.

    A word that opens a sentence alone counts only where the text also writes it with a capital inside a sentence.
    """
    words, grammar = tokens.words, lexicon(lang).grammar
    n = len(words)
    opens = [i == 0 or tokens.sentence[i] != tokens.sentence[i - 1] or tokens.mark[i - 1] == 1 or words[i - 1] in _OPENERS
             for i in range(n)]
    sure = {words[i] for i in range(n) if not opens[i] and words[i][0].isupper()}
    runs = []
    i = 0
    while i < n:
        if not words[i][0].isupper() or not _may_start(words, i, opens[i], grammar):
            i += 1
            continue
        stop = _run_end(tokens, i, grammar)
        if stop - i > 1 or not opens[i] or words[i] in sure:
            runs.append((i, stop))
        i = stop
    return runs


_OPENERS = {"■", "•", "*", "·", ":", "—", "–", "-", "¿", "¡"}


def _may_start(words: list[str], i: int, opens: bool, grammar: dict[str, str]) -> bool:
    lower = words[i].lower()
    if lower in grammar:
        return not opens and lower not in {"i"} and i + 1 < len(words) and words[i + 1][0].isupper() and words[i][-1].islower()
    return True


def _run_end(tokens: Tokens, first: int, grammar: dict[str, str]) -> int:
    words, n = tokens.words, len(tokens.words)
    stop = first + 1
    while stop < n and stop - first < 12 and tokens.sentence[stop] == tokens.sentence[first]:
        word = words[stop]
        after = words[stop + 1] if stop + 1 < n else "."
        capital = word[0].isupper() and (word.lower() not in grammar or word.lower() in INSIDE)
        initial = word == "." and after[0].isupper() and len(words[stop - 1]) <= 4
        if capital or initial or (word in INSIDE - _JOINS and after[0].isupper()):
            stop += 1
        elif word in {"of", "de"} and after in INSIDE and stop + 2 < n and words[stop + 2][0].isupper():
            stop += 2
        else:
            break
    return stop


def split_title(words: list[str]) -> int:
    """How many words at the head of a name are titles; none where an office is all there is (“Director de Finanzas”)."""
    t = tables()
    count = 0
    while count < len(words) - 1 and (words[count] == "." or fold(words[count]) in t.short or fold(words[count]) in t.classes):
        count += 1
    return 0 if words[count] in INSIDE else count


ORGANIZATIONAL = frozenset({"outlet", "ministry", "company", "court", "committee", "study", "party", "government"})


class People:
    """The entities of a text and where they are named."""

    def __init__(self, tokens: Tokens, lang: str) -> None:
        self.tokens = tokens
        self.entities: list[Entity] = []
        self.by_last: dict[str, list[Entity]] = {}
        self.mentions: list[Mention] = []
        for first, stop in name_runs(tokens, lang):
            self._mention(first, stop)

    def _mention(self, first: int, stop: int) -> None:
        words = self.tokens.words[first:stop]
        skip = self._institution_skip(words)
        titles = split_title(words[skip:])
        start = first + skip + titles
        name_words = [w for w in self.tokens.words[start:stop] if w != "."]
        if not name_words:
            return
        entity = self.find(name_words)
        if entity is None:
            entity = self._new(start, stop, name_words)
        elif len(name_words) > len(entity.words) and entity.words <= frozenset(map(fold, name_words)):
            entity.name = self._text(start, stop)
            entity.words = frozenset(map(fold, name_words))
            self._index(entity)
        self._role(entity, first, start, stop)
        self.mentions.append(Mention(first, stop, entity))

    @staticmethod
    def _institution_skip(words: list[str]) -> int:
        """Words before a title inside a run of capitals: “State Department Spokesman Ned Price” → 2."""
        t = tables()
        for i in range(1, len(words) - 1):
            word = fold(words[i])
            if word in t.classes and word not in t.organizations and words[i + 1] not in INSIDE and (
                    fold(words[i - 1]) not in t.gender and fold(words[0]) not in t.gender):
                return i
        return 0

    def _text(self, first: int, stop: int) -> str:
        return " ".join(self.tokens.text[self.tokens.start[first]:self.tokens.end[stop - 1]].split())

    def find(self, words: list[str]) -> Entity | None:
        """The entity a name, or the last part of one, stands for: the latest that holds all of its words."""
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
        text = self._text(first, stop)
        known = t.people.get(fold(text))
        folded = frozenset(fold(w) for w in words) | (frozenset(map(fold, known.split())) if known else frozenset())
        head = fold(words[0]) if words else ""
        person = bool(known) or (
            1 < len(words) <= 5 and not any(fold(w) in t.organizations for w in words)
            and all(w not in {"of", "the", "for"} for w in words)
            and ("de" not in words or head in t.gender)
            and not any(w.isupper() and len(w) > 1 for w in words[1:]))
        gender = t.gender.get(fold(known.split()[0]) if known else head)
        entity = Entity(known or text, folded, gender=gender, person=person)
        self.entities.append(entity)
        self._index(entity)
        return entity

    def _index(self, entity: Entity) -> None:
        for word in list(entity.words)[:8]:
            known = self.by_last.setdefault(word, [])
            if entity not in known[-3:]:
                known.append(entity)

    def _role(self, entity: Entity, first: int, name: int, stop: int) -> None:
        """Role from the words before a name or from the apposition after it."""
        t = tables()
        role = self._before(first, name) or self._after(entity, stop)
        if not role or len(role) > MOST_ROLE_LETTERS:
            return
        folded = [fold(w) for w in role.replace(",", " ").split()]
        kinds = {k for w in folded for k in t.classes.get(w, ())}
        entity.person = entity.person or (bool(kinds - ORGANIZATIONAL) and not any(w in t.organizations for w in entity.words)
                                          and name > first)
        if entity.person:
            kinds -= ORGANIZATIONAL
        entity.role = entity.role or role
        entity.about |= set(folded)
        entity.classes |= kinds
        entity.gender = entity.gender or next((t.gender[w] for w in folded if w in t.gender), None)

    def _before(self, first: int, name: int) -> str | None:
        """“State Department spokesman” Ned Price; “El director de Finanzas”, Ana Ruiz."""
        words, tokens = self.tokens.words, self.tokens
        high, low = name, first
        if low > 1 and words[low - 1] == "," and name == first and name + 1 < len(words) and words[name + 1][0].isupper():
            high = low = low - 1
        elif name == first and low > 0 and words[low - 1] in INSIDE | {"in", "en"}:
            return None
        while low > 0 and name - low < MOST_ROLE_WORDS and tokens.sentence[low - 1] == tokens.sentence[first]:
            word = words[low - 1].lower()
            if not (word[0].isalpha() or word in {"-", ".", "'s", "’s"}) or tokens.mark[low - 1] or word in _BARRIERS:
                break
            if word in _ARTICLES and not (low > 1 and words[low - 2] in {"de", "of", "for"}):
                break
            low -= 1
        while low < high and words[low].lower() in _ARTICLES | {"de", "of", "su", "his", "her", "its"}:
            low += 1
        t = tables()
        if not any(fold(w) in t.classes for w in words[low:high]):
            return None
        return self._text(low, high).rstrip(" ,")

    def _after(self, entity: Entity, stop: int) -> str | None:
        """Michael Shifter, “president of the Dialogue”, said …"""
        words, tokens, t = self.tokens.words, self.tokens, tables()
        if stop + 1 >= len(words) or words[stop] != "," or not entity.words:
            return None
        end = stop + 1
        while end < len(words) and end - stop < MOST_ROLE_WORDS + 4 and tokens.sentence[end] == tokens.sentence[stop] and (
                words[end] not in {",", ";", ":", "—", "–", "."} or (words[end] == "." and len(words[end - 1]) < 3)):
            end += 1
        lead = [fold(w) for w in words[stop + 1:min(end, stop + 8)]]
        if not lead or lead[0] in _NO_APPOSITION or not any(w in t.classes for w in lead):
            return None
        begin = stop + 1
        while begin < end and words[begin].lower() in _ARTICLES:
            begin += 1
        return self._text(begin, end)

