"""Finds speech by layout: turns under speaker headings, whole printed statements, letters, headlines with a name."""

import re
from bisect import bisect_left, bisect_right

from pipelines.statements.reading.closed_words import words_in
from pipelines.statements.reading.lexicon import lexicon
from pipelines.statements.reading.names import fold, tables
from pipelines.statements.reading.tokens import Tokens, at_words, word_begins
from pipelines.statements.tagging.taggers import Range, Raw

_UPPER = "A-ZÁÉÍÓÚÑÜ"
_HEADING = re.compile(
    rf"^[ \t\"“]*(?P<name>(?:\\?\[)?[{_UPPER}][{_UPPER}.,'’ \t()\[\]\\/-]{{1,90}}?)"
    rf"(?P<remark>[ \t]*\([^{_UPPER}()\n][^()\n]{{1,60}}\))?"  # “(interpretación)”, “(off microphone)”
    rf"(?P<colon>[ \t]*(?::|\.-{{1,2}}[ \t]))"
    rf"|^[ \t]*(?P<alone>[{_UPPER}][{_UPPER}.,'’ \t()-]{{4,80}})[ \t]*$"
    r"|^(?P<q>Q)(?=[ \t:]+[A-Z“\"¿(])",
    re.MULTILINE,
)
_STOP_HEADS = frozenset({"WASHINGTON", "MEXICO", "MÉXICO", "END", "FIN"})
QUESTIONS = frozenset(
    {
        "PREGUNTA",
        "Q",
        "QUESTION",
        "REPORTER",
        "INTERLOCUTOR",
        "INTERLOCUTORA",
        "REPORTERO",
        "REPORTERA",
        "INTERVENCIÓN",
        "VOZ",
        "VOCES",
        "PERIODISTA",
    }
)
_WHOLE = re.compile(
    r"\b(?P<cue>(?:made|released|issued|gave|delivered|posted)\s+(?:the\s+following|this|the\s+below)\s+"
    r"(?:joint\s+|written\s+)?(?:statement|remarks|message|comment)s?"
    r"|emiti(?:ó|eron)\s+(?:el\s+siguiente|la\s+siguiente|este)\s+"
    r"(?:comunicado|mensaje|posicionamiento|pronunciamiento|declaración))\b(?P<tail>[^\n]{0,400})",
    re.IGNORECASE,
)
_LETTERS = word_begins("degimpr")
_END = re.compile(
    r"\n[^\S\n]*(?:#\s*#|\\?#{2,}|-30-|Press Contact|Next Article|Media Contact|Contact:|\* \* \*|Contacto:)",
    re.IGNORECASE,
)
_LABEL = re.compile(rf"^(?P<name>[{_UPPER}][^\n:“”\"!?¿]{{1,60}}?)(?P<colon>:)[ \t]+(?=\S)")


def _range(tokens: Tokens, start: int, end: int) -> Range:
    return bisect_left(tokens.start, start), bisect_left(tokens.start, end)


def paragraphs(tokens: Tokens, first: int, stop: int) -> list[Range]:
    """Token ranges of the paragraphs between two tokens."""
    out: list[Range] = []
    while first < stop:
        begin, first = first, bisect_right(tokens.paragraph, tokens.paragraph[first], first, stop)
        if any(word[0].isalnum() for word in tokens.words[begin:first]):
            out.append((begin, first))
    return out


def _names_somebody(words: list[str]) -> bool:
    """Whether a line in capitals is a speaker, not a section: a question label, a title first, or a first name."""
    known = tables()
    folded = [fold(word.strip(".,()")) for word in words]
    return len(words) <= 7 and (
        words[0] in QUESTIONS
        or folded[0] in known.classes
        or folded[0] in known.short
        or any(word in known.first_names for word in folded)
    )


