"""Names in a text, and the data files of names and titles: names.yaml, titles.yaml, checked against their schema."""

import functools
import unicodedata
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from pipelines.statements.reading.lexicon import lexicon, parse_yaml, plural, read_data
from pipelines.statements.reading.tokens import Tokens

INSIDE = {"de", "del", "la", "las", "los", "y", "of", "the", "van", "von", "bin", "al", "for", "and", "e", "da", "dos"}
_JOINS = {"and", "y", "e"}


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
    long: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The two files as look-up tables by folded word."""

    classes: dict[str, frozenset[str]]
    gender: dict[str, str]
    first_names: frozenset[str]
    short: frozenset[str]
    organizations: frozenset[str]
    people: dict[str, str]
    long_titles: frozenset[tuple[str, ...]]


@functools.lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Lower case, no accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


@functools.cache
def tables() -> Words:
    """Raises pydantic.ValidationError where a data file breaks its schema."""
    names = NameFile.model_validate(parse_yaml(read_data("names.yaml")))
    titles = TitleFile.model_validate(parse_yaml(read_data("titles.yaml")))
    classes: dict[str, set[str]] = {}
    for kind, words in titles.classes.items():
        for word in words:
            for form in (word, plural(word, "es"), plural(word, "en")):
                classes.setdefault(fold(form), set()).add(kind)
    gender = {fold(w): "f" for w in (*names.women, *titles.women)} | {fold(w): "m" for w in (*names.men, *titles.men)}
    people = {fold(form): person.name for person in names.people for form in (person.name, *person.also)}
    return Words(
        {w: frozenset(k) for w, k in classes.items()},
        gender,
        frozenset(map(fold, (*names.men, *names.women))),
        frozenset(map(fold, titles.short)),
        frozenset(map(fold, titles.organizations)),
        people,
        frozenset(tuple(fold(text).split()) for text in titles.long),
    )


def name_runs(tokens: Tokens, lang: str) -> list[tuple[int, int]]:
    """Runs of capitalised words that may be names.

    A word that opens a sentence alone counts only where the text also writes it with a capital inside a sentence.
    """
    words, grammar = tokens.words, lexicon(lang).grammar
    n = len(words)
    opens = [
        i == 0 or tokens.sentence[i] != tokens.sentence[i - 1] or tokens.mark[i - 1] == 1 or words[i - 1] in _OPENERS
        for i in range(n)
    ]
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


_NO_NAMES = {"según", "according", "conforme", "citing", "asked", "ante", "al", "tras", "aunque", "pero"}
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
        capital = word[0].isupper() and (word.lower() not in grammar or word.lower() in INSIDE or after == ".")
        initial = word == "." and after[0].isupper() and len(words[stop - 1]) <= 4
        if capital or initial or (word in INSIDE - _JOINS and after[0].isupper()):
            stop += 1
        elif (word, after) == ("in", "Charge") or (
            word in {"of", "de"} and after in INSIDE and stop + 2 < n and words[stop + 2][0].isupper()
        ):
            stop += 2
        else:
            break
    return stop


def split_title(words: list[str]) -> int:
    """How many words at the head of a name are titles; none where only an office is named (“Director de Finanzas”)."""
    t = tables()
    count = 0
    while count < len(words) - 1 and (
        words[count] == "." or fold(words[count]) in t.short or fold(words[count]) in t.classes
    ):
        count += 1
    return 0 if words[count] in INSIDE else count


ORGANIZATIONAL = frozenset({"outlet", "ministry", "company", "court", "committee", "study", "party", "government"})
