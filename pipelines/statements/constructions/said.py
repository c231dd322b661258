"""When and where something was said, if the sentence of the cue says so."""

import calendar
import datetime
import re

from pipelines.statements.reading.closed_words import words_in
from pipelines.statements.reading.tokens import Tokens, sentence_around
from pipelines.statements.tagging.taggers import Raw
from schemas.statement import Said

DAYS = {
    "monday": 0,
    "tuesday": 1,
    "wednesday": 2,
    "thursday": 3,
    "friday": 4,
    "saturday": 5,
    "sunday": 6,
    "lunes": 0,
    "martes": 1,
    "miércoles": 2,
    "miercoles": 2,
    "jueves": 3,
    "viernes": 4,
    "sábado": 5,
    "sabado": 5,
    "domingo": 6,
}
_MONTHS = {
    name: i
    for i, names in enumerate(
        (
            "january jan enero",
            "february feb febrero",
            "march mar marzo",
            "april apr abril",
            "may mayo",
            "june jun junio",
            "july jul julio",
            "august aug agosto",
            "september sept sep septiembre setiembre",
            "october oct octubre",
            "november nov noviembre",
            "december dec diciembre",
        ),
        1,
    )
    for name in names.split()
}
_DAY = "|".join(DAYS)
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WHEN = {
    "en": re.compile(
        rf"\b(?:(?:on|last|this|late|early|earlier|since)\s+)?(?P<day>{_DAY})(?:\s+(?:morning|afternoon|evening|night))?\b"
        rf"|\b(?:on|in|since|early\s+in|late\s+in)\s+(?:last\s+)?(?P<month>{_MONTH})\b\.?(?:\s+(?P<dom>\d{{1,2}})(?:st|nd|rd|th)?\b)?"
        r"(?:,?\s+(?P<year>\d{4})\b)?"
        r"|\b(?P<word>today|yesterday)\b|\bin\s+(?P<only>(?:19|20)\d\d)\b"
        r"|\b(?P<loose>(?:earlier\s+)?(?:this|last)\s+(?:week|month|year|summer|spring|fall|winter)"
        r"|(?:a|two|three|several)\s+(?:day|week|month|year)s?\s+ago)\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        rf"\b(?:(?:este|el|del?|desde\s+el)\s+)?(?:pasado\s+)?(?P<day>{_DAY})(?:\s+pasado)?(?:\s+(?P<dom2>\d{{1,2}})\s+de\s+"
        rf"(?P<month2>{_MONTH}))?\b"
        rf"|\b(?:el\s+)?(?P<dom>\d{{1,2}})\s+de\s+(?P<month>{_MONTH})\b(?:\s+(?:de|del)\s+(?P<year>\d{{4}}))?"
        rf"|\ben\s+(?P<month3>{_MONTH})\b(?:\s+(?:de|del)\s+(?P<year3>\d{{4}})|\s+pasado)?"
        r"|\b(?P<word>hoy|ayer|anteayer|antier)\b|\ben\s+(?P<only>(?:19|20)\d\d)\b"
        r"|\b(?P<loose>(?:la|el)\s+(?:semana|mes|año)\s+pasad[oa]|esta\s+semana|este\s+mes|hace\s+\w+\s+(?:días|semanas|meses|años))\b",
        re.IGNORECASE,
    ),
}
_WORD = re.compile(r"[^\W\d_]+|\d+")
_OF_TIME = (
    frozenset(DAYS)
    | frozenset(_MONTHS)
    | words_in(
        "today yesterday ago week month year summer spring fall winter hoy ayer anteayer antier semana mes año hace"
    )
    | frozenset(map(str, range(1900, 2100)))
)
"""Wherever `_WHEN` finds something, one of these words is. To look for them takes a third of the time of the search."""
_PLACE = re.compile(
    r"(?:in(?<!\win)|at(?<!\wat)|from(?<!\wfrom)|en(?<!\wen)|desde(?<!\wdesde))\s+(?P<place>(?:el\s+|la\s+|the\s+)?[A-ZÁÉÍÓÚÑ][\w.’'-]+"
    r"(?:\s+(?:(?:de|del|la|los|of|the)\s+){0,2}[A-ZÁÉÍÓÚÑ][\w.’'-]+){0,4})"
)
_NO_PLACE = frozenset(_MONTHS) | frozenset(DAYS)
_REACH = 90


def said_of(tokens: Tokens, lang: str, raw: Raw, published: datetime.date | None) -> Said | None:
    """When and where, from the words of the cue's sentence that are neither content nor source; None if not given."""
    if raw.cue is None:
        return None
    rest = _rest(tokens, raw)
    when = None if _OF_TIME.isdisjoint(_WORD.findall(rest.lower())) else _WHEN[lang].search(rest)
    place = next(
        (m["place"].rstrip(".,’'-") for m in _PLACE.finditer(rest) if m["place"].rstrip(".,").lower() not in _NO_PLACE),
        None,
    )
    if when:
        return Said(text=" ".join(when[0].split()).rstrip("."), date=resolve_day(when, published), place=place)
    if place:
        return Said(text=place, place=place)
    return None


def _rest(tokens: Tokens, raw: Raw) -> str:
    assert raw.cue is not None
    at, high = sentence_around(tokens, raw.cue[0], _REACH)
    pieces: list[str] = []
    for first, stop in sorted([*raw.content, *([raw.source] if raw.source else []), (high, high)]):
        if at < min(first, high):
            pieces.append(tokens.text[tokens.start[at] : tokens.end[min(first, high) - 1]])
        at = max(at, stop)
    return " | ".join(pieces)


def resolve_day(when: re.Match[str], published: datetime.date | None) -> datetime.date | None:
    """The day that is meant. Relative days count back from the publication. None when no single day is given."""
    groups = when.groupdict()
    month = groups["month"] or groups.get("month2")
    dom = groups["dom"] or groups.get("dom2")
    if month and dom:
        year = groups["year"]
        return _dated(int(year) if year else None, _MONTHS[month.lower()], int(dom), published)
    if published is None:
        return None
    word = (groups["word"] or "").lower()
    if word:
        back = {"today": 0, "hoy": 0, "yesterday": 1, "ayer": 1, "anteayer": 2, "antier": 2}[word]
        return published - datetime.timedelta(days=back)
    if groups["day"]:
        return published - datetime.timedelta(days=(published.weekday() - DAYS[groups["day"].lower()]) % 7)
    return None


def _dated(year: int | None, month: int, day: int, published: datetime.date | None) -> datetime.date | None:
    if year is None:
        if published is None:
            return None
        year = published.year if (month, day) <= (published.month, published.day) else published.year - 1
    if not 1900 <= year <= 2100 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return datetime.date(year, month, day)