_MODERATORS = frozenset({"MODERATOR", "MODERADOR", "MODERADORA", "CONDUCTOR", "CONDUCTORA", "MC"})
_FURNITURE = words_in(
    "TE LE LEE LEA VER VEA MIRA MIRE FOTO FOTOS VIDEO VIDEOS NOTA AVISO ACLARACIÓN CONTEXTO CLAVES DATO DATOS FACT "
    "FACTS CLAIM MYTH TRUTH READ WATCH SEE RELATED MORE PHOTO PHOTOS NOTE UPDATE UPDATED CORRECTION CONTACT CONTACTO "
    "MEDIA FUENTE SOURCE ALSO RECOMENDAMOS SÍGUENOS EN EL LA LOS LAS POR CON SIN DE A AND IN ON OF FOR HERE AQUÍ"
)
"""If a line in capitals before a colon begins with one of these, it is a label and not a speaker."""


def _is_heading(match: re.Match[str], name: str) -> bool:
    words = match[name].split()
    if len(words) > 10 or words[0].strip(".,") in _STOP_HEADS | _FURNITURE:
        return False
    spelled = name == "q" or (name == "name" and match["colon"].strip() == ":")
    return (spelled and not match["remark"]) or _names_somebody(words)


def _are_turns(heads: list[tuple[re.Match[str], str]]) -> bool:
    """Whether headings make a transcript: at least two, or one that is a question label or a name before a colon.

    One heading with a dash is not enough: “NOGALES, Son.-” is a dateline.
    """
    if len(heads) > 1:
        return True
    for match, name in heads:
        words = match[name].strip(" []\\").split()
        colon = bool(match["colon"]) and match["colon"].strip() == ":"
        return words[0] in QUESTIONS or (colon and len(words) > 1 and _names_somebody(words))
    return False


def turns(tokens: Tokens) -> list[Raw]:
    """The turns of a transcript, one statement per paragraph; empty if the text is not a transcript."""
    found = (
        (match, "name" if match["name"] else "alone" if match["alone"] else "q")
        for match in _HEADING.finditer(tokens.text)
    )
    heads = [(match, name) for match, name in found if _is_heading(match, name)]
    if not _are_turns(heads):
        return []
    spoken: list[Raw] = []
    names: list[str] = []
    for k, (match, name) in enumerate(heads):
        begin = match.end()
        end = heads[k + 1][0].start() if k + 1 < len(heads) else len(tokens.text)
        first, stop = _range(tokens, begin, end)
        turn = match[name].strip(" []\\\t")
        if stop <= first:
            continue
        names.append(turn)
        if turn in _MODERATORS:
            continue
        cue = _range(tokens, match.start("colon"), match.end("colon")) if match["colon"] else None
        source = _range(tokens, match.start(name), match.end(name))
        spoken += [
            Raw([part], cue, source, why="turn under a speaker heading", kind="direct", notes={"turn": turn})
            for part in paragraphs(tokens, first, stop)
        ]
    lead = _range(tokens, 0, heads[0][0].start())
    if lead[1] - lead[0] > 60 and len(names) > 1:
        spoken = _opening(tokens, lead, names) + spoken
    return spoken


def _opening(tokens: Tokens, lead: Range, names: list[str]) -> list[Raw]:
    """Speech before the first heading. If a question follows and only one person answers, that person speaks here."""
    others = {name for name in names if name not in QUESTIONS | _MODERATORS}
    answers = next(iter(others)) if len(others) == 1 and names[0] not in others else ""
    return [
        Raw([part], why="speech before the first heading", kind="direct", notes={"turn": "", "answers": answers})
        for part in paragraphs(tokens, *lead)
    ]


