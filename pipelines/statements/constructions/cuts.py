"""Corrects content by grammar, once cue and source are known: removes recipients, joins interrupted clauses."""

from bisect import bisect_right

from pipelines.statements.constructions.clauses import bounds, is_noun, wish
from pipelines.statements.reading.closed_words import AND, CONDITIONS, words_in
from pipelines.statements.reading.lexicon import FORMS
from pipelines.statements.reading.names import is_title
from pipelines.statements.reading.tokens import Tokens, sentence_start
from pipelines.statements.reading.verbs import infinitive, looks_finite
from pipelines.statements.tagging.features import Columns
from pipelines.statements.tagging.taggers import Raw

_TO = words_in("a al")
_BUT = words_in("but although while pero aunque mientras")
_ASKED = words_in(
    "urge urges urged urging ask asks asked asking tell tells told telling implore implored instruct instructs "
    "instructed instructing encourage encourages encouraged beg begs begged exhort exhorted order orders ordered"
)
_MET_BEFORE_TO = words_in("that for about of to over into on against with because by from at in a an")
_SET_OFF = words_in(
    "en ante por desde durante tras con este esta el la ayer hoy anoche lunes martes miércoles jueves viernes sábado "
    "domingo twitter facebook x luego después a al mediante"
)
_REST_OPENS_NOT = words_in(
    "quien quienes que cual cuyo cuya donde mientras aunque tras después durante en por según luego al a ante con como "
    "pero y e ni o cuando si pues porque who which that while after during in on at as when where if because although "
    "though and but or nor with for to by from before citing adding saying noting speaking de del of"
)
_ASKING = words_in(
    "how what whether if who whom where when why which "
    "si quién quiénes cómo cuánto cuántos cuánta cuántas cuándo dónde qué"
)
_BEFORE_RELATIVE = words_in("el la los las lo a de en con")
_BEFORE_VERB = words_in("also later then además también luego se le les ha han")
_BEFORE_FINITE = words_in("se no not lo la los las")
_THEM = words_in("them him us me you all both everyone")
_BEFORE_NOUN = words_in("the a an el la los las un una su sus its his her their")
_LONGEST_RECIPIENT = 14
_LONGEST_NAME = 8
_LONGEST_CONDITION = 40
_LONGEST_BEFORE = 60
_LEAST_BEFORE = 3
_BREAKS = frozenset({":", ";", "—", "–", "--", "-", ".-", "(", "…"})
_JUDGING = {
    "en": (
        "call",
        "describ",
        "dismiss",
        "label",
        "brand",
        "deem",
        "characteri",
        "portray",
        "hail",
        "declar",
        "consider",
    ),
    "es": ("calific", "tach", "describ", "tild", "defin", "llam"),
}
_BEFORE_NAME = {"en": words_in("this that these those such"), "es": words_in("este esta estos estas ese esa esos esas")}


def recut(columns: Columns, raws: list[Raw], lang: str) -> None:
    """Correct the content of statements with a cue that are not from the layout. Changes them in place."""
    for raw in raws:
        if raw.cue is None or raw.kind or not raw.content:
            continue
        _document(columns, raw)
        _noun_of_speech(columns, raw)
        _whole_cue(columns, raw)
        _from_that(columns.tokens, raw)
        _with_judged(columns.tokens, raw, lang)
        _behind_apposition(columns.tokens, raw, lang)
        if lang == "es":
            _without_recipient(columns.tokens, raw)
        else:
            _without_asked(columns.tokens, raw)
        _within_wish(columns, raw, lang)
        _over_quotations(columns, raw)
        _from_its_start(columns, raw)
        _without_next(columns, raw, lang)
        _with_rest(columns, raw, lang)


def _from_its_start(columns: Columns, raw: Raw) -> None:
    """Begin where the clause begins, if only its quoted end was taken: “[The accord had ended “the logic of gifts,”] he
    said.”"""
    assert raw.cue is not None
    tokens, (first, stop) = columns.tokens, raw.content[0]
    low, high = bounds(tokens, first)
    if len(raw.content) > 1 or tokens.mark[first] != 1 or not stop <= raw.cue[0] < min(stop + _LONGEST_NAME, high):
        return
    before = range(low, first)
    if (
        not _LEAST_BEFORE <= first - low <= _LONGEST_BEFORE
        or tokens.words[first - 1] == ","
        or any(tokens.words[k] in _BREAKS for k in before)
    ):
        return
    if any(columns.cue[k] or tokens.mark[k] for k in before):
        return
    raw.content = [(low, stop)]
    raw.why += ", from the beginning of its clause"


