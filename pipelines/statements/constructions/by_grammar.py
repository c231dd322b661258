"""Finds reported speech by grammar rules, for cue words of the lexicon that the taggers missed."""

import numpy as np

from pipelines.statements.constructions.clauses import FINITE, PHRASES, bounds, governed, is_noun, noun, wished
from pipelines.statements.constructions.noun_phrases import phrase_after
from pipelines.statements.constructions.quotations import Quotation, covered, running
from pipelines.statements.reading.lexicon import FORMS, SENSES
from pipelines.statements.reading.names import ORGANIZATIONAL, fold, tables
from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Range, Raw
from pipelines.statements.tagging.words import code

_THAT = {"es": "que", "en": "that"}
_MODALS = {"would", "will", "could", "might", "may", "should"}
_SPOKEN = {"said", "denied", "announced", "accused", "asked", "demanded", "promised"}
_BY_FIRST_WORD: dict[str, dict[str, list[tuple[str, ...]]]] = {
    lang: {first: [phrase for phrase in phrases if phrase[0] == first] for first, *_ in phrases}
    for lang, phrases in PHRASES.items()
}


_CODES = {lang: [code(word) for word in (*words, "para")] for lang, words in _BY_FIRST_WORD.items()}
"""The codes of words that may begin such a phrase, or “Para el investigador …”."""


def constructions(
    columns: Columns, raws: list[Raw], laid_out: list[Raw], marks: list[Quotation], lang: str
) -> list[Raw]:
    """`raws`, without clear mistakes, and new statements for unused cues whose construction is unambiguous."""
    tokens = columns.tokens
    n = len(tokens)
    raws = [raw for raw in raws if not _takes_source(tokens, raw, lang)]
    cued = {i for raw in raws + laid_out if raw.cue for i in range(*raw.cue)}
    taken = running(raws + laid_out, n)
    kept = list(raws)
    ends = {mark.stop: mark for mark in marks}
    begins = {mark.first: mark for mark in marks}
    out: list[Raw] = []
    for i in np.flatnonzero((columns.cue > 0) | np.isin(columns.word, _CODES[lang])).tolist():
        if i in cued:
            continue
        phrase = _phrase(tokens, i, lang) or int(lang == "es" and _for_somebody(columns, i))
        if phrase:
            after = i + phrase
            phrase += int(after < n and columns.cue[after] > 0 and _finite(columns, after))
            raw = _attributed(tokens, i, phrase, taken)
            if raw is None and columns.first[i]:
                raw = _outdone(kept, _attributed(tokens, i, phrase, np.zeros_like(taken)))
        elif tokens.words[i][0].isupper() and not columns.first[i]:
            raw = None
        elif is_noun(columns, i) and not tokens.quote[i]:
            raw = noun(columns, i, taken, lang)
        elif tokens.words[i + 1 : i + 2] == [_THAT[lang]] and _verb(columns, i):
            raw = governed(columns, i, taken, lang)
        elif columns.cue[i] and int(columns.cue[i]) & 1 and _finite(columns, i):
            raw = _quoted(columns, i, ends, begins, taken) or governed(columns, i, taken, lang)
        else:
            raw = wished(columns, i, taken, lang) if not tokens.quote[i] else None
        if raw:
            out.append(raw)
            cued |= set(range(*(raw.cue or (i, i + 1))))
    return kept + out


def _finite(columns: Columns, i: int) -> bool:
    return (
        FORMS[int(columns.form[i]) - 1] in FINITE
        and SENSES[int(columns.sense[i]) - 1] in _SPOKEN
        and (not columns.tokens.quote[i])
    )


def _verb(columns: Columns, i: int) -> bool:
    """Whether a token is a finite form of a lexicon verb, including weak ones: “held that”, “determinó que”; or a form
    after a modal: “would say that”."""
    if not columns.cue[i] or columns.tokens.quote[i]:
        return False
    modal = i > 0 and columns.tokens.words[i - 1] in _MODALS
    return modal or FORMS[int(columns.form[i]) - 1] in FINITE


def _free(span: Range, taken: object) -> bool:
    return span[1] - span[0] >= 3 and covered(*span, taken) < 0.3  # type: ignore[arg-type]


def _phrase(tokens: Tokens, i: int, lang: str) -> int:
    known = _BY_FIRST_WORD[lang].get(tokens.words[i].lower(), ()) if not tokens.quote[i] else ()
    for phrase in known:
        if tuple(map(str.lower, tokens.words[i : i + len(phrase)])) == phrase:
            return len(phrase)
    return 0


def _takes_source(tokens: Tokens, raw: Raw, lang: str) -> bool:
    """Whether the source right after “according to” was wrongly taken as content."""
    if raw.cue is None or not raw.content or raw.kind:
        return False
    near = min((a for a, _ in raw.content if raw.cue[1] <= a), default=None)
    if near is None or (raw.source and raw.source[0] > near) or not _phrase(tokens, raw.cue[0], lang):
        return False
    name = _agency(tokens, raw.cue[1], len(tokens))
    if name is not None and near < name[1]:
        return True
    return near <= raw.cue[1] + 6 and "," not in tokens.words[raw.cue[1] : near]


