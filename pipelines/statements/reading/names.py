"""Finds names in a text, and reads the data files names.yaml, titles.yaml and places.yaml with schema checks."""

import functools
import unicodedata
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from pipelines.statements.reading.closed_words import AND
from pipelines.statements.reading.lexicon import lexicon, parse_yaml, plural, read_data
from pipelines.statements.reading.tokens import Tokens
from schemas.persons import listed_persons

INSIDE = {"de", "del", "la", "las", "los", "y", "of", "the", "van", "von", "bin", "al", "for", "and", "e", "da", "dos"}
_IN_RUNS = INSIDE - AND


class NameFile(BaseModel):
    """The schema of names.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    men: tuple[str, ...]
    women: tuple[str, ...]


class PlaceFile(BaseModel):
    """The schema of places.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    countries: tuple[str, ...]
    places: tuple[str, ...]
    no_names: tuple[str, ...]


class TitleFile(BaseModel):
    """The schema of titles.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    classes: dict[str, tuple[str, ...]]
    women: tuple[str, ...]
    men: tuple[str, ...]
    short: tuple[str, ...]
    organizations: tuple[str, ...]
    long: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The data files as look-up tables by folded word."""

    classes: dict[str, frozenset[str]]
    gender: dict[str, str]
    first_names: frozenset[str]
    short: frozenset[str]
    organizations: frozenset[str]
    people: dict[str, str]
    long_titles: frozenset[tuple[str, ...]]
    countries: frozenset[str]
    places: frozenset[str]
    no_names: frozenset[str]


@functools.lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """The text in lower case without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


@functools.cache
def tables() -> Words:
    """The look-up tables. Raises pydantic.ValidationError when a data file does not match its schema."""
    names = NameFile.model_validate(parse_yaml(read_data("names.yaml")))
    titles = TitleFile.model_validate(parse_yaml(read_data("titles.yaml")))
    places = PlaceFile.model_validate(parse_yaml(read_data("places.yaml")))
    classes: dict[str, set[str]] = {}
    for kind, words in titles.classes.items():
        for word in words:
            for form in (word, plural(word, "es"), plural(word, "en")):
                classes.setdefault(fold(form), set()).add(kind)
    gender = {fold(w): "f" for w in (*names.women, *titles.women)} | {fold(w): "m" for w in (*names.men, *titles.men)}
    people = {fold(form): person.name for person in listed_persons().persons for form in (person.name, *person.also)}
    return Words(
        {w: frozenset(k) for w, k in classes.items()},
        gender,
        frozenset(map(fold, (*names.men, *names.women))),
        frozenset(map(fold, titles.short)),
        frozenset(map(fold, titles.organizations)),
        people,
        frozenset(tuple(fold(text).split()) for text in titles.long),
        frozenset(map(fold, places.countries)),
        frozenset(map(fold, (*places.places, *places.countries))),
        frozenset(map(fold, places.no_names)),
    )


def name_runs(tokens: Tokens, lang: str) -> list[tuple[int, int]]:
    """Runs of capitalised words that may be names.

    A single word at the start of a sentence counts only if it is a place or also capitalised inside a sentence.
    """
    words, grammar = tokens.words, lexicon(lang).grammar
    capitals = [i for i, word in enumerate(words) if word[0].isupper()]
    opens = {
        i: i == 0 or tokens.sentence[i] != tokens.sentence[i - 1] or tokens.mark[i - 1] == 1 or words[i - 1] in _OPENERS
        for i in capitals
    }
    sure = {words[i] for i in capitals if not opens[i]}
    runs = []
    stop = 0
    for i in capitals:
        if i < stop or not _may_start(words, i, opens[i], grammar):
            continue
        stop = _run_end(tokens, i, grammar)
        if stop - i > 1 or not opens[i] or words[i] in sure or fold(words[i]) in tables().places:
            runs.append((i, stop))
    return runs


_NO_NAME_WORDS = (
    "según according conforme citing asked ante al tras aunque pero ahead instead because part most some many all both "
    "several outside inside lee ver leer read te"
)
_NO_NAMES = frozenset(_NO_NAME_WORDS.split())
_OPENERS = {"■", "•", "*", "·", ":", "—", "–", "-", "¿", "¡"}


def _may_start(words: list[str], i: int, opens: bool, grammar: dict[str, str]) -> bool:
    lower = words[i].lower()
    if opens and lower in _NO_NAMES:
        return False
    if lower in grammar:
        return (
            not opens
            and lower not in {"i"}
            and i + 1 < len(words)
            and words[i + 1][0].isupper()
            and words[i][-1].islower()
        )
    return True


def _run_end(tokens: Tokens, first: int, grammar: dict[str, str]) -> int:
    words, n = tokens.words, len(tokens.words)
    stop = first + 1
    while stop < n and stop - first < 12 and tokens.sentence[stop] == tokens.sentence[first]:
        word = words[stop]
        after = words[stop + 1] if stop + 1 < n else "."
        inner = word.lower() in INSIDE or after == "." or (words[stop - 1] in INSIDE and word[1:].islower())
        capital = word[0].isupper() and (word.lower() not in grammar or inner)
        goes_on = stop + 1 < n and tokens.sentence[stop + 1] == tokens.sentence[first]
        initial = word == "." and goes_on and after[0].isupper() and len(words[stop - 1]) <= 4
        if (capital and _new_name(tokens, first, stop)) or _party(words, first, stop):
            break
        if capital or initial or (word in _IN_RUNS and after[0].isupper()):
            stop += 1
        elif (word, after) == ("in", "Charge") or (
            word in {"of", "de"} and after in INSIDE and stop + 2 < n and words[stop + 2][0].isupper()
        ):
            stop += 2
        else:
            break
    while stop - first > 1 and words[stop - 1] in INSIDE:
        stop -= 1
    return _listed(tokens, first, stop)


def _new_name(tokens: Tokens, first: int, at: int) -> bool:
    """Whether a new name begins after a place or an acronym: “Texas | Wade Sullivan”."""
    words, t = tokens.words, tables()
    under = first > 0 and words[first - 1].lower() in _UNDER
    place = under and fold(" ".join(words[first:at])) in t.places
    if place and not {fold(w) for w in words[at : at + 3]} & t.organizations:
        return at + 1 < len(words) and words[at + 1][0].isupper()
    if fold(words[at]) not in t.first_names or at + 1 >= len(words) or not words[at + 1][0].isupper():
        return False
    before = words[first:at]
    if under and not any(fold(w) in t.first_names for w in before):
        return True
    return fold(" ".join(before)) in t.places or (len(before) == 1 and before[0].isupper() and len(before[0]) > 1)


def _party(words: list[str], first: int, at: int) -> bool:
    """Whether the institution of a person begins: “Deputy Ana Ruiz | of the National Action Party”."""
    t = tables()
    if words[at].lower() not in {"of", "de", "del"} or not any(fold(w) in t.first_names for w in words[first:at]):
        return False
    return at - first > 1 and bool({fold(w) for w in words[at + 1 : at + 6] if w[0].isupper()} & t.organizations)


_UNDER = {"de", "del", "la", "los", "of", "to", "for", "en", "para"}


def _listed(tokens: Tokens, first: int, stop: int) -> int:
    """The end of an institution's name that is a list: “Bureau of Alcohol, Tobacco, Firearms and Explosives”."""
    words, n, t = tokens.words, len(tokens.words), tables()
    heads = {fold(w) for w in (words[first : first + 2] if words[first] == "U.S." else words[first : first + 1])}
    if stop - first < 2 or (heads.isdisjoint(t.organizations) and heads.isdisjoint({"bureau", "customs"})):
        return stop
    end = stop
    while end < n and end - stop < 16 and tokens.sentence[end] == tokens.sentence[first]:
        joined = words[end].lower() in _LIST_JOINS
        if not joined and words[end] != ",":
            break
        begin = end + 1
        if words[end] == "," and begin < n and words[begin].lower() in _LIST_JOINS:
            begin, joined = begin + 1, True
        while joined and begin < n and words[begin] in {"de", "del", "of"}:
            begin += 1
        if begin >= n or not _part(words[begin]):
            break
        end = begin + 1
        while end < n and (
            _part(words[end]) or (words[end] in {"de", "del", "of"} and _part(words[end + 1 : end + 2]))
        ):
            end += 1
        if joined:
            return end
    return stop