def _without_recipient(tokens: Tokens, raw: Raw) -> None:
    """Cut a recipient or place before the content: “pidió a los diputados aprobar …”, “señaló en su homilía que …”."""
    assert raw.cue is not None
    at = next((i for i, (a, _) in enumerate(raw.content) if 0 <= a - raw.cue[1] <= 1), None)
    if at is None:
        return
    first, stop = raw.content[at]
    if first > raw.cue[1] and tokens.words[first - 1].lower() in _TO:
        first -= 1
    words = [word.lower() for word in tokens.words[first : min(stop, first + _LONGEST_RECIPIENT + 2)]]
    if not words or words[0] not in _SET_OFF or tokens.mark[first] or (len(words) > 2 and infinitive(words[1])):
        return
    for k in range(1, len(words)):
        if tokens.mark[first + k] == 1 and words[0] in _TO and words[k - 1] in {"de", "a"}:
            start = first + k
        elif words[k] in {"que", "qué", "cómo"} and words[k - 1] not in _BEFORE_RELATIVE:
            start = first + k + (words[k] == "que")
        elif words[0] in _TO and infinitive(words[k]) and (k > 1 or words[0] == "al"):
            start = first + k
        elif words[k] in {".", ";", ":", "("} or looks_finite(tokens.words[first + k], "es"):
            return
        else:
            continue
        if stop - start >= 2:
            raw.content[at] = (start, stop)
            raw.why += ", without the one it was said to"
        return


def _without_asked(tokens: Tokens, raw: Raw) -> None:
    """Cut the one who was asked: “urged the bureau [to publish its data]”, “told the drivers [not to stop]”."""
    assert raw.cue is not None
    first, stop = raw.content[0]
    if first != raw.cue[1] or raw.cue[1] - raw.cue[0] != 1 or tokens.words[raw.cue[0]].lower() not in _ASKED:
        return
    opens = tokens.words[first]
    if not (opens.lower() in _BEFORE_NOUN | _THEM or opens[0].isupper() or opens.endswith("s")):
        return
    for k in range(first, min(first + _LONGEST_NAME, stop - 1)):
        word = tokens.words[k].lower()
        if k > first and word == "to":
            if tokens.words[k + 1].islower() and tokens.words[k + 1] not in _BEFORE_NOUN:
                raw.content[0] = (k - (tokens.words[k - 1].lower() == "not" and k - 1 > first), stop)
                raw.why += ", without the one it was said to"
            return
        if word in {"'s", "’s"}:
            continue
        if word in _BREAKS | _ASKING or k > first and word in _MET_BEFORE_TO or not word[0].isalnum() or tokens.mark[k]:
            return
        if looks_finite(tokens.words[k], "en"):
            return


def _within_wish(columns: Columns, raw: Raw, lang: str) -> None:
    """End what somebody hopes to do before another subject: “desean [volver a casa] y la fiscalía investiga …”."""
    assert raw.cue is not None
    first, stop = raw.content[0]
    if first != raw.cue[1] or columns.tokens.mark[first]:
        return
    span = wish(columns, raw.cue[1] - 1, lang)
    if span is None or not first < span[1] < stop - 1:
        return
    end = span[1]
    word, after = (word.lower() for word in columns.tokens.words[end : end + 2])
    if word in AND or (word == "," and after in _BUT):
        raw.content[0] = (first, end)
        raw.why += ", up to another subject"


def _over_quotations(columns: Columns, raw: Raw) -> None:
    """Go on to the end of a sentence that was cut between two quotations: “[it wanted the “gains” made by the plan
    “preserved”]”."""
    assert raw.cue is not None
    tokens, (first, stop) = columns.tokens, raw.content[0]
    _, high = bounds(tokens, first)
    if len(raw.content) > 1 or first < raw.cue[1] or not first < stop < high or tokens.mark[first]:
        return
    opens = next((k for k in range(stop, high) if tokens.mark[k] == 1), stop)
    if tokens.mark[stop - 1] in (0, 1) or opens == stop or tokens.words[stop] in {",", ";"}:
        return
    if any(columns.cue[k] or tokens.words[k] in _BREAKS for k in range(stop, opens)):
        return
    raw.content[0] = (first, high - (tokens.words[high - 1] == "." and not tokens.quote[high - 1]))
    raw.why += ", over two quotations"


def _document(columns: Columns, raw: Raw) -> None:
    """Make a noun of speech before a verb of speech the source, not the cue: “La demanda acusa a la empresa de …”."""
    assert raw.cue is not None
    first, stop = raw.content[0]
    noun, after = raw.cue
    if after - noun != 1 or first != after or stop - first < 3 or not is_noun(columns, noun):
        return
    if int(columns.cue[first]) & 1 and FORMS[int(columns.form[first]) - 1] in {"past", "present"}:
        raw.source = (noun - (noun > 0 and columns.tokens.words[noun - 1].lower() in _BEFORE_NOUN), after)
        raw.cue = (first, first + 1)
        raw.content[0] = (first + 1, stop)
        raw.why += ", the noun is the source"


