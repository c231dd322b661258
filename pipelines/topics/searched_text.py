"""A text that is searched for phrases, with its sentences and the results so far; and helpers to compare spans."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cache, cached_property

from pipelines.topics.phrases import Pattern, Span, beginnings, compile_phrase, fold, merged, sentence_ends
from pipelines.topics.word_stems import stems


class SearchedText:
    """A text being searched: title, empty line, text. `offset` is where the text begins after the title."""

    def __init__(self, text: str, offset: int) -> None:
        self.text, self.offset, self.folded = text, offset, fold(text)
        self.marked: dict[str, list[int]] = {}
        self._ends: list[int] = []
        self._found: dict[tuple[str, ...], list[Span]] = {}
        self._in: dict[tuple[str, tuple[str, ...], int | None], bool] = {}

    @cached_property
    def beginnings(self) -> frozenset[str]:
        return beginnings(self.folded)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all words of the text."""
        return stems(self.folded)

    @property
    def ends(self) -> list[int]:
        self._ends = self._ends or sentence_ends(self.folded)
        return self._ends

    def mark(self, at: int, sources: Iterable[str]) -> None:
        """Mark the sentence at offset `at` as one that may contain the phrases `sources`."""
        sentence = bisect_right(self.ends, at)
        for source in sources:
            sentences = self.marked.setdefault(source, [])
            if not sentences or sentences[-1] != sentence:
                sentences.append(sentence)

    def bounds(self, sentence: int) -> Span:
        return (self.ends[sentence - 1] if sentence else 0), self.ends[sentence]

    def sentence(self, at: int) -> int:
        return min(bisect_right(self.ends, at), len(self.ends) - 1)

    def marked_spans(self, source: str) -> list[Span]:
        """The spans of a phrase in the sentences marked for it."""
        pattern = compiled(source)
        return [
            span
            for sentence in (self.marked.get(source, ()) if pattern.possible(self.beginnings) else ())
            for span in pattern.finditer(self.text, self.folded, *self.bounds(sentence))
        ]

    def holds(self, source: str, never: tuple[str, ...], sentence: int | None = None) -> bool:
        """Whether a phrase is in a sentence, or anywhere if None, and not only as a part of a `never` phrase."""
        key = source, never, sentence
        if key not in self._in:
            bounds = (0, len(self.folded)) if sentence is None else self.bounds(sentence)
            spans = self._spans(compiled(source), *bounds)
            self._in[key] = any(not_part(span, self.find(never)) for span in spans)
        return self._in[key]

    def find(self, sources: tuple[str, ...]) -> list[Span]:
        """The spans of any of the phrases, in order, without those that lie inside another."""
        if sources not in self._found:
            self._found[sources] = outermost_spans(
                span for pattern in union(sources) for span in self._spans(pattern, 0, len(self.folded))
            )
        return self._found[sources]

    def _spans(self, pattern: Pattern, low: int, high: int) -> Iterable[Span]:
        """The spans of a phrase in `text[low:high]`, searched for only if its words are somewhere in the text."""
        return pattern.finditer(self.text, self.folded, low, high) if pattern.possible(self.beginnings) else ()


@cache
def compiled(source: str) -> Pattern:
    return compile_phrase(source)


@cache
def union(sources: tuple[str, ...]) -> tuple[Pattern, ...]:
    return tuple(map(compiled, merged(sources)))


def overlap(span: Span, others: Sequence[Span]) -> Span | None:
    """The last of `others` that overlaps a span, or None. `others` must be in order of start and end."""
    at = bisect_left(others, (span[1], span[1]))
    return others[at - 1] if at and others[at - 1][1] > span[0] else None


def not_part(span: Span, others: Sequence[Span]) -> bool:
    """Whether a span overlaps none of `others`, or is one of them. They must be in order of start and end."""
    return overlap(span, others) in (None, span)


def any_in(spans: Sequence[Span], low: int, high: int) -> bool:
    """Whether any of the spans, which must be in order, begins in `low` <= start < `high`."""
    at = bisect_left(spans, (low, low))
    return at < len(spans) and spans[at][0] < high


def outermost_spans(spans: Iterable[Span]) -> list[Span]:
    """The spans that are not inside another one, in order of start and end."""
    kept: list[Span] = []
    for start, end in sorted(set(spans), key=lambda s: (s[0], -s[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept


def outside(spans: Iterable[Span], never: Sequence[Span]) -> list[Span]:
    """The spans that overlap none of `never`, which must be in order of start and end."""
    return [span for span in spans if overlap(span, never) is None]


def elsewhere(page: SearchedText, excluding: Sequence[Span], context: Sequence[Span]) -> bool:
    """Whether an article is about something that excludes the topic: its first sentence has `excluding` phrases but no
    context, and the whole text has more of them than of the context."""
    head = page.ends[0]
    return (
        bool(excluding)
        and excluding[0][0] < head
        and not (context and context[0][0] < head)
        and len(excluding) > len(context)
    )