def _part(word: str | list[str]) -> bool:
    """Whether a word may continue the name of an institution: capitalised, no acronym, first name or place."""
    word = word if isinstance(word, str) else "".join(word)
    t = tables()
    known = fold(word) in t.first_names or fold(word) in t.places or fold(word) in t.organizations
    return word[:1].isupper() and word[1:].islower() and not known


_LIST_JOINS = {"and", "y", "e", "&"}


def is_title(word: str) -> bool:
    """Whether a word is an office or a role: “author”, “senadora”."""
    t = tables()
    return fold(word) in t.classes or fold(word) in t.short


def title_words(words: list[str]) -> int:
    """How many words before a name are institution and titles: “ATF Special Agent in Charge Ana Ruiz” → 5."""
    t = tables()
    folded = [fold(w) for w in words]
    best = 0
    for i in range(len(words) - 1):
        for size in range(min(6, len(words) - 1 - i), 1, -1):
            if tuple(folded[i : i + size]) in t.long_titles and folded[i + size] not in INSIDE:
                best = max(best, i + size)
        word = folded[i]
        title = (word in t.short or word in t.classes) and word not in t.organizations
        if title and folded[i + 1] not in INSIDE and folded[i + 1] != "in" and (i == 0 or words[i - 1] not in INSIDE):
            named = i == 0 or folded[0] not in t.first_names
            best = max(best, i + 1) if named else best
    while best < len(words) - 1 and words[best] == ".":
        best += 1
    return best


_ORGANIZATIONS = "outlet ministry company court committee study party government group nation"
ORGANIZATIONAL = frozenset(_ORGANIZATIONS.split())
