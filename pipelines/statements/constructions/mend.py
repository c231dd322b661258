"""Corrects the spans of statements, and removes those whose words another statement already has."""

from bisect import bisect_left

from pipelines.statements.constructions.clauses import PHRASES, bounds, clause_before, is_noun
from pipelines.statements.reading.closed_words import OWNERS
from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Range, Raw

_EDGE = frozenset({",", ";", ":", ".", "—", "–", "-", "--", "…", "..."})
_BEFORE_CUE = {",", "—", "–"}
_REPORTING_GRAMMAR = {"según", "para", "en", ":"}


def mend(tokens: Tokens, columns: Columns, raws: list[Raw], laid_out: list[Raw], lang: str) -> list[Raw]:
    """Correct cue and content of statements, and drop those that mostly repeat another one."""
    if lang == "es":
        held = {k for raw in raws if raw.cue for k in range(*raw.cue)}
        for raw in raws:
            if raw.cue and raw.number >= 0 and not _can_report(tokens, columns, raw.cue):
                raw.cue = _beside(columns, raw.cue, held) or raw.cue
        raws = [raw for raw in raws if raw.cue is None or raw.number < 0 or _can_report(tokens, columns, raw.cue)]
        for raw in raws:
            _turn(columns, raw)
    cues = sorted(raw.cue[0] for raw in raws if raw.cue)
    for raw in raws:
        _noun_first(columns, raw)
        _infinitive(tokens, columns, raw, lang)
        raw.content = _one_sided(tokens, raw, cues)
        raw.content = _without_scraps(tokens, raw.content)
        raw.content = [span for span in (_trimmed(tokens, a, b, lang) for a, b in sorted(raw.content)) if span]
    laid_out = [raw for raw in laid_out if raw.content]
    kept: list[Raw] = list(laid_out)
    headed = {raw.cue[0] for raw in laid_out if raw.cue}
    sizes = {id(raw): _size(raw) for raw in raws + laid_out}
    ends: dict[Range, Raw] = {span: raw for raw in laid_out for span in raw.content}
    for raw in sorted(raws, key=lambda r: -r.chance):
        if not raw.content or not any(w[0].isalnum() for a, b in raw.content for w in tokens.words[a:b]):
            continue
        if _own_words(tokens, raw, laid_out) or (raw.cue and raw.cue[0] in headed):
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
    """Whether it is part of a turn or of a whole printed statement, like “I think …”, and not a separate statement."""
    if raw.cue is None or (raw.source and tokens.words[raw.source[0]].lower() not in _FIRST_PERSON):
        return False
    return any(a <= raw.cue[0] < b for whole in laid_out for a, b in whole.content)


def _size(raw: Raw) -> int:
    return sum(b - a for a, b in raw.content)


def _shared(one: Raw, other: Raw) -> int:
    return sum(max(0, min(b, d) - max(a, c)) for a, b in one.content for c, d in other.content)


def _can_report(tokens: Tokens, columns: Columns, cue: Range) -> bool:
    """Whether a cue has a word of the lexicon, or is like “según” or a colon."""
    words = [w.lower() for w in tokens.words[cue[0] : cue[1]]]
    return (
        bool(columns.cue[cue[0] : cue[1]].any())
        or words[0] in _REPORTING_GRAMMAR
        or any(tuple(words[: len(phrase)]) == phrase for phrase in PHRASES["es"])
    )


_OF_THAT = {"de": 2, "that": 1}
"""First word of a link behind a noun, “de que” or “that”, and the number of its words."""


def _noun_first(columns: Columns, raw: Raw) -> None:
    """Make a noun the cue if “that” follows it: “heard the accusation that …”."""
    if raw.cue is None or len(raw.content) != 1:
        return
    first, stop = raw.content[0]
    words = columns.tokens.words
    for k in range(first, min(first + 3, stop - 4)):
        size = _OF_THAT.get(words[k + 1], 0)
        if size == 2 and words[k + 2] != "que":
            continue
        if size and columns.cue[k] and (size > 1 or k == first or is_noun(columns, k)):
            owner = words[first].lower() in OWNERS
            raw.cue, raw.content = (k, k + 1), [(k + 1 + (size if size > 1 else 0), stop)]
            raw.source = (first, first + 1) if owner else None
            return


_ENDINGS = {"es": ("ar", "er", "ir", "arse", "erse", "irse"), "en": ("ing",)}


def _infinitive(tokens: Tokens, columns: Columns, raw: Raw, lang: str) -> None:
    """Move a verb after the verb of speech into the content: “espera firmar el acuerdo”, “denied selling guns”."""
    if raw.cue is None or not raw.content:
        return
    first, stop = raw.cue
    last = stop - 1
    after = next((i for i, span in enumerate(raw.content) if span[0] == stop), None)
    held = any(columns.cue[k] for k in range(first, last))
    if after is not None and held and tokens.words[last].endswith(_ENDINGS[lang]) and not columns.cue[last]:
        raw.cue = (first, last)
        raw.content[after] = (last, raw.content[after][1])


def _without_scraps(tokens: Tokens, content: list[Range]) -> list[Range]:
    """Remove unquoted single words, unless there is nothing else."""
    kept = [(a, b) for a, b in content if b - a > 1 or tokens.quote[a]]
    return kept or content


def _beside(columns: Columns, cue: Range, held: set[int]) -> Range | None:
    """The nearest lexicon word within three tokens of a cue that has none."""
    around = sorted(range(max(cue[0] - 3, 0), min(cue[1] + 3, len(columns.cue))), key=lambda k: abs(k - cue[0]))
    near = next((k for k in around if columns.cue[k] and k not in held), None)
    return None if near is None else (near, near + 1)


def _turn(columns: Columns, raw: Raw) -> None:
    """Swap source and content if the verb follows the clause: in “…, reveló el diario.”, “el diario” is the source."""
    if raw.cue is None or len(raw.content) != 1 or not columns.cue[raw.cue[0]]:
        return
    tokens = columns.tokens
    (a, b), (first, stop) = raw.content[0], raw.cue
    low, high = bounds(tokens, first)
    if a < stop or tokens.quote[a] or b - a > 20 or tokens.words[a].lower() == "que" or first - low <= 3:
        return
    if tokens.words[first - 1] != "," or any(tokens.words[k] == "que" for k in range(stop, a)) or b < high - 1:
        return
    if before := clause_before(columns, first, low):
        raw.content, raw.source = [before], (a, b)
        raw.why += ", turned: the source is behind the verb"


def _one_sided(tokens: Tokens, raw: Raw, cues: list[int]) -> list[Range]:
    """If content is on both sides of the cue, drop unquoted content after it: “…”, said X in an interview with Y.

    These continue the content and are kept: a quotation with no other cue before it, and a part after a comma and the
    source (A, said X, B).
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
