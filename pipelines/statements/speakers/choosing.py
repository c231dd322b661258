"""Checks whether the tagged source of a statement is plausible, and otherwise looks for one next to the cue."""

from pipelines.statements.constructions.said import DAYS
from pipelines.statements.reading.closed_words import (
    ARTICLES,
    DETERMINERS,
    NOBODY,
    PERSONAL,
    PRONOUNS,
    SKIPPED,
    WALLS,
    words_in,
)
from pipelines.statements.reading.lexicon import lexicon
from pipelines.statements.reading.names import fold, tables
from pipelines.statements.speakers.people import People
from pipelines.statements.speakers.salience import phrase
from pipelines.statements.tagging.taggers import Range, Raw

GOOD, PASSABLE, POOR = 3.0, 1.0, 0.5
_UNDER = words_in(
    "en in at on a al to de del of con with from desde sobre about para for contra against ante entre tras"
)
_NOT_FIRST = (
    (_UNDER - {"a"})
    | WALLS - {"that", "quien"}
    | words_in("me nos les lo le se no ni aunque siempre es son fue al como then there")
)
_ALONE = PRONOUNS | PERSONAL | words_in("su sus his her their este esta éste ésta")
_NEVER_ALONE = NOBODY | ARTICLES | WALLS
_UNDER_IN = {"es": _UNDER, "en": _UNDER - {"a"}}
_RELATIVES = words_in("que who that which quien quienes whose cuyo cuya whom")
_BETWEEN = words_in(
    "hoy ayer ahí también además luego después finalmente entonces today yesterday later also este esta el on"
)
_VERBS = ("past", "present", "future")
_REACH = 14


def quality(people: People, span: Range, lang: str, cue: Range | None) -> float:
    """How plausible a span is as a source: 3 name, pronoun or title; 1 determiner and noun; 0 not at all."""
    tokens, t = people.tokens, tables()
    first, stop = span
    words = tokens.words[first:stop]
    lower = words[0].lower()
    if people.in_dateline(first):
        return 0.0
    if any(tokens.mark[k] for k in range(first, stop)) and stop - first > 1:
        return 0.0
    if len(words) == 1 and lower in _ALONE:
        return GOOD
    if len(words) == 1 and lower in lexicon(lang).grammar:
        return 0.0
    if len(words) == 1 and (lower in _NEVER_ALONE or not words[0][0].isalpha()):
        return 0.0
    if lower in _NOT_FIRST or lower in DAYS or (lower in {"a"} and lang == "es"):
        return 0.0
    under = first > 0 and tokens.words[first - 1].lower() in _UNDER_IN[lang]
    if under and not (cue and cue[0] <= first - 1 <= cue[1]):
        return 0.3
    if _has_verb(words, lang):
        return 0.0
    inside = people.inside(first, stop)
    if inside and (inside[0].entity.kind not in {"place", "thing"} or stop - first <= 3):
        return GOOD
    if any(fold(w) in t.classes for w in words[:5]):
        return GOOD
    if len(words) == 1 and lower in lexicon(lang).words:
        return 0.0
    return PASSABLE if lower in DETERMINERS or words[0][0].isupper() or lower.endswith("s") or inside else POOR


def _has_verb(words: list[str], lang: str) -> bool:
    """Whether the words contain a finite verb of speech outside of a relative clause."""
    known = lexicon(lang).words
    for word in words:
        if word.lower() in _RELATIVES:
            return False
        entry = known.get(word.lower())
        if entry and entry.form in _VERBS and word.endswith(("ó", "aron", "ieron")):
            return True
    return False


def chosen(people: People, raw: Raw, lang: str) -> Range | None:
    """The tagged source if it is plausible, or else a phrase right before or after the cue, or else None."""
    given = raw.source
    worth = quality(people, given, lang, raw.cue) if given else 0.0
    if given and raw.cue and worth == POOR and (given[1] == raw.cue[0] or raw.cue[1] == given[0]):
        worth = PASSABLE
    if worth >= GOOD or raw.cue is None:
        return given if worth >= PASSABLE else None
    held = {k for a, b in raw.content for k in range(a, min(b, a + 400))}
    for span in (_before(people, raw.cue[0], held), _behind(people, raw.cue, held)):
        if span and quality(people, span, lang, raw.cue) >= GOOD:
            return span
    if given and worth >= PASSABLE and not _set_off(people, given, raw.cue):
        return given
    return None


def _set_off(people: People, span: Range, cue: Range) -> bool:
    """Whether a comma separates a span from the cue, so that it is content: “La diferencia, dijo, es …”."""
    words = people.tokens.words
    return span[1] < cue[0] and words[span[1]] == "," and span[1] + 1 == cue[0]


def _before(people: People, first: int, held: set[int]) -> Range | None:
    """The longest name or description that ends right before a cue."""
    tokens = people.tokens
    end = first
    while end > 0 and tokens.words[end - 1].lower() in SKIPPED and end - 1 not in held:
        end -= 1
    best = None
    for k in range(end - 1, max(end - _REACH, -1), -1):
        if (
            k in held
            or tokens.sentence[k] != tokens.sentence[first]
            or tokens.words[k] in {";", ":", "—"}
            or tokens.mark[k]
        ):
            break
        if k and tokens.words[k - 1].lower() in _UNDER:
            continue
        span = phrase(people, k, end)
        if span and span[1] == end:
            best = span
    return best


def _behind(people: People, cue: Range, held: set[int]) -> Range | None:
    """A name or description that begins right after a cue: dijo ayer | la alcaldesa Ana Ruiz."""
    tokens, n = people.tokens, len(people.tokens)
    k = cue[1]
    while k < min(cue[1] + 4, n) and _passed(tokens.words[k]) and not phrase(people, k, min(k + _REACH, n)):
        k += 1
    if k >= n or k in held or tokens.sentence[k] != tokens.sentence[cue[0]]:
        return None
    span = phrase(people, k, min(k + 3 * _REACH, n))
    return span if span and not any(j in held for j in range(*span)) else None


def _passed(word: str) -> bool:
    lower = word.lower()
    return lower in _BETWEEN or lower in DAYS or lower.endswith("mente")
