"""The source beside a cue where the taggers saw none: the subject before or after it, the owner of a noun."""

from pipelines.statements.clauses import is_noun
from pipelines.statements.features import Columns
from pipelines.statements.lexicon import FORMS
from pipelines.statements.said import DAYS
from pipelines.statements.tagging import Range, Raw
from pipelines.statements.tokens import QUOTES, Tokens


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SKIPPED = _words(
    "has have had also then later earlier recently even once again still just now never not will would "
    "could should may might did "
    "do does can to n't 've 'd ’ve ’d se le les lo nos ha han había habían he hoy ayer además también "
    "asimismo luego ya aún así "
    "sin embargo va van only repeatedly often always"
)
_WALLS = _words(
    "that que and y e but pero because porque when cuando while mientras if si as como after before "
    "since although though or o "
    "whether where donde which said say says"
)
OWNERS = frozenset({"his", "her", "their", "its", "my", "our", "your", "su", "sus", "mi", "nuestra", "nuestro"})
_AFTER_STOP = _words(
    "on in at during to after before when while as that who for about from by and but en al a ante "
    "durante tras cuando que quien "
    "luego hoy ayer este durante sobre el-lunes por para con sin"
)
_AUXILIARY = frozenset({"is", "are", "was", "were", "been", "be", "being", "fue", "fueron", "es", "son", "sido"})
_RELATIVE = frozenset({"who", "which", "quien", "quienes"})
_GENITIVES = frozenset({"'s", "’s"})
_BY = _words("from by de del por")
_AND = _words("and but y e pero or")
_OPENERS = _words("but and yet y pero however moreover still then además asimismo")
_PREPOSITIONS = _words(
    "in on at after before during for by with since under as en tras durante desde ante por para al a"
)
_NOBODY = frozenset({"le", "les", "se", "lo", "según", "ya", "así"})
_PHRASE_HEADS = frozenset({"según", "according", "conforme"})
_IN_NAMES = frozenset({"de", "del", "la", "van", "von", "y"})
_LEADING = _words(
    "ahí allí aquí hoy ayer además también asimismo luego there here then also however but pero y and ■ • *"
)
_PLACES = _words("en in at desde durante ante tras during after before")
_OPEN_NOUNS = _words("he she they su él ella ellos quien")
_BEFORE_DAY = _words("el este on last this del pasado")
MOST = 22


def complete(columns: Columns, raws: list[Raw]) -> None:
    """Give a source to statements that have a cue and none, where the sentence shows one."""
    tokens = columns.tokens
    before: Raw | None = None
    for raw in raws:
        if raw.cue:
            old, raw.cue = raw.cue, _trimmed_cue(tokens, raw.cue)
            if old != raw.cue and tokens.words[raw.cue[1]].lower() not in {"que", "that"}:
                raw.content = [(raw.cue[1], b) if a == old[1] else (a, b) for a, b in raw.content]
        if raw.source and raw.source[1] == raw.source[0] + 1 and tokens.words[raw.source[0]].lower() in _NOBODY:
            raw.source = None
    for raw in sorted((r for r in raws if r.cue), key=lambda r: r.cue or (0, 0)):
        if raw.source is None and raw.cue:
            found = _find(columns, raw, raw.cue, before)
            if found and _nominal(tokens, found):
                raw.source = found
                raw.why += ", source beside the cue"
        if raw.source:
            raw.source = _with_name(columns, _without_edges(tokens, raw.source))
            if _no_source(columns, raw.source):
                raw.source = None
        before = raw if raw.source else before


