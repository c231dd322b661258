"""The people and institutions in a text, and a guess of the kind of a name."""

import functools
import re
from dataclasses import dataclass, field

from pipelines.statements.reading.closed_words import ARTICLES
from pipelines.statements.reading.names import INSIDE, fold, tables


@dataclass(slots=True, eq=False)
class Entity:
    """A possible speaker: fullest name, role, groups of titles, gender (`m`, `f` or None).

    `kind` is person, organization, place, thing, group (several named together), or empty if unknown. `many`: the
    name or description is plural.
    """

    name: str
    words: frozenset[str]
    role: str | None = None
    classes: set[str] = field(default_factory=set)
    gender: str | None = None
    person: bool = False
    about: set[str] = field(default_factory=set)
    sure: bool = False
    kind: str = ""
    many: bool = False


@dataclass(slots=True)
class Mention:
    """The tokens [first, stop) that name an entity."""

    first: int
    stop: int
    entity: Entity


_NO_PERSON = re.compile(r"(?:ci[oó]n|si[oó]n|dad|miento|ismo|tion|ment|ism|ity|ness|ing)(?:e?s)?$")
_NO_PERSON_WORDS = (
    "palacio poder mision mission plan plaza parque puente bridge ley act acuerdo convenio programa program "
    "operativo proyecto project estado state federal nacional national civil public publico publica frontera border "
    "valley valle county condado street avenue avenida calle river rio north south east west norte sur oriente gun "
    "guns armas trace field region district distrito iniciativa initiative framework marco cuarto casa camara "
    "iglesia church museo museum aeropuerto airport high supreme new nuevo nueva enero febrero marzo abril mayo "
    "junio julio agosto septiembre octubre noviembre diciembre january february march april may june july august "
    "september october november december monday tuesday wednesday thursday friday saturday sunday lunes martes "
    "miercoles jueves viernes sabado domingo lee tambien read more see ver mas te puede interesar video foto photo "
)
_NO_PERSONS = frozenset(_NO_PERSON_WORDS.split())


@functools.lru_cache(maxsize=20_000)
def bare_title(word: str) -> str:
    """A title without the prefix ex: exsecretario → secretario."""
    bare = word.removeprefix("ex").lstrip("-")
    return bare if word not in tables().classes and bare in tables().classes else word


@functools.lru_cache(maxsize=20_000)
def is_role(word: str) -> bool:
    """Whether a word, as written, is a title: “secretario”, “exsecretario”, “Author”."""
    return bare_title(fold(word)) in tables().classes


def kind_of_name(words: list[str]) -> str:
    """The kind of a name: person, organization, place or thing; empty if it is not clear."""
    t = tables()
    folded = [fold(w).rstrip(".") for w in words]
    if fold(" ".join(words)).rstrip(".") in t.places:
        return "place"
    if any(w in t.organizations for w in folded):
        return "organization"
    capitals = all(w.isupper() for w in words) and len(words) > 1
    if not capitals and any(w.isupper() and 1 < len(w) <= 8 and w not in {"II", "III"} for w in words):
        return "organization"
    inner = [w for w in words if w in INSIDE]
    if folded[0] in t.first_names and 1 < len(words) <= 6 and not {"of", "the", "for"} & set(inner):
        return "person"
    if any(_NO_PERSON.search(w) or w in _NO_PERSONS for w in folded):
        return "thing"
    if len(words) == 1:
        return ""
    if folded[0] in ARTICLES:
        return "thing"
    return "person" if len(words) <= 4 and not inner else "thing" if len(words) > 4 else ""
