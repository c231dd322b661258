"""Finds a source next to a cue if the taggers found none: the subject of the verb, or the possessor of the noun."""

from pipelines.statements.constructions.clauses import is_noun
from pipelines.statements.constructions.noun_phrases import bearer, nominal, owner, phrase_after, phrase_before
from pipelines.statements.constructions.said import DAYS
from pipelines.statements.constructions.subjects import coordinated, shared_subject
from pipelines.statements.reading.closed_words import DETERMINERS, NOBODY, PERSONAL, words_in
from pipelines.statements.reading.lexicon import FORMS
from pipelines.statements.reading.tokens import QUOTES, Tokens
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Range, Raw

_AUXILIARY = frozenset({"is", "are", "was", "were", "been", "be", "being", "fue", "fueron", "es", "son", "sido"})
_PHRASE_HEADS = frozenset({"según", "according", "conforme"})
_IN_NAMES = frozenset({"de", "del", "la", "van", "von", "y"})
_LEADING = words_in(
    "ahí allí aquí hoy ayer además también asimismo luego there here then also however but pero y and ■ • *"
)
_PLACES = words_in("en in at desde durante ante tras during after before")
_BEFORE_DAY = words_in("el este on last this del pasado")
_EDGES = frozenset({",", ".", ";", ":", "—", "’s", "'s"})
_NOT_LAST = words_in(
    "today yesterday also now then hoy ayer ya también además le les se lo en de ha has had have que no not never "
    "nunca jamás el la los las un una the a an"
)
_QUESTIONS = words_in("cuándo qué cómo dónde quién quiénes cuánto si when what how where who why whether")
_NOT_IN_CUE = _QUESTIONS | words_in("this last the that these those que el la los las su sus un una a al en")


def complete(columns: Columns, raws: list[Raw]) -> None:
    """Add a source to statements that have a cue but no source, if their sentence shows one. Changes `raws`."""
    tokens = columns.tokens
    before: Raw | None = None
    for raw in raws:
        if raw.cue:
            old, raw.cue = raw.cue, _trimmed_cue(tokens, raw.cue)
            phrase = tokens.words[raw.cue[0]].lower() == "according"
            if old != raw.cue and not phrase and tokens.words[raw.cue[1]].lower() not in {"que", "that"}:
                raw.content = [(raw.cue[1], b) if a == old[1] else (a, b) for a, b in raw.content]
        if raw.source and raw.source[1] == raw.source[0] + 1 and tokens.words[raw.source[0]].lower() in NOBODY:
            raw.source = None
    for raw in sorted((r for r in raws if r.cue), key=lambda r: r.cue or (0, 0)):
        if raw.source is None and raw.cue:
            found = _find(columns, raw, raw.cue, before)
            if found and nominal(tokens, found):
                raw.source = found
                raw.why += ", source beside the cue"
        if raw.source:
            raw.source = _with_name(columns, _without_edges(tokens, raw.source))
            if _no_source(columns, raw.source):
                raw.source = None
        before = raw if raw.source else before


def _find(columns: Columns, raw: Raw, cue: Range, before: Raw | None) -> Range | None:
    """The source, by the form of the cue. `before` is the previous statement with a source."""
    tokens, words = columns.tokens, columns.tokens.words
    first, stop = cue
    if words[first].lower() in _PHRASE_HEADS and first < stop:
        return phrase_after(tokens, stop, set(), plain=True)
    inner = next((k for k in range(first + 1, stop) if words[k][0].isupper() and words[first][0].islower()), None)
    if inner is not None and columns.cue[first]:
        return (inner, stop)
    lowered = [w.lower() for w in words[first:stop]]
    if stop - first > 1 and lowered[-1] in PERSONAL:
        return (stop - 1, stop)
    if any(w in _AUXILIARY for w in lowered[:2]) and lowered[-1] != "saying":
        return None
    form = next((FORMS[int(columns.form[k]) - 1] for k in range(first, stop) if columns.form[k]), None)
    if form == "noun" or (stop == first + 1 and is_noun(columns, first)):
        filed = stop - first > 1 and tokens.words[first][0].islower() and not columns.cue[first]
        return owner(tokens, first) or bearer(tokens, stop) or (phrase_before(columns, first, set()) if filed else None)
    held = {i for a, b in raw.content for i in range(a, min(b, a + 4000))}
    if form == "gerund" or (form == "base" and lowered[0] in {"to"} | set(lowered[-1:])):
        return shared_subject(tokens, first, before)
    follows = first > 0 and (
        first - 1 in held or words[first - 1] in QUOTES | {",", "—", "–", "-"} and first - 2 in held
    )
    if follows or (first == 0 or tokens.sentence[first - 1] != tokens.sentence[first]):
        after = phrase_after(tokens, stop, held)
        if after:
            return after
    if coordinated(tokens, first):
        return shared_subject(tokens, first, before) or phrase_before(columns, first, held)
    return phrase_before(columns, first, held)


def _trimmed_cue(tokens: Tokens, cue: Range) -> Range:
    """The cue without words that belong to what follows: “said this week” → “said”."""
    first, stop = cue
    if [w.lower() for w in tokens.words[first : first + 2]] == ["according", "to"]:
        return (first, first + 2)
    while stop - first > 1 and tokens.words[stop - 1].lower() in _NOT_IN_CUE and tokens.words[first].lower() != "de":
        stop -= 1
    return (first, stop)


def _without_edges(tokens: Tokens, span: Range) -> Range:
    first, stop = span
    for k in range(first + 1, stop):
        if tokens.words[k].lower() in DAYS and k + 1 >= stop - 1:
            stop = k - 1 if tokens.words[k - 1].lower() in _BEFORE_DAY and k - 1 > first else k
            break
    names = next((k for k in range(first, stop) if not tokens.words[k][0].isupper()), stop)
    if names - first > 1 and names < stop and tokens.words[names].lower() in _PLACES:
        stop = names
    while stop - first > 1 and (tokens.words[first] in _EDGES or _adverb(tokens.words[first])):
        first += 1
    while stop - first > 1 and (tokens.words[stop - 1] in _EDGES or tokens.words[stop - 1].lower() in _NOT_LAST):
        stop -= 1
    return (first, stop)


def _adverb(word: str) -> bool:
    lower = word.lower()
    return lower in _LEADING or (lower.endswith("mente") and len(lower) > 6)


def _no_source(columns: Columns, span: Range) -> bool:
    """Whether a span cannot be a source: a mark, a clitic, or a verb with what follows it."""
    first, stop = span
    words = columns.tokens.words
    lone = stop == first + 1 and (words[first].lower() in NOBODY or not words[first][0].isalnum())
    form = FORMS[int(columns.form[first]) - 1] if columns.form[first] else ""
    return lone or (stop - first > 1 and words[first][0].islower() and form in {"past", "future"})


def _with_name(columns: Columns, span: Range) -> Range:
    """Extend a description by the name after it: the head of the office, Ana Ruiz, said …"""
    words, n = columns.tokens.words, len(columns.tokens)
    first, k = span
    if k + 2 < n and words[k] == "(" and words[k + 2] == ")":
        k += 3
    if k >= n or words[k] != "," or words[first].lower() not in DETERMINERS:
        return span
    end = k + 1
    while end < n and end - k < 7 and (words[end][0].isupper() or (words[end].lower() in _IN_NAMES and end > k + 1)):
        end += 1
    follows = end < n and (words[end] in {",", "."} or bool(columns.cue[end]) or columns.tokens.mark[end] > 0)
    return (first, end) if end - k > 2 and follows else span
