"""Cuts made exact, and statements that claim the same words settled."""
from pipelines.statements.features import Columns
from pipelines.statements.tagging import Range, Raw
from pipelines.statements.tokens import Tokens

_EDGE = frozenset({",", ";", ":", ".", "—", "–", "-", "--", "…", "..."})
_THAT = {"that", "que"}


def mend(tokens: Tokens, columns: Columns, raws: list[Raw], laid_out: list[Raw]) -> list[Raw]:
    """Trim the edges of contents and drop those that another statement holds already."""
    for raw in raws:
        raw.content = [span for span in (_trimmed(tokens, a, b) for a, b in sorted(raw.content)) if span]
    kept: list[Raw] = list(laid_out)
    sizes = {id(raw): _size(raw) for raw in raws + laid_out}
    ends: dict[Range, Raw] = {span: raw for raw in laid_out for span in raw.content}
    for raw in sorted(raws, key=lambda r: -r.chance):
        if not raw.content or not any(w[0].isalnum() for a, b in raw.content for w in tokens.words[a:b]):
            continue
        rival = next((ends[span] for span in raw.content if span in ends), None)
        if rival is not None and _shared(raw, rival) > 0.6 * max(sizes[id(raw)], sizes[id(rival)]):
            continue
        for span in raw.content:
            ends.setdefault(span, raw)
        kept.append(raw)
    return kept


def _size(raw: Raw) -> int:
    return sum(b - a for a, b in raw.content)


def _shared(one: Raw, other: Raw) -> int:
    return sum(max(0, min(b, d) - max(a, c)) for a, b in one.content for c, d in other.content)


def _trimmed(tokens: Tokens, first: int, stop: int) -> Range | None:
    words = tokens.words
    while first < stop and words[first] in _EDGE and not tokens.quote[first]:
        first += 1
    while stop > first and words[stop - 1] in _EDGE and not tokens.quote[stop - 1]:
        stop -= 1
    return (first, stop) if stop > first else None
