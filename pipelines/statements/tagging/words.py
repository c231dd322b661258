"""Maps word types to integer attributes, in a table that grows with each new word."""

import functools
import unicodedata
import zlib

import numpy as np
from numpy.typing import NDArray

from pipelines.statements.reading.lexicon import FORMS, SENSES, Lexicon, lexicon
from pipelines.statements.tagging.clusters import clusters
from pipelines.statements.tagging.word_paths import word_paths

Ints = NDArray[np.int64]

WORD, SUFFIX, SHAPE, LIKE, SENSE, FORM, CUE, LOWER, FEW, MANY, SHORT_PATH, MIDDLE_PATH, PATH = range(13)
"""Columns: the word, its last three letters, its shape, the English word or class with a similar use, sense and form of
a cue word, both together (0: no cue), whether it is lower case, its word cluster (of few, and of many), and its path in
the tree of words (word_paths.py)."""
COLUMNS = 13
#: If there are more word types than this, the table is cleared and filled again.
MOST_TYPES = 25_000

_ENGLISH_ENDINGS = ("ing", "ed", "ly", "tion", "ment", "ers", "er", "ity", "al", "ive", "ous", "n't", "es", "s")
_SPANISH_ENDINGS = {
    "ando": "ing",
    "iendo": "ing",
    "ado": "ed",
    "ada": "ed",
    "ados": "ed",
    "adas": "ed",
    "ido": "ed",
    "ida": "ed",
    "idos": "ed",
    "idas": "ed",
    "aron": "ed",
    "ieron": "ed",
    "ó": "ed",
    "mente": "ly",
    "ción": "tion",
    "sión": "tion",
    "ciones": "tion",
    "siones": "tion",
    "miento": "ment",
    "dor": "er",
    "dores": "ers",
    "dad": "ity",
    "dades": "ity",
    "ales": "al",
    "al": "al",
    "ivo": "ive",
    "iva": "ive",
    "oso": "ous",
    "osa": "ous",
    "ar": "inf",
    "er": "inf",
    "ir": "inf",
    "aba": "ed",
    "aban": "ed",
    "ía": "ed",
    "ían": "ed",
    "ará": "fut",
    "arán": "fut",
    "erá": "fut",
    "irá": "fut",
    "erán": "fut",
    "irán": "fut",
    "es": "s",
    "s": "s",
}


def code(text: str) -> int:
    """A stable 31-bit hash of a string."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) & 0x7FFFFFFF


def shape(word: str) -> str:
    """The shape of a token: the mark itself, year, number, caps, capital, mixed or lower."""
    first = word[0]
    if first.isdigit():
        return "year" if len(word) == 4 and word[:2] in {"19", "20"} else "number"
    if not first.isalpha():
        return word[:2]
    if word.islower():
        return "lower"
    if len(word) > 1 and word.isupper():
        return "caps"
    return "capital" if first.isupper() else "mixed"


def ending(word: str, lang: str) -> str:
    """The ending, as an English one, that best shows the part of speech; "" if there is none."""
    if lang == "es":
        for size in range(min(6, len(word) - 1), 0, -1):
            if word[-size:] in _SPANISH_ENDINGS:
                return _SPANISH_ENDINGS[word[-size:]]
        return ""
    for tail in _ENGLISH_ENDINGS:
        if word.endswith(tail) and len(word) > len(tail) + 1:
            return tail
    return ""


class Types:
    """Attributes of the word types seen in one language. The table is cleared between texts when it is too large."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.words: Lexicon = lexicon(lang)
        self.clusters = clusters(lang)
        self.paths = word_paths(lang)
        self.ids: dict[str, int] = {}
        self.table: Ints = np.zeros((4096, COLUMNS), np.int64)

    def rows(self, words: list[str]) -> Ints:
        """The attributes of words, as an array of tokens × COLUMNS."""
        if len(self.ids) > MOST_TYPES:
            self.ids.clear()
        ids = self.ids
        known = [ids.get(word, -1) for word in words]
        if -1 in known:
            known = [i if i >= 0 else self._add(words[at]) for at, i in enumerate(known)]
        return self.table[known]

    def _add(self, word: str) -> int:
        number = self.ids.get(word)
        if number is not None:
            return number
        number = len(self.ids)
        if number >= len(self.table):
            self.table = np.concatenate([self.table, np.zeros_like(self.table)])
        self.ids[word] = number
        self.table[number] = self._attributes(word[:40])
        return number

    def _attributes(self, word: str) -> tuple[int, ...]:
        word = unicodedata.normalize("NFC", word)
        lower = word.lower().replace("’", "'")
        entry = self.words.words.get(lower)
        kind = shape(word)
        function = self.words.grammar.get(lower)
        if function:
            like = function
        elif entry:
            like = f"{entry.like}|{entry.form}"
        elif kind in {"lower", "capital", "mixed", "caps"}:
            like = f"~{kind}~{ending(lower, self.lang)}"
        else:
            like = kind
        sense = SENSES.index(entry.sense) + 1 if entry else 0
        form = FORMS.index(entry.form) + 1 if entry else 0
        cue = 0 if not entry else 1 + sense * 32 + form * 2 + entry.weak
        number = code(lower)
        groups = (*self.clusters.get(lower, (0, 0)), *self.paths.of(number))
        # Numbers of groups differ by language, because the groups of the two languages are unrelated.
        few, many, short, middle, path = (group * 2 + (self.lang == "es") for group in groups)
        small = int(word[0].islower())
        words = (number, code("-" + lower[-3:]), code(kind), code(like))
        return *words, sense, form, cue, small, few, many, short, middle, path


@functools.cache
def types(lang: str) -> Types:
    """The table of a language, one per process."""
    return Types(lang)
