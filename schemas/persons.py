"""Maps all forms of a person's name (spellings, initials, married names, other language) to one id, by
data/persons.yaml."""

import datetime
import functools
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from schemas.ids import fold


class Person(BaseModel):
    """One person: the name that is shown, and other forms of the name."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    id: str
    """Lower case words without accents, joined by hyphens; it never changes."""
    name: str
    """The form that is shown."""
    gender: Literal["m", "f"]
    """Which of “el canciller” and “la canciller” may be this person."""
    also: tuple[str, ...]
    """Other forms; each stands for this person where it is the whole of a name."""


class PersonFile(BaseModel):
    """The content of persons.yaml. `checked` is the day on which it was last reviewed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    checked: datetime.date
    """The day on which the file was last gone through."""
    persons: tuple[Person, ...]
    """All persons; a form of a name stands for one of them only."""


@functools.cache
def listed_persons() -> PersonFile:
    """The persons of the file. Raises pydantic.ValidationError where it breaks its schema."""
    text = (resources.files("schemas") / "data" / "persons.yaml").read_text(encoding="utf-8")
    return PersonFile.model_validate(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


@functools.cache
def persons() -> dict[str, Person]:
    """Person by id."""
    return {person.id: person for person in listed_persons().persons}


@functools.cache
def _forms() -> dict[str, str]:
    return {fold(form): p.id for p in listed_persons().persons for form in (p.name, *p.also)}


@functools.lru_cache(maxsize=10_000)
def person_id(name: str) -> str:
    """The id of a name: that of the listed person it is a form of, else its own words without case and accents."""
    folded = fold(name)
    return _forms().get(folded) or folded.replace(" ", "-")
