"""Constructions of reported speech that a grammar can name, for cues of the lexicon that the taggers passed over."""

from pipelines.statements.features import Columns
from pipelines.statements.lexicon import FORMS, SENSES
from pipelines.statements.quotations import Quotation, covered, running
from pipelines.statements.sources import after_phrase
from pipelines.statements.tagging import Range, Raw
from pipelines.statements.tokens import Tokens

_FINITE = {"past", "present", "future", "gerund"}
_SPOKEN = {"said", "denied", "announced", "accused", "asked", "demanded", "promised"}
_PHRASES = {
    "es": (
        ("según",),
        ("de", "acuerdo", "con"),
        ("de", "acuerdo", "a"),
        ("a", "decir", "de"),
        ("a", "juicio", "de"),
        ("en", "opinión", "de"),
        ("en", "palabras", "de"),
    ),
    "en": (("according", "to"), ("in", "the", "words", "of")),
}

_FIRST_WORDS = {phrase[0] for phrases in _PHRASES.values() for phrase in phrases}


def constructions(columns: Columns, raws: list[Raw], marks: list[Quotation], lang: str) -> list[Raw]:
    """Statements for cues that no statement of `raws` has, where the sentence has a form that can mean nothing else."""
    tokens = columns.tokens
    n = len(tokens)
    cued = {i for raw in raws if raw.cue for i in range(*raw.cue)}
    taken = running(raws, n)
    ends = {mark.stop: mark for mark in marks}
    begins = {mark.first: mark for mark in marks}
    out: list[Raw] = []
    for i in range(n):
        if i in cued:
            continue
        phrase = _phrase(tokens, i, lang)
        if phrase:
            after = i + phrase
            phrase += int(after < n and columns.cue[after] > 0 and _finite(columns, after))
            raw = _attributed(tokens, i, phrase, taken)
        elif columns.cue[i] and not int(columns.cue[i]) & 1 and _finite(columns, i):
            raw = _quoted(columns, i, ends, begins, taken)
        else:
            raw = None
        if raw:
            out.append(raw)
            cued |= set(range(*(raw.cue or (i, i + 1))))
    return out


def _finite(columns: Columns, i: int) -> bool:
    return (
        FORMS[int(columns.form[i]) - 1] in _FINITE
        and SENSES[int(columns.sense[i]) - 1] in _SPOKEN
        and (not columns.tokens.quote[i])
    )


def _sentence(tokens: Tokens, i: int) -> Range:
    low = high = i
    while low > 0 and tokens.sentence[low - 1] == tokens.sentence[i] and i - low < 150:
        low -= 1
    while high < len(tokens) and tokens.sentence[high] == tokens.sentence[i] and high - i < 150:
        high += 1
    return low, high


def _free(span: Range, taken: object) -> bool:
    return span[1] - span[0] >= 3 and covered(*span, taken) < 0.3  # type: ignore[arg-type]


def _phrase(tokens: Tokens, i: int, lang: str) -> int:
    if tokens.words[i].lower() not in _FIRST_WORDS or tokens.quote[i]:
        return 0
    for phrase in _PHRASES[lang]:
        if tuple(w.lower() for w in tokens.words[i : i + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def _attributed(tokens: Tokens, i: int, size: int, taken: object) -> Raw | None:
    """“Según X, …” and “…, según X”."""
    low, high = _sentence(tokens, i)
    source = after_phrase(tokens, i + size)
    if source is None:
        return None
    stop = source[1]
    if i - low <= 1:
        if stop >= high or tokens.words[stop] != ",":
            return None
        content = (stop + 1, high)
    else:
        content = (low, i)
    return Raw([content], (i, i + size), source, 0.3, "according to") if _free(content, taken) else None


def _quoted(
    columns: Columns, i: int, ends: dict[int, Quotation], begins: dict[int, Quotation], taken: object
) -> Raw | None:
    """“…”, dijo X; X said: “…”."""
    tokens = columns.tokens
    for back in (i, i - 1):
        if back in ends and (back == i or tokens.words[back] in {",", "—", "–"}):
            mark = ends[back]
            return (
                Raw([(mark.first, mark.stop)], (i, i + 1), None, 0.5, "quotation before a verb of speech")
                if _free((mark.first, mark.stop), taken)
                else None
            )
    for ahead in range(i + 1, min(i + 14, len(tokens))):
        if tokens.sentence[ahead] != tokens.sentence[i] and tokens.words[ahead - 1] != ":":
            break
        if ahead in begins:
            mark = begins[ahead]
            opened = tokens.words[ahead - 1] in {":", ",", "que", "that"} or ahead <= i + 1
            return (
                Raw([(mark.first, mark.stop)], (i, i + 1), None, 0.4, "quotation after a verb of speech")
                if (opened and _free((mark.first, mark.stop), taken))
                else None
            )
        if columns.cue[ahead] and columns.form[ahead] != 8:
            break
    return None
