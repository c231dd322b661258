"""Finds noun phrases next to a word: the one after it, the one before it, and its possessor."""

from pipelines.statements.reading.closed_words import ARTICLES, DETERMINERS, OWNERS, PRONOUNS, SKIPPED, WALLS, words_in
from pipelines.statements.reading.lexicon import FORMS
from pipelines.statements.reading.tokens import QUOTES, Tokens
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Range

_AFTER_STOP = words_in(
    "on in at during to after before when while as that who for about from by and but en al a ante durante tras "
    "cuando que quien luego hoy ayer este durante sobre el-lunes por para con sin"
)
_OPEN_NOUNS = words_in("he she they su él ella ellos quien")
_BY = words_in("from by de del por")
_GENITIVES = frozenset({"'s", "’s"})
_RELATIVE = frozenset({"who", "which", "quien", "quienes"})
_NO_NOUNS = words_in(
    "aunque pues según no entre ahora además asimismo luego entonces embargo obstante tanto mucho all there here now "
    "then yet perhaps still however meanwhile instead even so thus later earlier again por cuando donde si al del un "
    "una uno"
)
#: A phrase has at most this many tokens.
MOST = 22


def phrase_after(tokens: Tokens, stop: int, held: set[int], plain: bool = False) -> Range | None:
    """The phrase that begins at `stop`, without tokens in `held`. Unless `plain`, it must look like a person."""
    words, n = tokens.words, len(tokens.words)
    if stop >= n or not words[stop][0].isalpha():
        return None
    lower = words[stop].lower()
    plural = lower.endswith("s") and words[stop - 1].endswith(("ron", "an", "en"))
    if not (plain or plural or words[stop][0].isupper() or lower in ARTICLES | _OPEN_NOUNS):
        return None
    end = stop + 1
    while end < n and end - stop < MOST and end not in held and tokens.sentence[end] == tokens.sentence[stop]:
        word = words[end]
        if (
            word in {",", ";", ":", "—", "–", "(", '"', "“", "”"}
            or word.lower() in _AFTER_STOP
            or (word == "." and len(words[end - 1]) > 4)
        ):
            break
        end += 1
    while end > stop + 1 and not words[end - 1][0].isalnum():
        end -= 1
    return (stop, end)


def phrase_before(columns: Columns, first: int, held: set[int]) -> Range | None:
    """The phrase that ends before `first`, without tokens in `held`. Adverbs and parts between commas are skipped."""
    tokens, words = columns.tokens, columns.tokens.words
    sentence = tokens.sentence[first]

    def free(k: int) -> bool:
        return k >= 0 and tokens.sentence[k] == sentence and k not in held

    k = first - 1
    while free(k) and (words[k].lower() in SKIPPED or words[k].lower().endswith(("ly", "mente"))):
        k -= 1
    if not free(k):
        return None
    nearby = range(k, max(k - 7, 0), -1)
    relative = next((j for j in nearby if words[j].lower() in _RELATIVE and words[j - 1] == ","), k)
    if free(relative) and words[relative].lower() in _RELATIVE:
        return (relative, relative + 1)
    comma = words[k] == ","
    if comma:
        opening = next((j for j in range(k - 1, max(k - 30, -1), -1) if free(j) and words[j] == ","), None)
        if opening is None or not free(opening - 1):
            return None
        end, k = k, opening - 1
    else:
        end = k + 1
    low = k + 1
    while free(low - 1) and end - low < MOST:
        word = words[low - 1]
        if (
            word.lower() in WALLS
            or word in {",", ";", ":", "—", "–", "--"}
            or word in QUOTES
            or (word == "." and len(words[low - 2]) > 4)
        ):
            break
        low -= 1
    while low < end and (words[low].lower() in SKIPPED or not words[low][0].isalnum()):
        low += 1
    if (
        low >= end
        or not words[low][0].isalpha()
        or words[low].lower() in {"in", "on", "en", "at", "for", "to", "there", "por"}
    ):
        return None
    if any(
        columns.cue[j] and FORMS[int(columns.form[j]) - 1] in ("past", "present") and j + 1 < end and words[j].islower()
        for j in range(low + 1, end)
    ):
        return None
    return (low, end)


def owner(tokens: Tokens, first: int) -> Range | None:
    """The possessor before a noun: his claim, the agency’s latest claim."""
    words = tokens.words
    k = first - 1
    while (
        k > 0
        and first - k < 4
        and words[k][0].islower()
        and words[k].lower() not in OWNERS
        and words[k] not in _GENITIVES
    ):
        k -= 1
    if k < 0 or tokens.sentence[k] != tokens.sentence[first]:
        return None
    if words[k].lower() in OWNERS:
        return (k, k + 1)
    if words[k] in _GENITIVES and k > 0:
        low = k - 1
        while low > 0 and words[low - 1][0].isupper() and tokens.sentence[low - 1] == tokens.sentence[k]:
            low -= 1
        if words[low][0].islower():
            low = next((j for j in range(low - 1, max(low - 4, -1), -1) if words[j].lower() in DETERMINERS), low)
        return (low, k)
    return None


def bearer(tokens: Tokens, stop: int) -> Range | None:
    """The author after a noun: warnings from the bank, la denuncia de la alcaldesa."""
    if stop >= len(tokens) or tokens.words[stop].lower() not in _BY:
        return None
    return phrase_after(tokens, stop + 1, set(), plain=True)


def nominal(tokens: Tokens, span: Range) -> bool:
    """Whether a span can be a person or institution: a name, a pronoun, or a noun with its article."""
    first, stop = span
    words = tokens.words
    lower = words[first].lower()
    if stop == first + 1:
        return lower in PRONOUNS | OWNERS or (
            words[first][0].isupper() and lower not in _NO_NOUNS | DETERMINERS | WALLS
        )
    if lower in (_NO_NOUNS - {"un", "una"}) | WALLS or not words[stop - 1][0].isalnum():
        return False
    return (
        lower in DETERMINERS
        or words[first][0].isupper()
        or any(w[0].isupper() for w in words[first:stop])
        or (lower.endswith("s") and stop - first <= 6)
    )