def _noun_of_speech(columns: Columns, raw: Raw) -> None:
    """Make the noun the cue, which says more than its verb: “repeated their [denial] that …”."""
    assert raw.cue is not None
    words, (first, stop) = columns.tokens.words, min(raw.content)
    if words[first].lower() == "that" and stop - first > 1 and is_noun(columns, first - 1):
        raw.content[raw.content.index((first, stop))] = (first + 1, stop)
        first += 1
    noun = first - 1 - (words[first - 1].lower() in {"that", "que"})
    noun -= int(words[noun].lower() == "de" and words[noun + 1].lower() == "que")
    judges = words[raw.cue[1] - 1].lower().startswith((*_JUDGING["en"], *_JUDGING["es"]))
    if raw.cue[1] <= noun <= raw.cue[1] + 3 and is_noun(columns, noun) and not judges:
        raw.cue = (noun, noun + 1)
        raw.why += ", the noun is the cue"


def _whole_cue(columns: Columns, raw: Raw) -> None:
    """Take a verb of speech before a question into the cue: “[declined to say] how many …”."""
    assert raw.cue is not None
    words, (first, stop) = columns.tokens.words, raw.content[0]
    if first != raw.cue[1] or words[first].lower() not in {"to", "a"} or stop - first < 4:
        return
    if int(columns.cue[first + 1]) & 1 and words[first + 2].lower() in _ASKING:
        raw.cue, raw.content[0] = (raw.cue[0], first + 2), (first + 2, stop)
        raw.why += ", with its verb of speech"


def _from_that(tokens: Tokens, raw: Raw) -> None:
    """Begin the content right after “that” when it follows the cue: “argued that [Lopez v. Hale was decided …]”."""
    assert raw.cue is not None
    begin = raw.cue[1] + 1
    if begin >= len(tokens) or tokens.words[begin - 1].lower() != "that":
        return
    for number, (first, stop) in enumerate(raw.content):
        between = tokens.words[begin:first]
        apart = any(word in {",", ";", ":", "—"} for word in between) or any(tokens.mark[begin:first])
        if begin < first <= begin + _LONGEST_NAME and not apart and not _overlaps(raw.source, begin, first):
            raw.content[number] = (begin, stop)
            raw.why += ", from “that” on"
            return


def _with_judged(tokens: Tokens, raw: Raw, lang: str) -> None:
    """Take in what is judged: “called [the suit an insult]”, «tachó [la ley de burla]»; not “called it [an …]”."""
    assert raw.cue is not None
    begin = raw.cue[1]
    first, stop = raw.content[0]
    between = [word.lower() for word in tokens.words[begin:first]]
    if not 2 <= len(between) <= _LONGEST_RECIPIENT or _overlaps(raw.source, begin, first):
        return
    verb = tokens.words[begin - 1].lower()
    if not verb.startswith(_JUDGING[lang]) or between[0] not in _BEFORE_NOUN | _BEFORE_NAME[lang]:
        return
    bare = lang == "en" and verb.startswith(("call", "deem", "brand", "label", "declar", "consider"))
    if (bare or between[-1] in {"as", "como", "de"}) and not any(tokens.mark[begin:first]) and "," not in between:
        raw.content[0] = (begin, stop)
        raw.why += ", with what is judged"


def _behind_apposition(tokens: Tokens, raw: Raw, lang: str) -> None:
    """Begin the content behind what the source is: “Según Prado, [autor del libro,] ocho de cada diez …”."""
    first, stop = raw.content[0]
    if raw.source is None or raw.source[1] != first - 1 or tokens.words[first - 1] != "," or tokens.quote[first]:
        return
    comma = next((k for k in range(first + 1, min(first + _LONGEST_RECIPIENT, stop - 2)) if tokens.words[k] == ","), 0)
    noun = first + (tokens.words[first].lower() in _BEFORE_NOUN)
    if comma and is_title(tokens.words[noun]) and not any(looks_finite(w, lang) for w in tokens.words[first:comma]):
        raw.content[0] = (comma + 1, stop)
        raw.why += ", behind what the source is"


def _overlaps(span: tuple[int, int] | None, first: int, stop: int) -> bool:
    return span is not None and span[0] < stop and first < span[1]