def printed_whole(tokens: Tokens) -> list[Raw]:
    """A statement printed without quotation marks below a line like “… released this statement:”."""
    out: list[Raw] = []
    text = tokens.text
    for match in at_words(_WHOLE, _LETTERS, text):
        line_end = text.find("\n", match.end("cue"))
        if line_end < 0:
            continue
        below = tokens.text[line_end : line_end + 80].lstrip()[:1]
        if below in "“\"«'" or text[match.end("cue") : line_end].rstrip()[-1:] not in {":", ".", "", "—"}:
            continue
        if (
            len(text[line_end : line_end + 4000].lstrip().split("\n", 1)[0]) < 40
            or text[line_end : line_end + 4000].lstrip().split("\n", 1)[0][-1] == ":"
        ):
            continue
        end = _END.search(tokens.text, line_end)
        first, stop = _range(tokens, line_end, end.start() if end else len(tokens.text))
        if stop - first < 12:
            continue
        cue = _range(tokens, match.start("cue"), match.end("cue"))
        out.append(Raw([(first, stop)], cue, why="statement printed whole", kind="direct", notes={"subject": "1"}))
        break
    return out


_GREETING = re.compile(
    r"^[ \t]*(?:Dear|Estimad[oa]s?|Distinguid[oa]s?|Honorable)\b[^\n]{2,90}[,:.][ \t]*$", re.MULTILINE
)
_FAREWELL = re.compile(
    r"^[ \t]*(?:Sincerely|Respectfully|Very truly yours|Yours|With respect|Best regards|Atentamente|Cordialmente"
    r"|Respetuosamente|A t e n t a m e n t e)\b[^\n]{0,40}$",
    re.MULTILINE | re.IGNORECASE,
)
_SIGNATURE = re.compile(rf"\n\s{{0,100}}+(?P<name>[{_UPPER}][^\n:;!?]{{4,60}})")


def letter(tokens: Tokens) -> list[Raw]:
    """A letter from its greeting to its farewell. The source is the signature."""
    text = tokens.text
    greeting = _GREETING.search(text)
    if not greeting or greeting.start() > 3000:
        return []
    farewell = _FAREWELL.search(text, greeting.end()) or _END.search(text, greeting.end())
    end = farewell.start() if farewell else len(text)
    first, stop = _range(tokens, greeting.end(), end)
    if stop - first < 40:
        return []
    name = _SIGNATURE.match(text, farewell.end()) if farewell and _FAREWELL.match(farewell[0]) else None
    source = _range(tokens, name.start("name"), name.end("name")) if name else None
    return [Raw([(first, stop)], None, source, why="letter", kind="direct")]


def labelled_headline(tokens: Tokens) -> list[Raw]:
    """A first line like “Name: what was said”."""
    match = _LABEL.match(tokens.text)
    if not match:
        return []
    line_end = tokens.text.find("\n")
    line_end = len(tokens.text) if line_end < 0 else line_end
    first, stop = _range(tokens, match.end(), line_end)
    while stop > first and tokens.words[stop - 1] in {".", "…"}:
        stop -= 1
    if stop - first < 3 or stop - first > 40:
        return []
    cue = _range(tokens, match.start("colon"), match.end("colon"))
    return [
        Raw([(first, stop)], cue, _range(tokens, match.start("name"), match.end("name")), why="headline with a colon")
    ]


def trailing_headline(tokens: Tokens, lang: str) -> list[Raw]:
    """A first line, above a text, like “What was said, senator says”, without a full stop."""
    line_end = tokens.text.find("\n")
    comma = tokens.text.rfind(", ", 0, max(line_end, 0))
    if comma < 0 or line_end > 200 or tokens.text[line_end - 1] in '.!?…"”»':
        return []
    first, stop = _range(tokens, 0, comma)
    low, high = _range(tokens, comma + 2, line_end)
    words, verbs = [word.lower() for word in tokens.words[low:high]], lexicon(lang).words
    if not 3 <= stop - first <= 40 or not 2 <= len(words) <= 7:
        return []
    for at in (high - 1, low):
        word = verbs.get(words[at - low])
        if word and word.form not in ("noun", "base") and not word.weak:
            source = (low, at) if at > low else (low + 1, high)
            return [Raw([(first, stop)], (at, at + 1), source, why="headline with its source at the end")]
    return []