def _find(columns: Columns, raw: Raw, cue: Range, before: Raw | None) -> Range | None:
    tokens, words = columns.tokens, columns.tokens.words
    first, stop = cue
    if words[first].lower() in _PHRASE_HEADS and first < stop:
        return _after(tokens, stop, set(), plain=True)
    inner = next((k for k in range(first + 1, stop) if words[k][0].isupper() and words[first][0].islower()), None)
    if inner is not None and columns.cue[first]:
        return (inner, stop)
    lowered = [w.lower() for w in words[first:stop]]
    if stop - first > 1 and lowered[-1] in _PERSONAL:
        return (stop - 1, stop)
    if any(w in _AUXILIARY for w in lowered[:2]) and lowered[-1] != "saying":
        return None
    form = next((FORMS[int(columns.form[k]) - 1] for k in range(first, stop) if columns.form[k]), None)
    if form == "noun" or (stop == first + 1 and is_noun(columns, first)):
        filed = stop - first > 1 and tokens.words[first][0].islower() and not columns.cue[first]
        return _owner(tokens, first) or _bearer(tokens, stop) or (_before(columns, first, set()) if filed else None)
    held = {i for a, b in raw.content for i in range(a, min(b, a + 4000))}
    if form == "gerund" or (form == "base" and lowered[0] in {"to"} | set(lowered[-1:])):
        return _shared_subject(tokens, first, before)
    follows = first > 0 and (
        first - 1 in held or words[first - 1] in QUOTES | {",", "—", "–", "-"} and first - 2 in held
    )
    if follows or (first == 0 or tokens.sentence[first - 1] != tokens.sentence[first]):
        after = _after(tokens, stop, held)
        if after:
            return after
    if _coordinated(tokens, first):
        return _shared_subject(tokens, first, before) or _before(columns, first, held)
    return _before(columns, first, held)


_NO_NOUNS = _words(
    "aunque pues según no entre ahora además asimismo luego entonces embargo obstante tanto mucho all "
    "there here now then yet "
    "perhaps still however meanwhile instead even so thus later earlier again por cuando donde si al del un una uno"
)
_DETERMINERS = _words(
    "the a an this that these those his her its their our my some many several most el la los las un una "
    "unos unas este esta "
    "estos estas ese esa su sus algunos algunas varios varias muchos muchas dicho dicha ambos ambas"
)
_PERSONAL = _words("he she they él ella ellos ellas usted ustedes")
_PRONOUNS = _words("he she they it we i you who which quien quienes él ella ellos ellas yo nosotros usted")


def _nominal(tokens: Tokens, span: Range) -> bool:
    """Whether a span can be somebody: a name, a pronoun, or a noun with its article."""
    first, stop = span
    words = tokens.words
    lower = words[first].lower()
    if stop == first + 1:
        return lower in _PRONOUNS | OWNERS or (
            words[first][0].isupper() and lower not in _NO_NOUNS | _DETERMINERS | _WALLS
        )
    if lower in (_NO_NOUNS - {"un", "una"}) | _WALLS or not words[stop - 1][0].isalnum():
        return False
    return (
        lower in _DETERMINERS
        or words[first][0].isupper()
        or any(w[0].isupper() for w in words[first:stop])
        or (lower.endswith("s") and stop - first <= 6)
    )


_EDGES = frozenset({",", ".", ";", ":", "—", "’s", "'s"})
_NOT_LAST = _words(
    "today yesterday also now then hoy ayer ya también además le les se lo en de ha has had have que no not never "
    "nunca jamás"
)
_QUESTIONS = _words("cuándo qué cómo dónde quién quiénes cuánto si when what how where who why whether")
_NOT_IN_CUE = _QUESTIONS | _words("this last the that these those que el la los las su sus un una a al en")


def _trimmed_cue(tokens: Tokens, cue: Range) -> Range:
    """Without the first words of what follows: “said this week” is said."""
    first, stop = cue
    while stop - first > 1 and tokens.words[stop - 1].lower() in _NOT_IN_CUE and tokens.words[first].lower() != "de":
        stop -= 1
    return (first, stop)


def _adverb(word: str) -> bool:
    lower = word.lower()
    return lower in _LEADING or (lower.endswith("mente") and len(lower) > 6)


