"""Finds the clause or object of a verb of speech: said that …; …, said the mayor; denied having …; announced a …"""

import numpy as np

from pipelines.statements.constructions.quotations import covered
from pipelines.statements.reading import verbs as verbs_by_ending
from pipelines.statements.reading.closed_words import AND, DETERMINERS, PRONOUNS, SKIPPED
from pipelines.statements.reading.lexicon import FORMS, SENSES, lexicon
from pipelines.statements.reading.tokens import Tokens, sentence_around
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Range, Raw

PHRASES = {
    "es": (
        ("según",),
        ("de", "acuerdo", "con"),
        ("de", "acuerdo", "a"),
        ("a", "decir", "de"),
        ("a", "juicio", "de"),
        ("en", "opinión", "de"),
        ("desde", "la", "perspectiva", "de"),
        ("a", "consideración", "de"),
        ("a", "ojos", "de"),
        ("conforme", "a"),
        ("en", "voz", "de"),
        ("en", "palabras", "de"),
    ),
    "en": (("according", "to"), ("in", "the", "words", "of"), ("in", "the", "view", "of"), ("in", "the", "eyes", "of")),
}
"""Phrases like “according to”: after them comes the source, and the rest of the sentence is the content."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_THAT = {"es": "que", "en": "that"}
FINITE = frozenset({"past", "present", "future", "gerund"})
_STOPS = frozenset({".", ";", ":", "!", "?", "(", "—", "–"})
_OBJECT_SENSES = frozenset({"denied", "accused", "demanded", "promised", "announced", "said"})
_ARTICLES = _words("el la los las un una unos unas su sus al")
_INFINITIVE = ("ar", "er", "ir", "arse", "erse", "irse", "arlo", "arla", "erlo", "irlo")
_BEFORE_NOUN = _words("the a an his her their its our my la el una un su sus 's ’s")
_AFTER_OBJECT = _words("al quien quienes tras luego durante mientras porque cuando pues aunque y")
_NOT_SUBJECT = _words("que quien quienes cual cuales donde se le les lo como ha han había habían")
_ENDS_A_WISH = _words(", ; : . ( — – cuando según pero mientras aunque porque when while but although because")
_GIVING = _words(
    "brings gives offers holds raises spreads has loses sees finds keeps takes is was as gave brought offered held "
    "raised spread had lost saw found kept took were are without with of"
)
_NO_SUBJECT = DETERMINERS | _words("last only best new great real first little high false")
_RELATIVE = _words("que that which who quien cuyo cuya")
_PREPOSITIONS = _words("para ante durante sobre entre mediante desde hacia contra hasta frente tras según")
_SUBJECT_BEGINS = _words("el la los las un una unos unas su sus the a an his her their its he she they it we")
_WISHES = _words("hope wish desire aspire fear")
_QUESTIONS = _words("si qué cuándo cómo dónde quién quiénes cuánto cuántos cuántas cuál cuáles")
REACH = 14
"""A “que” must follow within this many tokens after its verb."""
CLAUSE = 5
"""The verb of a clause comes within so many words."""
LEAST = 3
"""A clause has at least this many tokens."""


def governed(columns: Columns, i: int, taken: np.ndarray, lang: str) -> Raw | None:
    """The statement reported by the finite verb at `i`; None if the grammar does not show which words it is."""
    tokens = columns.tokens
    low, high = bounds(tokens, i)
    that = _that(columns, i, high, _THAT[lang])
    if that is not None:
        return _raw((that + 1, clause_end(columns, that + 1, high, _THAT[lang])), i, taken, "verb of speech with that")
    if lang != "es":
        return None
    if span := _asked(tokens, i, high):
        return _raw(span, i, taken, "what somebody was asked or is bound to do")
    if i + 1 < high and tokens.words[i + 1] in _QUESTIONS:
        return _raw((i + 1, clause_end(columns, i + 1, high, "que")), i, taken, "indirect question")
    if before := clause_before(columns, i, low):
        return _raw(before, i, taken, "clause before a verb of speech", _rest(tokens, i, high))
    if SENSES[int(columns.sense[i]) - 1] in _OBJECT_SENSES and (span := _object(tokens, i, high)):
        return _raw(span, i, taken, "object of a verb of speech")
    return None


def _asked(tokens: Tokens, i: int, high: int) -> Range | None:
    """The infinitive after “a” and a recipient: “pidió a los vecinos no acercarse”, “se comprometió a revisar”."""
    words = tokens.words
    if i + 2 >= high or words[i + 1] not in {"a", "al", "con"}:
        return None
    for k in range(i + 2, min(i + REACH, high)):
        if words[k] in _STOPS or words[k] == "," or tokens.mark[k] or words[k] in {"que", "de"}:
            return None
        if verbs_by_ending.infinitive(words[k]):
            start = k - (words[k - 1] == "no")
            return (start, high - 1 if words[high - 1] == "." else high)
        if words[i + 1] == "con" or verbs_by_ending.looks_finite(words[k], "es"):
            return None
    return None


def wished(columns: Columns, i: int, taken: np.ndarray, lang: str) -> Raw | None:
    """What somebody hopes or fears to do: the infinitive after the verb, “esperan firmar”, “hope to sign”."""
    span = wish(columns, i, lang)
    if span is None or any(_reports(columns, k) for k in range(*span)):
        return None
    if lang == "en" and not _after_subject(columns.tokens, i):
        return None
    return _raw((i + 1, span[1]), i, taken, "what somebody hopes to do")


def _reports(columns: Columns, k: int) -> bool:
    return columns.cue[k] > 0 and FORMS[int(columns.form[k]) - 1] in FINITE


def wish(columns: Columns, i: int, lang: str) -> Range | None:
    """The infinitive and what belongs to it after the verb of wishing at `i`; None if one of both is missing."""
    tokens = columns.tokens
    word = lexicon(lang).words.get(tokens.words[i].lower())
    if word is None or word.like not in _WISHES:
        return None
    _, high = bounds(tokens, i)
    start = i + 1 + (tokens.words[i + 1 : i + 2] in (["no"], ["not"]))
    if start >= high or not _to_do(tokens, start, lang):
        return None
    return start, next((k for k in range(start + 1, high) if _ends_wish(tokens, k, high, lang)), high)


def _after_subject(tokens: Tokens, i: int) -> bool:
    """Whether a subject is right before token `i`: a pronoun, a name, a plural, or a word with its article.

    Otherwise it is a noun, as in “brought hope to families” and “the last hope to recover”.
    """
    while i > 0 and tokens.words[i - 1].lower() in SKIPPED:
        i -= 1
    before = [word.lower() for word in tokens.words[max(i - 4, 0) : i]]
    if not before or not before[-1][0].isalpha() or not _GIVING.isdisjoint(before) or before[-1] in _NO_SUBJECT:
        return False
    last = tokens.words[i - 1]
    return before[-1] in PRONOUNS or last[0].isupper() or last.endswith("s") or before[-2:-1] == ["the"]


def _to_do(tokens: Tokens, k: int, lang: str) -> bool:
    if lang == "es":
        return verbs_by_ending.infinitive(tokens.words[k])
    after = tokens.words[k + 1].lower() if k + 1 < len(tokens) else "."
    return tokens.words[k].lower() == "to" and after.isalpha() and after not in _BEFORE_NOUN


def _ends_wish(tokens: Tokens, k: int, high: int, lang: str) -> bool:
    """Whether what is wished ends before token `k`: at a mark, a conjunction, or “and” with a clause of its own."""
    word = tokens.words[k].lower()
    return word in _ENDS_A_WISH or word in AND and _clause_begins(tokens, k + 1, high, lang)


def _clause_begins(tokens: Tokens, k: int, high: int, lang: str) -> bool:
    """Whether a clause begins at `k`: an article, a noun, and soon a verb: “la fiscalía investiga el caso”, “the port
    was closed”. When in doubt it is a further object: “the governor and the mayor”."""
    if k + 2 >= high or tokens.words[k].lower() not in _SUBJECT_BEGINS:
        return False
    for j in range(k + 2, min(k + CLAUSE, high)):
        word = tokens.words[j]
        if not word[0].isalnum() or word.lower() in _RELATIVE:
            return False
        if verbs_by_ending.looks_finite(word, lang) and not (lang == "en" and word.endswith("ed")):
            return True
        if lang == "es" and j == k + 2 and j + 1 < high and tokens.words[j + 1] in _ARTICLES:
            return word.endswith(("a", "e", "an", "en")) and word not in _PREPOSITIONS
    return False


def is_noun(columns: Columns, i: int) -> bool:
    """Whether a cue word is a noun here: by the lexicon, or because a possessive or an article is before it."""
    if not columns.cue[i]:
        return False
    before = columns.tokens.words[i - 1].lower() if i else ""
    return FORMS[int(columns.form[i]) - 1] == "noun" or before in _BEFORE_NOUN


def noun(columns: Columns, i: int, taken: np.ndarray, lang: str) -> Raw | None:
    """The statement after a noun of speech at `i`: “la denuncia de que …”, “the claim that …”."""
    link = ["de", "que"] if lang == "es" else ["that"]
    if columns.tokens.words[i + 1 : i + 1 + len(link)] != link:
        return None
    _, high = bounds(columns.tokens, i)
    return _raw(
        (i + 1 + len(link), clause_end(columns, i + 3, high, _THAT[lang])), i, taken, "noun of speech with that"
    )


def bounds(tokens: Tokens, i: int) -> Range:
    """The sentence around a token, up to 150 tokens to each side."""
    return sentence_around(tokens, i, 150)


def part(columns: Columns, raws: list[Raw], lang: str) -> None:
    """Cut contents where another verb of speech follows: said that A “and assured that” B. Changes `raws`."""
    for raw in raws:
        if raw.cue is None or not raw.content:
            continue
        first, stop = max(raw.content)
        if raw.cue[1] > first or columns.tokens.quote[first]:
            continue
        end = clause_end(columns, first, stop, _THAT[lang])
        if end - first >= LEAST:
            raw.content[raw.content.index((first, stop))] = (first, end)


def _raw(span: Range, i: int, taken: np.ndarray, why: str, more: Range | None = None) -> Raw | None:
    if span[1] - span[0] + (more[1] - more[0] if more else 0) < LEAST or covered(*span, taken) >= 0.3:
        return None
    return Raw([span, more] if more else [span], (i, i + 1), None, 0.3, why)


def finite(columns: Columns, i: int) -> bool:
    """Whether a token is a finite form or gerund of a verb of speech that is not weak."""
    return bool(columns.cue[i]) and bool(int(columns.cue[i]) & 1) and FORMS[int(columns.form[i]) - 1] in FINITE


def _that(columns: Columns, i: int, high: int, that: str) -> int | None:
    words = columns.tokens.words
    commas = 0
    for k in range(i + 1, min(i + REACH, high)):
        if words[k] == that:
            return k if commas != 1 else None
        if words[k] == ",":
            commas += 1
        elif words[k] in _STOPS or columns.tokens.mark[k] or (k > i + 1 and finite(columns, k)):
            return None
    return None


def clause_end(columns: Columns, first: int, high: int, that: str) -> int:
    """Where the clause ends: at `high`, at a semicolon, or where another verb of speech follows."""
    tokens, words = columns.tokens, columns.tokens.words
    for k in range(first + LEAST, high):
        if words[k] == ";" and not tokens.quote[k]:
            return k
        if tokens.quote[k] or not finite(columns, k):
            continue
        joint = next((j for j in range(k - 1, max(k - 4, first), -1) if words[j].lower() in {"y", "and", ","}), None)
        if joint is None or any(w[0].isupper() for w in words[joint + 1 : k]):
            continue
        if words[joint] != "," and (words[k + 1 : k + 2] == [that] or columns.tokens.mark[k + 1 : k + 2] == [1]):
            return joint
    return high


def clause_before(columns: Columns, i: int, low: int) -> Range | None:
    """The clause before a comma and the verb: “Será más tarde, dijo el alcalde”."""
    tokens, words = columns.tokens, columns.tokens.words
    if i - low <= LEAST - _interrupts(tokens, i) or words[i - 1] != "," or tokens.quote[i - 1]:
        return None
    following = words[i + 1].lower() if i + 1 < len(words) else "."
    own = (
        following in _ARTICLES - {"su", "sus", "al"}
        or following in {".", ",", "en", "este"}
        or (i + 1 < len(words) and words[i + 1][0].isupper())
    )
    if not own or any(tokens.mark[k] for k in range(i + 1, min(i + 3, len(words)))):
        return None
    start = low
    for k in range(i - 2, low, -1):
        if words[k] in {";", ":"}:
            start = k + 1
            break
    verbs = sum(finite(columns, k) and not tokens.quote[k] for k in range(start, i - 1))
    said = any(verbs_by_ending.looks_finite(word, "es") for word in words[start : i - 1]) or _interrupts(tokens, i)
    return None if verbs > 1 or not said or words[start].lower() in _NOT_SUBJECT else (start, i - 1)


def _interrupts(tokens: Tokens, i: int) -> bool:
    """Whether the clause continues after verb and source: “La ley, dijo la jueza, no basta”."""
    return _comma_behind(tokens, i) is not None


def _comma_behind(tokens: Tokens, i: int) -> int | None:
    """The comma after verb and source, if a finite verb follows it."""
    words = tokens.words
    comma = next((k for k in range(i + 1, min(i + 12, len(words) - 2)) if words[k] == ","), None)
    if comma is None or tokens.sentence[comma + 1] != tokens.sentence[i]:
        return None
    after = comma + 1 + (words[comma + 1] in {"se", "no", "lo", "la", "los", "las", "ya"})
    return comma if verbs_by_ending.looks_finite(words[after], "es") else None


def _rest(tokens: Tokens, i: int, high: int) -> Range | None:
    """The continuation after an interrupting verb: “La ley, dijo, no basta”, “La ley, dijo la jueza, no basta”."""
    comma = i + 1 if i + 1 < high and tokens.words[i + 1] == "," else _comma_behind(tokens, i)
    if comma is None:
        return None
    stop = high - 1 if tokens.words[high - 1] == "." else high
    return (comma + 1, stop) if stop - comma - 1 > 0 else None


def _object(tokens: Tokens, i: int, high: int) -> Range | None:
    """What is denied, demanded or announced: a noun phrase or an infinitive right after the verb."""
    words = tokens.words
    if i + 2 >= high or tokens.mark[i + 1]:
        return None
    following = words[i + 1].lower()
    if following not in _ARTICLES and not following.endswith(_INFINITIVE):
        return None
    if words[i - 1 : i] == [","] or (i > 0 and tokens.mark[i - 1] == 2):
        return None
    for k in range(i + 2, high):
        if tokens.quote[k]:
            continue
        if words[k] in {";", "("} or (words[k] == "," and k + 1 < high and words[k + 1].lower() in _AFTER_OBJECT):
            return (i + 1, k)
    return (i + 1, high)
