"""Text → tokens with their paragraph, sentence and quotation state."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pipelines.statements.reading.abbreviations import OPENERS, ends_behind

MAX_TOKENS = 60_000
"""At most this many tokens of a text are read (about 50,000 words), so that the time is bounded."""

OPENING = {"“", "«", "„", "‟", "‘", "‹", "``"}
CLOSING = {"”", "»", "’", "›"}
STRAIGHT = {'"', "'", "''"}
SINGLE = {"‘", "’", "'", "‹", "›"}
QUOTES = OPENING | CLOSING | STRAIGHT

_PATTERN = (
    r"(?!\s)(?:"  # most tokens follow a space, where nothing else has to be tried
    r"(?:[^\W\d_]\.){2,}"  # U.S., a.m., EE.UU.
    r"|[^\W_]++(?=['’](?:s|d|ll|re|ve|m)\b)|['’](?:s|d|ll|re|ve|m)\b"  # Trump | 's
    r"|(?<![\w.])\.\d+(?:-[^\W_]+)*|\d+(?:[.,:]\d+)*(?:[^\W\d_]+)?"  # .50-calibre | 7.62
    r"|[^\W_]+(?:[-'’.@&/_][^\W_]+)*"
    r"|``|''|\.{2,}|-{2,}|[^\w\s]|_+)"
)
_TOKEN = re.compile(r"[^\W\d_][^\W_]*+(?![-'’.@&/_])|" + _PATTERN)
"""The same, but most words are found at once: those that begin with a letter and that no joining character follows."""
_COMBINING = re.compile(r"[\u0300-\u036f]")
_DECOMPOSED = re.compile(
    _PATTERN.replace("|[^", r"|(?<![\u0300-\u036f])[^", 1).replace(r"[^\W_]+", r"(?:[^\W_][\u0300-\u036f]*)+")
)
"""The same for decomposed texts, in which letters and accents are separate characters."""
_TERMINAL = frozenset(".!?…")
_SOFT_BREAK_AFTER = frozenset('.!?:;…”"»’)')


@dataclass(slots=True)
class Tokens:
    """A text as parallel lists, with one entry per token; `tagging.features.Columns` has the same as arrays.

    `quote` is the depth of quotation (0 outside; marks count as inside). `quotation` is the number of the quotation,
    from 1 (0 outside). `mark` is 1 for an opening and 2 for a closing mark. `sentence` and `paragraph` count from 0.
    `whole` is False when the text has more than MAX_TOKENS tokens.
    """

    text: str
    words: list[str]
    start: list[int]
    end: list[int]
    paragraph: list[int]
    sentence: list[int]
    quote: list[int]
    quotation: list[int]
    mark: list[int]
    whole: bool

    def __len__(self) -> int:
        return len(self.words)


def sentence_start(tokens: Tokens, at: int) -> int:
    """The first token of the sentence of `at`."""
    return bisect_left(tokens.sentence, tokens.sentence[at])


def sentence_around(tokens: Tokens, at: int, reach: int) -> tuple[int, int]:
    """The part [first, stop) of the sentence of `at` that is at most `reach` tokens before and after it."""
    number = tokens.sentence[at]
    first = bisect_left(tokens.sentence, number, max(at - reach, 0), at)
    return first, bisect_right(tokens.sentence, number, at, min(at + reach, len(tokens)))


def at_words(pattern: re.Pattern[str], letters: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The matches of a pattern that begins where a word begins, in order, without overlap. It is tried only at the
    `letters` with which these words begin: a search without regard to case would try it at each character."""
    end = 0
    for first in letters.finditer(text):
        if first.start() >= end and (found := pattern.match(text, first.start())):
            end = found.end()
            yield found


def word_begins(letters: str) -> re.Pattern[str]:
    """A pattern for these letters, small or capital, where a word begins."""
    return re.compile(rf"[{letters}{letters.upper()}](?<!\w.)")