def _without_edges(tokens: Tokens, span: Range) -> Range:
    first, stop = span
    for k in range(first + 1, stop):
        if tokens.words[k].lower() in DAYS and k + 1 >= stop - 1:
            stop = k - 1 if tokens.words[k - 1].lower() in _BEFORE_DAY and k - 1 > first else k
            break
    names = next((k for k in range(first, stop) if not tokens.words[k][0].isupper()), stop)
    if names - first > 1 and names < stop and tokens.words[names].lower() in _PLACES:
        stop = names
    while stop - first > 1 and (tokens.words[first] in _EDGES or _adverb(tokens.words[first])):
        first += 1
    while stop - first > 1 and (tokens.words[stop - 1] in _EDGES or tokens.words[stop - 1].lower() in _NOT_LAST):
        stop -= 1
    return (first, stop)


def _no_source(columns: Columns, span: Range) -> bool:
    """Marks, clitics, and a verb with what follows it."""
    first, stop = span
    words = columns.tokens.words
    lone = stop == first + 1 and (words[first].lower() in _NOBODY or not words[first][0].isalnum())
    form = FORMS[int(columns.form[first]) - 1] if columns.form[first] else ""
    return lone or (stop - first > 1 and words[first][0].islower() and form in {"past", "future"})


def _with_name(columns: Columns, span: Range) -> Range:
    """A description with the name that follows it: the head of the office, Ana Ruiz, said …"""
    words, n = columns.tokens.words, len(columns.tokens)
    first, k = span
    if k + 2 < n and words[k] == "(" and words[k + 2] == ")":
        k += 3
    if k >= n or words[k] != "," or words[first].lower() not in _DETERMINERS:
        return span
    end = k + 1
    while end < n and end - k < 7 and (words[end][0].isupper() or (words[end].lower() in _IN_NAMES and end > k + 1)):
        end += 1
    follows = end < n and (words[end] in {",", "."} or bool(columns.cue[end]) or columns.tokens.mark[end] > 0)
    return (first, end) if end - k > 2 and follows else span


def _owner(tokens: Tokens, first: int) -> Range | None:
    """his claim, the agency’s latest claim: the owner before a noun."""
    words = tokens.words
    k = first - 1
    while (
        k > 0
        and first - k < 4
        and words[k][0].islower()
        and words[k].lower() not in OWNERS
        and words[k] not in _GENITIVES
    ):
        k -= 1
    if k < 0 or tokens.sentence[k] != tokens.sentence[first]:
        return None
    if words[k].lower() in OWNERS:
        return (k, k + 1)
    if words[k] in _GENITIVES and k > 0:
        low = k - 1
        while low > 0 and words[low - 1][0].isupper() and tokens.sentence[low - 1] == tokens.sentence[k]:
            low -= 1
        if words[low][0].islower():
            low = next((j for j in range(low - 1, max(low - 4, -1), -1) if words[j].lower() in _DETERMINERS), low)
        return (low, k)
    return None


def _bearer(tokens: Tokens, stop: int) -> Range | None:
    """warnings from the bank, la denuncia de la alcaldesa: who stands behind a noun."""
    if stop >= len(tokens) or tokens.words[stop].lower() not in _BY:
        return None
    return _after(tokens, stop + 1, set(), plain=True)


def _coordinated(tokens: Tokens, first: int) -> bool:
    """Whether a verb goes on from another one with the same subject: she called it late “and said” …"""
    k = first - 1
    while k > 0 and (tokens.words[k].lower() in _SKIPPED or tokens.words[k].lower().endswith(("ly", "mente"))):
        k -= 1
    return k > 0 and tokens.words[k].lower() in _AND and tokens.sentence[k] == tokens.sentence[first]


def _shared_subject(tokens: Tokens, first: int, before: Raw | None) -> Range | None:
    """“…”, he said, adding that …: the subject of the verb before in the sentence."""
    if before and before.source and before.cue and tokens.sentence[before.cue[0]] == tokens.sentence[first]:
        return before.source
    low = first
    while low > 0 and tokens.sentence[low - 1] == tokens.sentence[first] and first - low < 60:
        low -= 1
    k = _clause_start(tokens, low, first)
    while k < first:
        if tokens.words[k][0].isupper() and not tokens.quote[k] and (k > low or tokens.words[k].lower() not in _WALLS):
            stop = k + 1
            while stop < first and (tokens.words[stop][0].isupper() or tokens.words[stop] == "."):
                stop += 1
            if k > low or stop - k > 1:
                return (k, stop)
            return (k, _noun_end(tokens, k, first))
        if tokens.words[k].lower() in _PRONOUNS | _DETERMINERS and not tokens.quote[k]:
            return (k, _noun_end(tokens, k, first))
        k += 1
    return None


