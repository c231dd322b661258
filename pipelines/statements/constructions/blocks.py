"""Finds speech over several paragraphs: dialogue with dashes, and lists below a sentence that ends in a colon."""

from pipelines.statements.constructions.clauses import PHRASES
from pipelines.statements.constructions.noun_phrases import phrase_after
from pipelines.statements.constructions.transcript import paragraphs
from pipelines.statements.reading.lexicon import FORMS
from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Range, Raw

_LONG_DASHES = frozenset({"—", "–", "―"})
_BULLETS = frozenset({"-", "—", "–", "•", "*", "·", "■", "▪", "●", "◦", "o"})
_NEAR = 6
"""The verb must be within this many tokens before the colon, counting both."""
_SPOKEN_FORMS = frozenset({"past", "present", "future"})


def _spoken(columns: Columns, i: int) -> bool:
    return bool(int(columns.cue[i]) & 1) and FORMS[int(columns.form[i]) - 1] in _SPOKEN_FORMS


def _joined_behind(tokens: Tokens, i: int) -> bool:
    """Whether there is no space between a token and the next one."""
    return i + 1 < len(tokens) and tokens.start[i + 1] == tokens.end[i]


def dialogue(columns: Columns) -> list[Raw]:
    """Dialogue, one statement per paragraph: “—Nadie lo vio —dijo el guardia—. Era de noche.”

    A paragraph without a verb of speech continues with the last speaker.
    """
    tokens = columns.tokens
    lines = [
        span
        for span in paragraphs(tokens, 0, len(tokens))
        if tokens.words[span[0]] in _LONG_DASHES and _joined_behind(tokens, span[0]) and span[1] - span[0] > 3
    ]
    said = [_line(columns, *span) for span in lines]
    return said if len(said) > 1 or any(raw.cue for raw in said) else []


def _line(columns: Columns, first: int, stop: int) -> Raw:
    tokens = columns.tokens
    pieces: list[Range] = []
    cue = source = None
    begin = k = first + 1
    while k < stop:
        if tokens.words[k] in _LONG_DASHES and _joined_behind(tokens, k):
            verb = next((j for j in range(k + 1, min(k + 4, stop)) if _spoken(columns, j)), None)
            if verb is not None:
                end = next((j for j in range(verb + 1, stop) if tokens.words[j] in _LONG_DASHES), stop)
                pieces.append((begin, k))
                if cue is None:
                    cue, source = (verb, verb + 1), phrase_after(tokens, verb + 1, set(), plain=True)
                begin = k = end + 1
                continue
        k += 1
    pieces.append((begin, stop))
    kept = [_bare(tokens, a, b) for a, b in pieces if any(word[0].isalnum() for word in tokens.words[a:b])]
    notes = {} if cue else {"carry": "1"}
    return Raw(kept or [(first + 1, stop)], cue, source, why="line of dialogue", kind="direct", notes=notes)


def _bare(tokens: Tokens, first: int, stop: int) -> Range:
    """The span without the punctuation that follows a closing dash."""
    while tokens.words[first] in {".", ",", ";", ":", "…"}:
        first += 1
    return (first, stop)


def lists(columns: Columns, raws: list[Raw], lang: str) -> list[Raw]:
    """Statements whose content is the list below them: “Ambos gobiernos se comprometieron a:” and the items.

    If `raws` has a statement for the sentence before the colon, it gets the items as content. New ones are returned.
    """
    tokens = columns.tokens
    parts = paragraphs(tokens, 0, len(tokens))
    made: list[Raw] = []
    k = 0
    while k < len(parts):
        first, stop = parts[k]
        k += 1
        if tokens.words[stop - 1] != ":":
            continue
        items: list[Range] = []
        while k < len(parts) and (item := _item(tokens, *parts[k])):
            items.append(item)
            k += 1
        if len(items) < 2:
            continue
        low = stop - 1
        while low > first and tokens.sentence[low - 1] == tokens.sentence[stop - 1]:
            low -= 1
        cue = _cue(columns, low, stop, lang)
        own = [raw for raw in raws if raw.cue and low <= raw.cue[0] < stop and not raw.kind]
        if own and cue:
            own[-1].content = items
            own[-1].why += ", the list below"
        elif cue:
            made.append(Raw(items, cue, why="list below a verb of speech"))
    return made


def _item(tokens: Tokens, first: int, stop: int) -> Range | None:
    word = tokens.words[first]
    if word in _BULLETS and stop - first > 2 and not _joined_behind(tokens, first):
        return (first + 1, stop)
    if word.isdigit() and len(word) < 3 and stop - first > 3 and tokens.words[first + 1] in {".", ")", ".-"}:
        return (first + 2, stop)
    return None


def _cue(columns: Columns, low: int, stop: int, lang: str) -> Range | None:
    """The verb of speech just before a colon, or an “according to” in the sentence."""
    words = [word.lower() for word in columns.tokens.words[low:stop]]
    for k in range(len(words) - 1, -1, -1):
        if len(words) - k <= _NEAR and _spoken(columns, low + k) and columns.tokens.words[low + k][0].islower():
            return (low + k, low + k + 1)
        phrase = next((p for p in PHRASES[lang] if tuple(words[k : k + len(p)]) == p), None)
        if phrase:
            return (low + k, low + k + len(phrase))
    return None
