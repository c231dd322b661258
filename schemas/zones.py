"""Time zones as pages write them behind a date: "hora de Tijuana", "Tiempo del Pacífico", "New York time",
"America/Tijuana". Zones and their places are those of the IANA time zone database."""

import re
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.ids import unaccented

#: Names that are not those of a place in the database, without accents, in lower case. "Hora del Pacífico" is that of
#: California and Baja California, as the press of both writes it; Sinaloa's hour has its own name.
_NAMES = {
    "centro": "America/Mexico_City", "centro de mexico": "America/Mexico_City", "mexico": "America/Mexico_City",
    "ciudad de mexico": "America/Mexico_City", "cdmx": "America/Mexico_City",
    "noroeste": "America/Tijuana", "baja california": "America/Tijuana", "mexicali": "America/Tijuana",
    "sonora": "America/Hermosillo", "sinaloa": "America/Mazatlan", "nuevo leon": "America/Monterrey",
    "juarez": "America/Ciudad_Juarez", "sureste": "America/Cancun", "quintana roo": "America/Cancun",
    "este": "America/New_York", "nueva york": "America/New_York", "washington": "America/New_York",
    "washington d.c.": "America/New_York", "miami": "America/New_York",
    "centro de estados unidos": "America/Chicago", "houston": "America/Chicago", "dallas": "America/Chicago",
    "san antonio": "America/Chicago", "montana": "America/Denver", "el paso": "America/Denver",
    "arizona": "America/Phoenix", "pacifico": "America/Los_Angeles", "california": "America/Los_Angeles",
    "san diego": "America/Los_Angeles",
}  # fmt: skip
_UNITED_STATES = re.compile(r" (?:de|en) (?:los )?(?:estados unidos|ee\.? ?uu\.?|e\.?u\.?a?\.?)$")
#: Places of the database that writers in Mexico seldom mean: there they are in Veracruz and in Baja California Sur.
_DOUBTFUL = frozenset(("cordoba", "la paz"))
#: "(hora de la Ciudad de México)", "tiempo estándar del Pacífico": the name, and what may follow it up to a mark.
_SPANISH = re.compile(
    r"\(?\b(?:horas?|hrs?\.?|h\.?|tiempo|huso) (?:local |est[aá]ndar |oficial )?(?:del|de la|de|en) "
    r"([^\W\d_][^\d()|,;:/·–—]{1,40}+)",
    re.IGNORECASE,
)
#: "Mexico City time": up to three capitalised words before it.
_ENGLISH = re.compile(r"\(?((?:\b[A-Z][\w.]{1,20} ){1,3})(?:local )?time\b\)?")
#: What may stand between a zone and a date; a hyphen may be the sign of an offset.
_MARKS = " .,;:/|·–—"
#: A word, without the hyphen of an offset behind it.
_WORD = re.compile(r"[^\s-]+(?:-++[^\s-]+)*+")
_KEY = re.compile(r"\(?([A-Z][A-Za-z]{1,20}(?:/[A-Z][\w+-]{1,30}){1,2})\)?", re.ASCII)
#: As Java writes it behind a date, mostly with its offset: 2026-11-23T10:00-06:00[America/Mexico_City].
_BRACKETED = re.compile(r"(?<=[\dZ])\[([\w/+-]{1,40})\]$", re.ASCII)


def without_zone(text: str) -> tuple[str, ZoneInfo | None]:
    """The text of a date without the name of a place's time zone, and that zone; the text itself and None when it names
    none that is known. An offset or an abbreviation ("CST") stays in the text."""
    if match := _BRACKETED.search(text):
        return text[: match.start()], _zone(match[1])
    for start, end, zone in _named(text):
        if zone:
            return f"{text[:start]} {text[end:].lstrip(_MARKS)}".strip(), zone
    return text, None


def _named(text: str) -> Iterator[tuple[int, int, ZoneInfo | None]]:
    """Where a name begins and ends that could be that of a zone, and the zone."""
    last = text.rfind(" ") + 1
    if "/" in text and (match := _KEY.fullmatch(text, last)):
        yield *match.span(), _zone(match[1])
    for match in _SPANISH.finditer(text):
        ends = [match.start(1) + word.end() for word in _WORD.finditer(match[1])]
        for end in reversed(ends):  # also of "México del martes"
            yield match.start(), end + text.startswith(")", end), _of_place(text[match.start(1) : end])
    if match := _ENGLISH.search(text):
        words = match[1].split()
        for at in range(len(words)):  # also of "AM Tijuana time"
            place = " ".join(words[at:])
            yield match.end(1) - len(place) - 1 if at else match.start(), match.end(), _of_place(place)


@lru_cache(500)
def _of_place(name: str) -> ZoneInfo | None:
    """The zone of a place or a region, named in Spanish or English; None when it is not known or doubtful."""
    name = re.sub(r"(?: del?| el)$", "", " ".join(unaccented(name).split()))  # "… hora de México del 17 de marzo"
    bare = _UNITED_STATES.sub("", name)
    if bare != name and bare == "centro":
        bare = "centro de estados unidos"
    if known := _NAMES.get(bare) or _NAMES.get(bare.rstrip(".")):
        return ZoneInfo(known)
    if bare in _DOUBTFUL:
        return None
    key = "_".join(word.capitalize() for word in bare.split())
    return _zone(f"America/{key}") or _zone(f"Europe/{key}")


def _zone(key: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(key)
    except (OSError, ValueError, KeyError):  # no such zone (a KeyError), a directory, a key that is none
        return None