def _agency(tokens: Tokens, first: int, high: int) -> Range | None:
    """A long name that ends in its short form in brackets: the Office of Arms, Tobacco and Explosives (OATE), …"""
    for k in range(first, min(first + 25, high)):
        if tokens.words[k] in {";", ":"} or tokens.mark[k]:
            return None
        if tokens.words[k] == "(":
            close = next((j for j in range(k + 1, min(k + 12, high)) if tokens.words[j] == ")"), None)
            return (first, close + 1) if close is not None and k > first + 2 else None
    return None


def _behind_apposition(tokens: Tokens, comma: int, high: int) -> int:
    """The comma after an apposition with a title, “…, autor del libro,”; `comma` itself if there is none."""
    second = next((k for k in range(comma + 2, min(comma + 9, high)) if tokens.words[k] == ","), None)
    if second is None:
        return comma
    head = [fold(word) for word in tokens.words[comma + 1 : comma + 3]]
    return second if any(word in tables().classes for word in head) else comma


def _outdone(raws: list[Raw], phrase: Raw | None) -> Raw | None:
    """`phrase`, after removing the statements inside its content; None if one of them has a source or no cue."""
    if phrase is None:
        return None
    first, stop = phrase.content[0]
    inside = [raw for raw in raws if any(a < stop and first < b for a, b in raw.content)]
    if any(raw.source or raw.cue is None for raw in inside):
        return None
    for raw in inside:
        raws.remove(raw)
    return phrase


def _for_somebody(columns: Columns, i: int) -> bool:
    """Whether “Para” and a person open the sentence: “Para el investigador Raúl Cano, …”."""
    words = columns.tokens.words
    if words[i] != "Para" or not columns.first[i] or i + 2 >= len(words):
        return False
    known = tables()
    near = [fold(w) for w in words[i + 1 : i + 4]]
    human = any(known.classes.get(w, frozenset()) - ORGANIZATIONAL or w in known.first_names for w in near)
    return human and (words[i + 1][0].isupper() or near[0] in {"el", "la", "los", "las", "un", "una"})


def _attributed(tokens: Tokens, i: int, size: int, taken: object) -> Raw | None:
    """The statement of “Según X, …” or “…, según X”; None if there is no clear source or content."""
    low, high = bounds(tokens, i)
    source = _agency(tokens, i + size, high) or phrase_after(tokens, i + size, set(), plain=True)
    if source is None:
        return None
    stop = source[1]
    opens = i - low <= 1 or tokens.words[i - 1] in {":", ";"}
    if opens and (stop >= high or tokens.words[stop] != ","):
        return None
    if opens:
        content = [(_behind_apposition(tokens, stop, high) + 1, high)]
    elif tokens.words[i - 1] == "," and stop + 2 < high and tokens.words[stop] == "," and i - low < 30:
        content = [(low, i - 1), (stop + 1, high)]
    else:
        content = [(low, i)]
    return Raw(content, (i, i + size), source, 0.3, "according to") if _free(content[-1], taken) else None


def _subject_start(tokens: Tokens, i: int) -> int:
    """Where the possible subject before a verb begins: after a quotation mark, skipping a comma."""
    k = i
    while k > 0 and i - k < 8 and tokens.sentence[k - 1] == tokens.sentence[i] and not tokens.mark[k - 1]:
        if tokens.words[k - 1] in {";", ":", "(", "—"} or (tokens.words[k - 1] == "," and k - 1 != i):
            break
        k -= 1
    if k > 0 and tokens.words[k - 1] == "," and k > 1 and tokens.mark[k - 2] == 2:
        return k - 1
    return k


def _quoted(
    columns: Columns, i: int, ends: dict[int, Quotation], begins: dict[int, Quotation], taken: object
) -> Raw | None:
    """The statement if a quotation is directly before or after the verb: “…”, dijo X; X said: “…”."""
    tokens = columns.tokens
    for back in (i, i - 1):
        if back in ends and (back == i or tokens.words[back] in {",", "—", "–"}):
            mark = ends[back]
            return (
                Raw([(mark.first, mark.stop)], (i, i + 1), None, 0.5, "quotation before a verb of speech")
                if _free((mark.first, mark.stop), taken)
                else None
            )
    if closed := ends.get(_subject_start(tokens, i)):
        whole = (closed.first, closed.stop)
        source = (closed.stop + (tokens.words[closed.stop] == ","), i)
        if _free(whole, taken) and source[1] > source[0]:
            return Raw([whole], (i, i + 1), source, 0.5, "quotation before its source and a verb of speech")
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
