"""Finds the subject that a verb shares with another verb of its sentence."""

from pipelines.statements.reading.closed_words import ARTICLES, DETERMINERS, PRONOUNS, SKIPPED, WALLS, words_in
from pipelines.statements.reading.tokens import Tokens, sentence_around
from pipelines.statements.reading.verbs import looks_finite
from pipelines.statements.tagging.taggers import Range, Raw

_AND = words_in("and but y e pero or")
_OPENERS = words_in("but and yet y pero however moreover still then además asimismo")
_PREPOSITIONS = words_in(
    "in on at after before during for by with since under as en tras durante desde ante por para al a"
)


def coordinated(tokens: Tokens, first: int) -> bool:
    """Whether a verb is joined by “and” to another verb with the same subject: she called it late “and said” …"""
    k = first - 1
    while k > 0 and (tokens.words[k].lower() in SKIPPED or tokens.words[k].lower().endswith(("ly", "mente"))):
        k -= 1
    return k > 0 and tokens.words[k].lower() in _AND and tokens.sentence[k] == tokens.sentence[first]


def shared_subject(tokens: Tokens, first: int, before: Raw | None) -> Range | None:
    """The subject of the earlier verb in the sentence: “…”, he said, adding that …"""
    if before and before.source and before.cue and tokens.sentence[before.cue[0]] == tokens.sentence[first]:
        return before.source
    low, _ = sentence_around(tokens, first, 60)
    k = _clause_start(tokens, low, first)
    while k < first:
        if tokens.words[k][0].isupper() and not tokens.quote[k] and (k > low or tokens.words[k].lower() not in WALLS):
            stop = k + 1
            while stop < first and (tokens.words[stop][0].isupper() or tokens.words[stop] == "."):
                stop += 1
            if stop - k == 2 and tokens.words[k].lower() in ARTICLES and stop < first:
                return (k, stop + _is_noun(tokens.words[stop]))
            if k > low or stop - k > 1:
                return (k, stop)
            return (k, _noun_end(tokens, k, first))
        if tokens.words[k].lower() in PRONOUNS | DETERMINERS and not tokens.quote[k]:
            return (k, _noun_end(tokens, k, first))
        k += 1
    return None


def _is_noun(word: str) -> bool:
    """Whether a word can be the noun after “The Mexican”: lower case, not an auxiliary or another form of a verb."""
    verb = word in SKIPPED or looks_finite(word, "en") or looks_finite(word, "es")
    return word.isalpha() and word.islower() and not verb and word not in WALLS


def _clause_start(tokens: Tokens, low: int, high: int) -> int:
    """Where the main clause begins: after “In August,” or “But”."""
    while low < high - 1 and tokens.words[low].lower() in _OPENERS:
        low += 1
    if low < high and tokens.words[low].lower() in _PREPOSITIONS:
        comma = next((k for k in range(low, min(low + 14, high)) if tokens.words[k] == ","), None)
        return low if comma is None else comma + 1
    return low


def _noun_end(tokens: Tokens, first: int, limit: int) -> int:
    return min(first + (3 if tokens.words[first].lower() in ARTICLES - {"un", "una"} else 1), limit)
