"""The words of a text in a form that can be compared: stems of content words, figures, and negated words.

For English and Spanish. Stems are made by Snowball (M. Porter, snowballstem.org); numbers written in words are
converted by text2num.
"""

import functools
import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from text_to_num import alpha2digit

from pipelines.text.language import detect
from schemas.ids import unaccented
from schemas.lean_imports import unused

#: The stemmers of languages that are not read here. The library imports all.
_OTHERS = """arabic armenian basque catalan czech danish dutch_porter dutch esperanto estonian finnish french german
    greek hindi hungarian indonesian irish italian lithuanian nepali norwegian persian polish porter portuguese romanian
    russian serbian sesotho swedish tamil turkish yiddish"""

with unused(*(f"snowballstemmer.{language}_stemmer" for language in _OTHERS.split())):
    import snowballstemmer

DATA = Path(__file__).parents[1] / "data" / "function_words.yaml"
#: A negation covers up to this many content words after it, and ends at a punctuation mark.
REACH = 3
#: Common endings of both languages, longest first, for stemming without knowing the language.
ENDINGS = ("ciones", "mente", "iones", "ings", "ing", "ed", "es", "s")

_TOKEN = re.compile(r"\d[\d.,]*|\w+|[,;:.!?()—–]")
_THOUSANDS = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")
_MANY = re.compile(r"\b(\d[\d.,]{0,30}) (1000(?:000){0,2})\b")


class ClaimWords(NamedTuple):
    """`content`: stems in order. `figures`: numbers except 1, as digits. `negated`: the first stem after each negation.
    `reached`: all stems that a negation covers."""

    content: tuple[str, ...]
    figures: frozenset[str]
    negated: frozenset[str]
    reached: frozenset[str]


class FunctionWords(NamedTuple):
    """Word lists by function, without accents. `transparent` words are skipped after a negation: "not true that".
    A negation before a word of `only` is none: "not only"."""

    function: frozenset[str]
    negations: frozenset[str]
    transparent: frozenset[str]
    only: frozenset[str]


@functools.cache
def function_words() -> FunctionWords:
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    lists = {key: frozenset(word for line in lines.values() for word in line.split()) for key, lines in data.items()}
    function = lists["function_words"] - lists["negations"]
    return FunctionWords(function, lists["negations"], lists["transparent"], lists["only"])


@functools.lru_cache(maxsize=20_000)
def words_of(text: str, lang: str | None = None) -> ClaimWords:
    """The words of a text. Other languages than "en" and "es", and None, are replaced by detection."""
    lang = lang if lang in ("en", "es") else "es" if detect(text) == "es" else "en"
    content: list[str] = []
    figures: set[str] = set()
    negated: set[str] = set()
    reached: set[str] = set()
    reach, fresh = 0, False
    words = function_words()
    tokens = _TOKEN.findall(spelled(text, lang))
    for token, following in zip(tokens, [*tokens[1:], ""], strict=False):
        if token in words.negations and following not in words.only:
            reach, fresh = REACH, True
        elif not token[0].isalnum():
            reach, fresh = 0, False
        elif token in words.function or token in words.negations or (fresh and token in words.transparent):
            continue
        else:
            stem = stemmed(token, lang)
            content.append(stem)
            if not token.isalpha() and any(letter.isdigit() for letter in token) and stem != "1":
                figures.add(stem)
            if reach:
                reached.add(stem)
                negated |= {stem} if fresh else set()
                reach, fresh = reach - 1, False
    return ClaimWords(tuple(content), frozenset(figures), frozenset(negated), frozenset(reached))


def spelled(text: str, lang: str) -> str:
    """The text in lower case without accents; contracted negations written out; numbers as digits, no separators."""
    lower = text.lower().replace("’", "'")
    lower = re.sub(r"n't\b", " not", lower.replace("won't", "will not").replace("can't", "can not"))
    lower = lower.replace("cannot", "can not").replace("no one", "nobody").replace("%", " percent ")
    digits = _THOUSANDS.sub("", alpha2digit(lower, lang, threshold=0))
    return unaccented(_MANY.sub(lambda m: multiplied(m[1], m[2]), digits))


def multiplied(number: str, by: str) -> str:
    value = float(number.rstrip(".,").replace(",", ".").replace("..", ".")) if number.count(".") < 2 else 0.0
    return f"{value * int(by):.0f}" if value else f"{number} {by}"


@functools.lru_cache(maxsize=20_000)
def stemmed(token: str, lang: str) -> str:
    """The stem of a lower-case word without accents; a figure without points and commas at its ends."""
    if token[0].isdigit():
        return token.strip(".,")
    stem: str = _stemmer(lang).stemWord(token)
    return stem


@functools.cache
def _stemmer(lang: str) -> Any:
    return snowballstemmer.stemmer("spanish" if lang == "es" else "english")


def stems_among(wanted: frozenset[str], plain: str) -> set[str]:
    """Those of the wanted stems that are in a text (lower case, no accents). Results are not cached."""
    function = function_words().function | function_words().negations
    begun = tuple(wanted)
    tokens = {token for token in re.findall(r"\w+", plain) if token.startswith(begun)}
    return {clipped(token) for token in tokens - function} & wanted


def content_stems(title: str) -> frozenset[str]:
    """The content words of a title, clipped, as input for `stems_among`."""
    function = function_words().function | function_words().negations
    return frozenset(clipped(token) for token in re.findall(r"\w+", unaccented(title)) if token not in function)


def clipped(token: str) -> str:
    """A word without one common ending, if at least four letters are left. The same for both languages."""
    return next((token[: -len(end)] for end in ENDINGS if token.endswith(end) and len(token) - len(end) >= 4), token)
