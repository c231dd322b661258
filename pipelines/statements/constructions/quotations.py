"""Handles whole quotations, and finds statements by their marks only: after a colon, before a dash, standing alone."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np

from pipelines.statements.reading.tokens import Tokens, sentence_around
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Range, Raw

DASHES = frozenset({"—", "–", "―", "--", "-"})
LEAST_WORDS = 4
"""Quotations with fewer words and no named source are ignored: they are titles, nicknames or irony."""


@dataclass(slots=True)
class Quotation:
    """Tokens [first, stop) including the marks. `open_end`: the closing mark is missing."""

    first: int
    stop: int
    open_end: bool


def quotations(tokens: Tokens) -> list[Quotation]:
    """Outermost quotations, in order."""
    numbers = tokens.quotation
    if not any(numbers):
        return []
    edges = np.flatnonzero(np.diff(numbers, prepend=0, append=0))
    out = []
    for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if numbers[a] > 0:
            out.append(Quotation(a, b, tokens.mark[b - 1] != 2))
    return out


def covered(first: int, stop: int, taken: np.ndarray) -> float:
    """The share of the tokens [first, stop) that are already in some content. `taken` is from `running`."""
    return float(taken[stop] - taken[first]) / max(stop - first, 1)


def running(raws: list[Raw], n: int) -> np.ndarray:
    """Cumulative count of the tokens that are in any content."""
    flags = np.zeros(n + 1, np.int64)
    for raw in raws:
        for a, b in raw.content:
            flags[a:b] = 1
    return np.concatenate([[0], np.cumsum(flags[:n])])


def within(raw: Raw, span: Range) -> bool:
    """Whether all content of a statement is inside a span, and its cue is not."""
    inside = all(span[0] <= a and b <= span[1] for a, b in raw.content)
    return inside and not (raw.cue and span[0] <= raw.cue[0] < span[1])


def stretch(raws: list[Raw], marks: list[Quotation]) -> None:
    """Extend content that ends inside a quotation to the end of the quotation. Changes `raws`."""
    if not marks:
        return
    firsts = [m.first for m in marks]
    for raw in raws:
        for i, (a, b) in enumerate(raw.content):
            k = bisect_right(firsts, b - 1) - 1
            if k < 0 or marks[k].stop <= b or raw.cue is None:
                continue
            mark = marks[k]
            starts_there = mark.first >= a or a <= mark.first + 1
            clear = not mark.first <= raw.cue[0] < mark.stop
            if starts_there and clear and not any(b <= x < mark.stop for j, (x, _) in enumerate(raw.content) if j != i):
                raw.content[i] = (min(a, mark.first) if a <= mark.first + 1 else a, mark.stop)
                raw.why += ", run to the closing mark"


def unclaimed(columns: Columns, raws: list[Raw], marks: list[Quotation]) -> list[Raw]:
    """New statements for quotations that are in no content yet. A continued quotation is added to its statement."""
    tokens = columns.tokens
    taken = running(raws, len(tokens))
    made: list[Raw] = []
    last: Raw | None = None
    by_end = {b: raw for raw in raws for _, b in raw.content}
    previous: Quotation | None = None
    cues = sorted(raw.cue[0] for raw in raws if raw.cue)
    for mark in marks:
        if covered(mark.first, mark.stop, taken) > 0.5:
            last = next((by_end[e] for e in (mark.stop, mark.stop - 1, mark.stop + 1) if e in by_end), last)
            previous = mark
            continue
        if raw := _misled(tokens, mark, raws):
            raw.content, raw.cue = [(mark.first, mark.stop)], (raw.cue[0], raw.cue[0] + 1) if raw.cue else None
            raw.why += ", moved to the quotation before the cue"
            last, previous = raw, mark
            continue
        words = sum(tokens.words[i][0].isalnum() for i in range(mark.first, min(mark.stop, mark.first + 40)))
        raw = _goes_on(tokens, mark, previous, last, cues) if previous else None
        if raw is not None:
            raw.content.append((mark.first, mark.stop))
            previous = mark
            continue
        if words >= LEAST_WORDS or (tokens.words[mark.stop - 1 : mark.stop] and words >= 2 and _signed(tokens, mark)):
            new = _signed(tokens, mark) or _after_colon(columns, mark) or _floating(tokens, mark, words)
            if new:
                made.append(new)
                last = new
        previous = mark
    return made


def _misled(tokens: Tokens, mark: Quotation, raws: list[Raw]) -> Raw | None:
    """The statement that wrongly has the words after its cue as content: «…», dijo al presentar el libro."""
    for raw in raws:
        if raw.cue is None or not mark.stop <= raw.cue[0] <= mark.stop + 2:
            continue
        between = tokens.words[mark.stop : raw.cue[0]]
        (first, stop), *more = raw.content
        behind = first >= raw.cue[1] and not more and stop - first < mark.stop - mark.first
        joined = tokens.words[first - 1 : first] and tokens.words[first - 1].lower() in ("que", "that")
        if behind and not joined and raw.cue[1] - raw.cue[0] > 1 and not any(word.isalnum() for word in between):
            return raw
    return None


def _goes_on(
    tokens: Tokens,
    mark: Quotation,
    previous: Quotation,
    last: Raw | None,
    cues: list[int],
) -> Raw | None:
    if last is None or not last.content:
        return None
    same = tokens.paragraph[mark.first] == tokens.paragraph[previous.first]
    next_one = tokens.paragraph[mark.first] == tokens.paragraph[previous.first] + 1
    starts = mark.first == 0 or tokens.paragraph[mark.first - 1] != tokens.paragraph[mark.first]
    own = any(a <= previous.first < b for a, b in last.content)
    if own and previous.open_end and next_one and starts:
        return last
    gap = mark.first - previous.stop
    others = sum(previous.stop <= k < mark.first for k in cues[bisect_left(cues, previous.stop) :][:9])
    if (
        own
        and same
        and gap <= 25
        and others <= 1
        and last.cue
        and previous.stop <= last.cue[0] < mark.first
        and (tokens.sentence[mark.first] <= tokens.sentence[last.cue[0]] + 1)
    ):
        return last
    return None


def _signed(tokens: Tokens, mark: Quotation) -> Raw | None:
    """A quotation signed after a dash, at the end of the paragraph: “…” — Name."""
    i = mark.stop
    n = len(tokens)
    if i >= n - 1 or tokens.words[i] not in DASHES:
        return None
    stop = i + 1
    paragraph = tokens.paragraph[mark.first]
    if tokens.paragraph[i] not in (paragraph, paragraph + 1):
        return None
    while stop < n and stop < i + 14 and tokens.paragraph[stop] == tokens.paragraph[i + 1]:
        stop += 1
    if stop < n and tokens.paragraph[stop] == tokens.paragraph[i + 1]:
        return None
    end = next(
        (
            k
            for k in range(i + 1, stop)
            if not tokens.words[k][0].isalpha()
            or tokens.words[k][0].islower()
            and tokens.words[k] not in {"de", "la", "del", "van", "von"}
        ),
        stop,
    )
    if end == i + 1:
        return None
    return Raw([(mark.first, mark.stop)], (i, i + 1), (i + 1, end), why="quotation signed after a dash")


def _after_colon(columns: Columns, mark: Quotation) -> Raw | None:
    """A quotation after a colon, in the same or the next paragraph: … said: “…”."""
    tokens = columns.tokens
    i = mark.first - 1
    if i < 1 or tokens.words[i] != ":" or tokens.paragraph[i] < tokens.paragraph[mark.first] - 1:
        return None
    low, _ = sentence_around(tokens, i, 60)
    cue = next((k for k in range(i - 1, low - 1, -1) if columns.cue[k] and columns.form[k] != 8), None)
    source = _name(tokens, low, cue if cue is not None else i)
    if cue is None and source is None:
        return None
    place = (cue, cue + 1) if cue is not None else (i, i + 1)
    return Raw([(mark.first, mark.stop)], place, source, why="quotation after a colon")


def _name(tokens: Tokens, low: int, high: int) -> Range | None:
    best: Range | None = None
    k = low
    while k < high:
        if tokens.words[k][0].isupper():
            stop = k + 1
            while stop < high and (tokens.words[stop][0].isupper() or tokens.words[stop] in {"de", "of", "del", "."}):
                stop += 1
            if best is None or stop - k > best[1] - best[0]:
                best = (k, stop)
            k = stop
        k += 1
    return best


def _floating(tokens: Tokens, mark: Quotation, words: int) -> Raw | None:
    """A quotation that is a whole paragraph or sentence. Its speaker is the last one before."""
    starts = (
        mark.first == 0
        or tokens.sentence[mark.first - 1] != tokens.sentence[mark.first]
        or (tokens.paragraph[mark.first - 1] != tokens.paragraph[mark.first])
    )
    n = len(tokens)
    ends = (
        mark.stop >= n
        or tokens.paragraph[mark.stop] != tokens.paragraph[mark.first]
        or (tokens.sentence[mark.stop] != tokens.sentence[mark.stop - 1])
        or tokens.words[mark.stop] == "."
    )
    if starts and ends and words >= 5:
        return Raw([(mark.first, mark.stop)], why="floating quotation", kind="direct", notes={"carry": "1"})
    return None
