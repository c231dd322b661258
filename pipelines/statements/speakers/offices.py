"""Finds who held an office on a day (data/offices.yaml), for texts that name only the office and not the person."""

import datetime
import functools
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.statements.reading.closed_words import DEFINITE, words_in
from pipelines.statements.reading.lexicon import parse_yaml
from pipelines.statements.reading.names import fold, tables
from pipelines.statements.speakers.people import People
from schemas.persons import Person, persons

FRESH = datetime.timedelta(days=365)
"""How long after the `checked` date of the file its data are still used."""
_OF = {
    "mx": words_in("mexicano mexicana mexican mexico mexicos palacio"),
    "us": words_in("estadounidense norteamericano american us unidos eu eeuu states"),
}
_US = _OF["us"] | words_in("eua usa washington blanca white")
_SMALL = words_in("de del la los las el of the s")


class TermOfOffice(BaseModel):
    """The first and the last certain day in office; `until` null: still in office when the file was checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    person: str
    since: datetime.date = Field(alias="from")
    until: datetime.date | None


class Office(BaseModel):
    """An office, its names, and the terms of its holders."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    office: str
    source: str
    country: Literal["mx", "us"]
    es: tuple[str, ...]
    en: tuple[str, ...]
    alone: tuple[str, ...]
    terms: tuple[TermOfOffice, ...]


class OfficeFile(BaseModel):
    """The schema of offices.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    checked: datetime.date
    offices: tuple[Office, ...]


@functools.cache
def listed_offices() -> OfficeFile:
    """The parsed file. Raises pydantic.ValidationError when it does not match the schema."""
    text = (resources.files("pipelines") / "data" / "offices.yaml").read_text(encoding="utf-8")
    return OfficeFile.model_validate(parse_yaml(text))


@functools.cache
def _named() -> dict[tuple[str, ...], list[tuple[Office, bool]]]:
    """Words of an office name without small words → (office, whether it needs no country) for each possible office."""
    out: dict[tuple[str, ...], list[tuple[Office, bool]]] = {}
    for office in listed_offices().offices:
        alone = {_words(form) for form in office.alone}
        for form in {_words(form) for form in (*office.es, *office.en, *office.alone)}:
            out.setdefault(form, []).append((office, form in alone))
    return out


def _words(text: str) -> tuple[str, ...]:
    folded = "".join(c if c.isalnum() else " " for c in fold(text).replace(".", ""))
    return tuple(word for word in folded.split() if word not in _SMALL)


def holder_on(office: Office, day: datetime.date) -> Person | None:
    """The holder of an office on a day; None when the file does not say for certain."""
    if day > listed_offices().checked + FRESH:
        return None
    found = [t.person for t in office.terms if t.since <= day <= (t.until or day)]
    return persons()[found[0]] if len(found) == 1 else None


def holder(people: People, source: str, gender: str | None, day: datetime.date) -> Person | None:
    """The person that a description such as “el canciller”, “the US ambassador to Mexico” means on a day.

    None unless exactly one person fits, the gender agrees, nobody else in the text has the same title, and the country
    is known: it is given with the title, or the title needs none and the text names no third country.
    """
    words = source.split()
    if not words or words[0].lower() not in DEFINITE:
        return None
    asked = _words(" ".join(words[1:]))
    found: dict[str, Person] = {}
    for form, country in _readings(asked):
        for office, alone in _named().get(form, ()):
            told = country == office.country or (country is None and alone and _countries(people) <= {"mx", "us"})
            person = holder_on(office, day) if told else None
            if person and gender in (None, person.gender):
                found[person.id] = person
        if found:
            break
    person = next(iter(found.values()), None)
    return person if person and len(found) == 1 and not _other_bearer(people, asked, person) else None


def _readings(asked: tuple[str, ...]) -> list[tuple[tuple[str, ...], str | None]]:
    """(words, country) of a description: as written with None, and without its country words."""
    out: list[tuple[tuple[str, ...], str | None]] = [(asked, None)]
    for country, words in _OF.items():
        if words & set(asked):
            rest = tuple(word for word in asked if word not in words | {"estados", "united"})
            out.append((rest, country))
    return out


def _countries(people: People) -> set[str]:
    """The countries that a text names: mx, us, or other."""
    out = set()
    for entity in people.entities:
        if fold(entity.name).rstrip(".") in tables().countries:
            words = set(_words(entity.name))
            out.add("mx" if words & _OF["mx"] else "us" if words & _US else "other")
    return out


def _other_bearer(people: People, asked: tuple[str, ...], person: Person) -> bool:
    """Whether somebody else in the text has the same title: “la canciller peruana Elsa Mayo”."""
    titles = {word for word in asked if word in tables().classes}
    return any(e.person and titles & e.about and fold(e.name) != fold(person.name) for e in people.entities)