def _clause_start(tokens: Tokens, low: int, high: int) -> int:
    """Where the main clause begins: behind “In August,” and “But”."""
    while low < high - 1 and tokens.words[low].lower() in _OPENERS:
        low += 1
    if low < high and tokens.words[low].lower() in _PREPOSITIONS:
        comma = next((k for k in range(low, min(low + 14, high)) if tokens.words[k] == ","), None)
        return low if comma is None else comma + 1
    return low


def _noun_end(tokens: Tokens, first: int, limit: int) -> int:
    return min(first + (3 if tokens.words[first].lower() in {"the", "a", "an", "el", "la", "los", "las"} else 1), limit)


def after_phrase(tokens: Tokens, stop: int) -> Range | None:
    """The noun phrase after “según”, “according to”."""
    return _after(tokens, stop, set(), plain=True)


def _after(tokens: Tokens, stop: int, held: set[int], plain: bool = False) -> Range | None:
    words, n = tokens.words, len(tokens.words)
    if stop >= n or not words[stop][0].isalpha():
        return None
    lower = words[stop].lower()
    plural = lower.endswith("s") and words[stop - 1].endswith(("ron", "an", "en"))
    if not (
        plain
        or plural
        or words[stop][0].isupper()
        or lower in {"the", "a", "an", "el", "la", "los", "las", "un", "una", *_OPEN_NOUNS}
    ):
        return None
    end = stop + 1
    while end < n and end - stop < MOST and end not in held and tokens.sentence[end] == tokens.sentence[stop]:
        word = words[end]
        if (
            word in {",", ";", ":", "—", "–", "(", '"', "“", "”"}
            or word.lower() in _AFTER_STOP
            or (word == "." and len(words[end - 1]) > 4)
        ):
            break
        end += 1
    while end > stop + 1 and not words[end - 1][0].isalnum():
        end -= 1
    return (stop, end)


def _before(columns: Columns, first: int, held: set[int]) -> Range | None:
    tokens, words = columns.tokens, columns.tokens.words
    sentence = tokens.sentence[first]

    def free(k: int) -> bool:
        return k >= 0 and tokens.sentence[k] == sentence and k not in held

    k = first - 1
    while free(k) and (words[k].lower() in _SKIPPED or words[k].lower().endswith(("ly", "mente"))):
        k -= 1
    if not free(k):
        return None
    nearby = range(k, max(k - 7, 0), -1)
    relative = next((j for j in nearby if words[j].lower() in _RELATIVE and words[j - 1] == ","), k)
    if free(relative) and words[relative].lower() in _RELATIVE:
        return (relative, relative + 1)
    comma = words[k] == ","
    if comma:
        opening = next((j for j in range(k - 1, max(k - 30, -1), -1) if free(j) and words[j] == ","), None)
        if opening is None or not free(opening - 1):
            return None
        end, k = k, opening - 1
    else:
        end = k + 1
    low = k + 1
    while free(low - 1) and end - low < MOST:
        word = words[low - 1]
        if (
            word.lower() in _WALLS
            or word in {",", ";", ":", "—", "–", "--"}
            or word in QUOTES
            or (word == "." and len(words[low - 2]) > 4)
        ):
            break
        low -= 1
    while low < end and (words[low].lower() in _SKIPPED or not words[low][0].isalnum()):
        low += 1
    if (
        low >= end
        or not words[low][0].isalpha()
        or words[low].lower() in {"in", "on", "en", "at", "for", "to", "there", "por"}
    ):
        return None
    if any(
        columns.cue[j] and FORMS[int(columns.form[j]) - 1] in ("past", "present") and j + 1 < end and words[j].islower()
        for j in range(low + 1, end)
    ):
        return None
    return (low, end)
