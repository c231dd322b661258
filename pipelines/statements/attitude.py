"""The attitude of the speaker to a statement: the sense of the cue, and whether it is negated or conditional.

Denying and doubting cues (negó que, puso en duda, declined to say, rejected the claim that) have the sense `denied`. A
cue that neither affirms nor denies (ni confirmó ni desmintió, would not say whether) is `said` and negated.
"""

import functools

from pipelines.statements.constructions.clauses import is_noun
from pipelines.statements.reading.closed_words import CONDITIONS, words_in
from pipelines.statements.reading.lexicon import FORMS, SENSES
from pipelines.statements.reading.tokens import Tokens, sentence_around
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Range

_NEGATIONS = words_in(
    "not n't never no without neither nor nobody none nunca jamás sin tampoco ni nadie ningún ninguna"
)
_NO_NEGATION = words_in("embargo obstante sólo solo solamente únicamente only just longer matter doubt duda")
"""Words that cancel a negation before them: sin embargo, not only, no doubt."""
_BEFORE = 3
_WALLS = words_in("that que , ; : . — – ( )")
_DENYING = (
    "declin refus reject rebuff rebut refut deni deny dispute disputing disputed dismiss doubt dodge sidestep "
    "rechaz desmint desmient descart refut rehus dud eludi evad"
)
_DENYING_HEADS = tuple(_DENYING.split())
_DENYING_PHRASES = (
    "se neg", "negó", "neg", "cast doubt", "casts doubt", "casting doubt", "call into question", "called into question",
    "stopped short", "declined", "en duda", "puso en duda", "poner en duda", "pone en duda", "pusieron en duda",
    "evitó", "evitaron", "evita", "would neither", "avoided",
)  # fmt: skip
_NO_DENYING = ("negoci", "neglig", "dudos")
_DEMANDING = (
    "call on", "called on", "calling on", "calls on", "call for", "called for", "calling for", "calls for", "llamado a",
    "llamó a", "exhort",
)  # fmt: skip
_NEITHER = words_in("neither nor ni")
_SUPPOSED = words_in("would could might may podría podrían pudo pudiera pudieran habría habrían")


def sense_of(tokens: Tokens, columns: Columns, cue: Range) -> str:
    """The sense of a cue, one of lexicon.SENSES. A denying word, also one that governs the cue, comes first."""
    first, stop = cue
    text = tokens.text[tokens.start[first] : tokens.end[stop - 1]].lower()
    if text.startswith(("according to", "según", "de acuerdo")):
        return "said"
    if _neither(tokens, cue):
        return "said"
    if _denies(text) or _denies(_governing(tokens, columns, first)):
        return "denied"
    if text.startswith(_DEMANDING):
        return "demanded"
    known = [k for k in range(first, stop) if columns.sense[k]]
    verbs = [k for k in known if FORMS[int(columns.form[k]) - 1] != "noun" and int(columns.cue[k]) & 1]
    senses = [SENSES[int(columns.sense[k]) - 1] for k in (verbs or known)]
    return senses[-1] if senses else "said"


def negated(tokens: Tokens, cue: Range) -> bool:
    """Whether the cue is negated: in its own words, or in the three before it up to a punctuation mark or a “que”."""
    first, stop = cue
    if tokens.words[first] == ":":
        return False
    low = first
    while low > 0 and first - low < _BEFORE and tokens.sentence[low - 1] == tokens.sentence[first]:
        if tokens.words[low - 1].lower() in _WALLS or tokens.mark[low - 1]:
            break
        low -= 1
    near = [word.lower() for word in tokens.words[low : stop + 1]]
    return any(
        (word in _NEGATIONS or word.endswith(("n't", "n’t"))) and after not in _NO_NEGATION
        for word, after in zip(near[: stop - low], near[1:] + [""], strict=False)
    )


def conditional(tokens: Tokens, cue: Range) -> bool:
    """Whether the act of speaking is hypothetical: “would say”, «habría dicho», «si …, dirá que»."""
    first, stop = cue
    supposed, ahead = _mood(tuple(tokens.words[first:stop]), tokens.words[first - 1] if first else "")
    if not (supposed or ahead) or negated(tokens, cue):
        return False
    return supposed or _opening(tokens, first) in CONDITIONS


@functools.lru_cache(maxsize=4096)
def _mood(cue: tuple[str, ...], word_before: str) -> tuple[bool, bool]:
    """Whether the words of a cue are in the conditional, and whether in the future."""
    words, before = [w.lower() for w in cue], word_before.lower()
    supposed = any(w in _SUPPOSED for w in [*words[:1], before])
    supposed = supposed or any(w.endswith(("ría", "rían")) and len(w) > 4 for w in words[:2])
    return supposed, any(w.endswith(("rá", "rán")) or w == "will" for w in [*words[:2], before])


def _opening(tokens: Tokens, first: int) -> str:
    """The first word of the sentence before `first`, in lower case; "" if there is none."""
    low, _ = sentence_around(tokens, first, 60)
    return next((w.lower() for w in tokens.words[low:first] if w[0].isalnum()), "")


def _neither(tokens: Tokens, cue: Range) -> bool:
    """Whether it is a form like “ni confirmó ni desmintió”, “neither confirmed nor denied”."""
    low = max(cue[0] - 4, 0)
    near = [w.lower() for w in tokens.words[low : cue[1]] if w[0].isalnum()]
    return sum(w in _NEITHER for w in near) >= 2


@functools.lru_cache(maxsize=4096)
def _denies(text: str) -> bool:
    heads = text.split()
    return bool(heads) and (
        (text.startswith(_DENYING_PHRASES) or any(w.startswith(_DENYING_HEADS) for w in heads))
        and not text.startswith(_NO_DENYING)
    )


def _governing(tokens: Tokens, columns: Columns, first: int) -> str:
    """The verb whose object is the noun of speech at `first`: “rechazó la | acusación”; "" if there is none."""
    if not is_noun(columns, first):
        return ""
    for k in range(first - 1, max(first - 4, -1), -1):
        if tokens.words[k].lower() in _WALLS or tokens.sentence[k] != tokens.sentence[first]:
            return ""
        if columns.cue[k] and FORMS[int(columns.form[k]) - 1] != "noun":
            return tokens.words[k].lower()
    return ""
