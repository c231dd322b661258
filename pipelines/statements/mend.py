"""Cuts made exact, and statements that claim the same words settled."""

from bisect import bisect_left

from pipelines.statements.features import Columns
from pipelines.statements.lexicon import lexicon
from pipelines.statements.tagging import Range, Raw
from pipelines.statements.tokens import Tokens

_EDGE = frozenset({",", ";", ":", ".", "—", "–", "-", "--", "…", "..."})
_BEFORE_CUE = {",", "—", "–"}
_REPORTING_GRAMMAR = {"según", "para", "en", ":"}


def mend(tokens: Tokens, columns: Columns, raws: list[Raw], laid_out: list[Raw], lang: str) -> list[Raw]:
    """Trim the edges of contents and drop those that another statement holds already."""
    if lang == "es":
        raws = [raw for raw in raws if raw.cue is None or _can_report(tokens, columns, raw.cue)]
    cues = sorted(raw.cue[0] for raw in raws if raw.cue)
    for raw in raws:
        raw.content = _one_sided(tokens, raw, cues)
        raw.content = [span for span in (_trimmed(tokens, a, b, lang) for a, b in sorted(raw.content)) if span]
    kept: list[Raw] = list(laid_out)
    sizes = {id(raw): _size(raw) for raw in raws + laid_out}
    ends: dict[Range, Raw] = {span: raw for raw in laid_out for span in raw.content}
    for raw in sorted(raws, key=lambda r: -r.chance):
        if not raw.content or not any(w[0].isalnum() for a, b in raw.content for w in tokens.words[a:b]):
            continue
        if _own_words(tokens, raw, laid_out):
            continue
        rival = next((ends[span] for span in raw.content if span in ends), None)
        if rival is not None and _shared(raw, rival) > 0.6 * max(sizes[id(raw)], sizes[id(rival)]):
            continue
        for span in raw.content:
            ends.setdefault(span, raw)
        kept.append(raw)
    return kept


_FIRST_PERSON = {"i", "we", "yo", "nosotros"}


def _own_words(tokens: Tokens, raw: Raw, laid_out: list[Raw]) -> bool:
    """“I think …” inside a turn or a statement printed whole is that statement, not another one."""
    if raw.cue is None or (raw.source and tokens.words[raw.source[0]].lower() not in _FIRST_PERSON):
        return False
    return any(a <= raw.cue[0] < b for whole in laid_out for a, b in whole.content)


def _size(raw: Raw) -> int:
    return sum(b - a for a, b in raw.content)


def _shared(one: Raw, other: Raw) -> int:
    return sum(max(0, min(b, d) - max(a, c)) for a, b in one.content for c, d in other.content)


def _can_report(tokens: Tokens, columns: Columns, cue: Range) -> bool:
    """A cue needs a word that is more than grammar."""
    grammar = lexicon("es").grammar
    words = [w.lower() for w in tokens.words[cue[0] : cue[1]]]
    return (
        bool(columns.cue[cue[0] : cue[1]].any())
        or words[0] in _REPORTING_GRAMMAR
        or any(w not in grammar and w[0].isalpha() for w in words)
    )


def _one_sided(tokens: Tokens, raw: Raw, cues: list[int]) -> list[Range]:
    """Content on both sides of the cue, unquoted behind it, stays before it: “…”, said X in an interview with Y.

    A quotation that follows with no other cue between, and a part that a comma sets off from the source (A, said X, B),
    are the interrupted rest and stay too.
    """
    if raw.cue is None:
        return raw.content
    first, stop = raw.cue
    split = [part for a, b in raw.content for part in ((a, min(b, first)), (max(a, stop), b)) if part[1] > part[0]]
    before = [p for p in split if p[1] <= first]
    after = [p for p in split if p[0] >= stop]
    if not before or not after or sum(b - a for a, b in before) < 3:
        return raw.content if not (before and after) else split
    if tokens.mark[before[-1][1] - 1] == 2 and tokens.mark[before[0][0]] == 1:
        opened = ((next((k for k in range(a, b) if tokens.mark[k] == 1), b), b) for a, b in after)
        quoted = [(a, b) for a, b in opened if a < b and bisect_left(cues, a) == bisect_left(cues, stop)]
        return before + quoted
    closed = tokens.words[first - 1] in _BEFORE_CUE or tokens.mark[first - 1] == 2
    kept = [
        p for p in after if tokens.quote[p[0]] or (_set_off(tokens, p, stop) and not tokens.quote[before[-1][1] - 1])
    ]
    return before + kept if closed or kept else split


def _set_off(tokens: Tokens, part: Range, stop: int) -> bool:
    return tokens.words[part[0] - 1] == "," and stop + 1 < part[0] <= stop + 12


def _trimmed(tokens: Tokens, first: int, stop: int, lang: str) -> Range | None:
    words = tokens.words
    if lang == "es" and stop - first > 2 and words[first].lower() == "que":
        first += 1
    while first < stop and words[first] in _EDGE and not tokens.quote[first]:
        first += 1
    while stop > first and words[stop - 1] in _EDGE and not tokens.quote[stop - 1]:
        stop -= 1
    return (first, stop) if stop > first else None
