"""A statement: who said what, where and when; and its entry in the ledger (topic `statements`).

Offsets are Unicode code points into the article's text, end exclusive.
"""
import datetime
from typing import Literal

from pydantic import Field

from schemas.base import Part, Record, Time
from schemas.reason import Term

Kind = Literal["direct", "indirect", "mixed", "release"]


class Span(Part):
    start: int
    end: int


class Cue(Part):
    """The words that signal speech.

    `sense` is one of said, denied, accused, demanded, promised, asked, announced, thinks.
    """

    text: str
    start: int
    end: int
    sense: str | None = None
    negated: bool = False


class Source(Part):
    """The source as written beside the cue."""

    text: str
    start: int
    end: int


class Speaker(Part):
    """Whom the source stands for, after pronouns and descriptions are resolved."""

    name: str
    role: str | None = None


class Said(Part):
    """When and where it was said, as far as it is written."""

    text: str
    date: datetime.date | None = None
    place: str | None = None


class Statement(Part):
    """One statement found in a text; `terms` put it on its `topics`, `why` names the rule or feature that made it."""

    content: tuple[Span, ...]
    cue: Cue | None = None
    source: Source | None = None
    speaker: Speaker | None = None
    said: Said | None = None
    kind: Kind
    topics: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    why: str | None = None


class Sighting(Part):
    """One article that carries a statement. `at` is when we saw it, `version` which text of the article it was."""

    article: str
    version: str
    outlet: str
    url: str
    at: Time
    published: Time | None = None


class LedgerEntry(Record):
    """Topic `statements`, compacted, key: statement id: what is known to have been said.

    `sightings` holds one entry an article, the first sighting first; `alert` is the id of the alert that told of it,
    null when it was recorded without one (`why` says why). `possible`
    are ids of entries in the other language that may be the same statement; `denied`: the text is what was denied.
    """

    id: str
    story: str | None = None
    text: str
    speaker: Speaker | None = None
    said: Said | None = None
    kind: Kind
    lang: str | None = None
    topics: tuple[str, ...]
    sightings: tuple[Sighting, ...] = Field(min_length=1)
    alert: str | None = None
    possible: tuple[str, ...] = ()
    denied: bool = False
    why: str