def tokenize(text: str) -> Tokens:
    """Tokens of `text` in linear time."""
    pattern = _DECOMPOSED if _COMBINING.search(text) else _TOKEN
    spans = [match.span() for match in islice(pattern.finditer(text), MAX_TOKENS + 1)]
    whole = len(spans) <= MAX_TOKENS
    start, end = [first for first, _ in spans[:MAX_TOKENS]], [stop for _, stop in spans[:MAX_TOKENS]]
    words = [text[first:stop] for first, stop in zip(start, end, strict=True)]
    paragraph = _paragraphs(text, words, start, end)
    quote, quotation, mark = _quotations(text, words, start, end, paragraph)
    sentence = _sentences(words, start, end, paragraph, mark)
    return Tokens(text, words, start, end, paragraph, sentence, quote, quotation, mark, whole)


def _paragraphs(text: str, words: list[str], start: list[int], end: list[int]) -> list[int]:
    """Paragraph numbers. A line break within a sentence (lower case, no full stop before) starts no new paragraph."""
    numbers = [0] * len(words)
    number = 0
    newline = text.find("\n")
    for i in range(1, len(words)):
        if newline < 0:
            numbers[i:] = [number] * (len(words) - i)
            break
        if newline < start[i]:
            if newline >= end[i - 1] and not (words[i][0].islower() and words[i - 1][-1] not in _SOFT_BREAK_AFTER):
                number += 1
            newline = text.find("\n", start[i])
        numbers[i] = number
    return numbers


def _quotations(
    text: str,
    words: list[str],
    start: list[int],
    end: list[int],
    paragraph: list[int],
) -> tuple[list[int], list[int], list[int]]:
    n = len(words)
    quote, quotation, mark = [0] * n, [0] * n, [0] * n
    stack: list[str] = []
    number = 0
    current = -1
    for i, word in enumerate(words):
        if paragraph[i] != current:
            current = paragraph[i]
            stack = []
        if word in QUOTES:
            before = text[start[i] - 1] if start[i] else " "
            after = text[end[i]] if end[i] < len(text) else " "
            side = _side(word, before, after, stack)
            if side == 1:
                if not stack:
                    number += 1
                if len(stack) < 4:
                    stack.append(word)
                mark[i] = 1
                quote[i], quotation[i] = len(stack), number
                continue
            if side == 2:
                mark[i] = 2
                quote[i], quotation[i] = len(stack), number
                _close(word, stack)
                continue
        if stack:
            quote[i], quotation[i] = len(stack), number
    return quote, quotation, mark


def _side(word: str, before: str, after: str, stack: list[str]) -> int:
    """1 for an opening mark, 2 for a closing mark, 0 for an apostrophe or a stray mark."""
    if word in OPENING:
        return 1
    if word in {"’", "'"}:
        if before.isspace() or before in '([“"—–-':
            return 1 if word == "'" and not after.isspace() and not any(s in SINGLE for s in stack) else 0
        return 2 if any(s in SINGLE for s in stack) and not after.isalnum() else 0
    if word in CLOSING:
        return 2 if stack else int(word == "”" and before.isspace() and not after.isspace())
    if stack and any(s == word for s in stack):
        return 2
    return 1 if not after.isspace() or before.isspace() else 2 * bool(stack)


def _close(word: str, stack: list[str]) -> None:
    single = word in SINGLE
    while stack:
        if (stack.pop() in SINGLE) == single:
            return


def _sentences(words: list[str], start: list[int], end: list[int], paragraph: list[int], mark: list[int]) -> list[int]:
    numbers = [0] * len(words)
    number = 0
    ended = False
    for i, word in enumerate(words):
        if i and paragraph[i] != paragraph[i - 1]:
            number += 1
            ended = False
        elif ended:
            if mark[i] == 2 or word in {")", "]"}:
                pass
            elif word[0].islower() or word in {",", ";", ".", "!", "?", "…"}:
                ended = False
            else:
                number += 1
                ended = False
        if word[0] in _TERMINAL and not word[-1].isalnum():
            short = word == "." and i > 0 and start[i] == end[i - 1]
            ended = i > 0 and (not short or ends_behind(words[i - 1], words[i + 1] if i + 1 < len(words) else ""))
        elif word[-1] == "." and len(word) > 2:
            ended = i + 1 < len(words) and words[i + 1] in OPENERS
        numbers[i] = number
    return numbers