def _without_next(columns: Columns, raw: Raw, lang: str) -> None:
    """End the content before “and” and a verb of speech: “pledged to work and announced …”."""
    tokens = columns.tokens
    assert raw.cue is not None
    first, stop = max(raw.content)
    if first < raw.cue[1] or tokens.quote[first]:
        return
    opens = tokens.words[first].lower()
    bare = opens == "to" if lang == "en" else infinitive(opens)
    for k in range(first + 1, stop):
        if tokens.quote[k]:
            continue
        if tokens.words[k] in AND:
            verb = next((j for j in range(k + 1, min(k + 4, stop)) if _speech(columns, j)), None)
            if verb and all(w.lower() in _BEFORE_VERB for w in tokens.words[k + 1 : verb]):
                seen = any(looks_finite(w, lang) for w in tokens.words[first:k])
                if (bare or not seen) and k - first >= 2:
                    raw.content[raw.content.index((first, stop))] = (first, k)
                return
        elif not bare and looks_finite(tokens.words[k], lang):
            return


def _speech(columns: Columns, i: int) -> bool:
    return bool(int(columns.cue[i]) & 1) and FORMS[int(columns.form[i]) - 1] == "past" if columns.cue[i] else False


def _with_rest(columns: Columns, raw: Raw, lang: str) -> None:
    """Join a clause that the reporting words interrupt: “La ley, dijo la jueza, no basta”."""
    tokens = columns.tokens
    assert raw.cue is not None
    if len(raw.content) != 1:
        return
    (first, stop), (cue, after) = raw.content[0], raw.cue
    low, high = bounds(tokens, cue)
    left = min(cue, raw.source[0]) if raw.source else cue
    if first >= after and tokens.words[first - 1] == "," == tokens.words[left - 1] and 1 < left - low < 20:
        verb_before = any(looks_finite(word, lang) for word in tokens.words[low:left])
        if looks_finite(tokens.words[first], lang) and not verb_before:
            raw.content = [(low, left - 1), (first, stop)]
            raw.why += ", begins before the cue"
        return
    if not (first <= low + 1 and stop <= cue and tokens.words[cue - 1] == "," and not tokens.quote[stop - 1]):
        return
    behind = raw.source[1] if raw.source and raw.source[0] >= after else after
    comma = next((k for k in range(behind, min(behind + 12, high)) if tokens.words[k] == ","), None)
    if comma is None or comma + 3 > high or any(looks_finite(w, lang) for w in tokens.words[behind:comma]):
        return
    rest = tokens.words[comma + 1]
    verbless = not any(looks_finite(word, lang) for word in tokens.words[first:stop])
    goes_on = tokens.mark[comma + 1] == 1 or looks_finite(rest, lang) or rest.lower() in _BEFORE_FINITE
    if tokens.mark[comma + 1] != 1 and (rest.lower() in _REST_OPENS_NOT or rest[0].isupper()):
        return
    if goes_on or verbless:
        end = high - 1 if tokens.words[high - 1] in {".", "…"} else high
        raw.content = [(first, stop), (comma + 1, end)]
        raw.why += ", goes on behind the cue"


def without_conditions(tokens: Tokens, raws: list[Raw]) -> list[Raw]:
    """The statements without those whose cue is in a condition before them: “If the court agrees, the minister …”."""
    return [raw for raw in raws if not _in_condition(tokens, raw)]


def _in_condition(tokens: Tokens, raw: Raw) -> bool:
    if raw.cue is None or raw.kind:
        return False
    start, first = sentence_start(tokens, raw.cue[0]), min(raw.content)[0]
    if tokens.words[start].lower() not in CONDITIONS or first < raw.cue[1] or tokens.mark[first]:
        return False
    if first - start > _LONGEST_CONDITION:
        return False
    return "," in tokens.words[raw.cue[1] : first] and "," not in tokens.words[start : raw.cue[0]]


def outermost(raws: list[Raw]) -> list[Raw]:
    """Remove statements that are, with their cue, inside the content of another: “he said she said …” is one."""
    spans = sorted((a, -b, number) for number, raw in enumerate(raws) for a, b in raw.content)
    starts = [a for a, _, _ in spans]
    widest: list[tuple[int, int, int, int]] = []
    first, second = (-1, -1, -1), (-1, -1, -1)
    for a, b, number in spans:
        span = (-b, number, a)
        if number == first[1]:
            first = max(first, span)
        elif span[0] > first[0]:
            first, second = span, first
        elif span[0] > second[0]:
            second = span
        widest.append((*first[:2], *second[:2]))
    return [raw for number, raw in enumerate(raws) if not _inside(raw, number, starts, widest)]


def _inside(raw: Raw, number: int, starts: list[int], widest: list[tuple[int, int, int, int]]) -> bool:
    """Whether one span of another statement contains all of this one. Of two equal ones, the first is kept."""
    cue = [] if raw.cue is None or raw.kind else [raw.cue]
    low = min(a for a, _ in raw.content + cue)
    high = max(b for _, b in raw.content + cue)
    before = bisect_right(starts, low) - 1
    if before < 0:
        return False
    end, owner, other_end, other = widest[before]
    if owner == number:
        end, owner = other_end, other
    return owner >= 0 and (end > high or (end == high and (owner < number or bool(cue))))
