"""A statement: who said what, where and when; and its entry in the ledger (topic `statements`).

Offsets are Unicode code points into the article's text, end exclusive.
"""

import datetime
from typing import Literal

from pydantic import Field

from schemas.base import Record, RecordPart, Time
from schemas.reason import Term

Kind = Literal["direct", "indirect", "mixed", "release"]
#: Why a new statement is not alerted: it was published or said longer ago than `max_alert_age`, or it has no date and
#: was not found live.
HeldBack = Literal["published-before", "said-before", "undated"]
Known = Literal["written", "resolved", "inferred"]


class Span(RecordPart):
    start: int
    """Offset of the first character, in code points."""
    end: int
    """Offset after the last character, in code points."""


class Cue(RecordPart):
    """The words that signal speech.

    `sense` is one of said, denied, accused, demanded, promised, asked, announced, thinks. `denied` is also used for
    doubting and for declining to say.
    """

    text: str
    """The words, as written."""
    start: int
    """Offset of the first character, in code points."""
    end: int
    """Offset after the last character, in code points."""
    sense: str | None = None
    """What kind of speech it signals; null when the lexicon does not say."""
    negated: bool = False
    """Whether the cue itself is negated, as in "did not say"."""
    conditional: bool = False
    """Whether the speech is only supposed, as in "would say" and "habría dicho"."""


class Source(RecordPart):
    """The source (the words for the speaker), as written next to the cue."""

    text: str
    """The words, as written."""
    start: int
    """Offset of the first character, in code points."""
    end: int
    """Offset after the last character, in code points."""


class Speaker(RecordPart):
    """The person or body that the source refers to, after pronouns and descriptions are resolved.

    `known`: the name or description is `written` next to the statement, or `resolved` from elsewhere in the text, or
    `inferred`: the text gives only an office (`role`), and the name is that of its holder on that day.
    """

    name: str
    """The fullest name that the text gives; for somebody unnamed, the fullest description."""
    role: str | None = None
    """Office or function, as written; null when none is given."""
    id: str | None = None
    """One id for all spellings of a name (schemas/data/persons.yaml); null for a description that names nobody."""
    known: Known | None = None
    """How the speaker is known; null in records older than the field."""


class Said(RecordPart):
    """When and where it was said, as far as the text says."""

    text: str
    """The words that say when or where, as written."""
    date: datetime.date | None = None
    """The day on which it was said; null when it cannot be worked out."""
    place: str | None = None
    """Where it was said, as written; null when the text does not say."""


class Statement(RecordPart):
    """One statement found in a text."""

    content: tuple[Span, ...]
    """The spans of what was said; several where the cue is between them."""
    cue: Cue | None = None
    """The words that signal speech; null where only layout or quotation marks show it."""
    source: Source | None = None
    """The source beside the cue; null when there is none."""
    speaker: Speaker | None = None
    """The person or body that the source refers to; null when that is not known."""
    said: Said | None = None
    """When and where it was said; null when it is not written."""
    kind: Kind
    """direct: quoted. indirect: paraphrased. mixed: a paraphrase with quoted words in it. release: an official release
    in its issuer's voice."""
    topics: tuple[str, ...] = ()
    """The topics that the statement is on."""
    terms: tuple[Term, ...] = ()
    """The terms that put it on its topics."""
    grounds: dict[str, str] = {}
    """What puts it on each of its topics, in words; empty in records of older versions."""
    why: str | None = None
    """Which rule or feature found the statement; null in records of older versions."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """The probability, 0 to 1, that its cue word reports a statement; null when a rule without a probability found
    it."""


class Sighting(RecordPart):
    """One article that carries a statement. `at` is when it was seen, `version` the version of the article's text."""

    article: str
    """Id of the article."""
    version: str
    """Digest of the text of the article at that time."""
    outlet: str
    """The outlet."""
    url: str
    """Address of the article."""
    at: Time
    """When the article was seen."""
    published: Time | None = None
    """When the article says it was published; null when it does not."""


class LedgerEntry(Record):
    """Topic `statements`, compacted, key: statement id. A statement that is known to have been made.

    `sightings` has one entry for each article, the first sighting first. `alert` is the id of the alert that reported
    it, null if it was recorded without an alert (`why` gives the reason). `possible` are ids of entries in the other
    language that may be the same statement. `denied`: the text is what the speaker denied.
    """

    id: str
    """The statement's id, derived from its content."""
    story: str | None = None
    """Id of the story of the first article; null when it has none."""
    text: str
    """The words of the statement."""
    speaker: Speaker | None = None
    """Who said it; null when that is not known."""
    said: Said | None = None
    """When and where it was said; null when it is not written."""
    cue: Cue | None = None
    """The words that signalled speech in the first article; null without any, and in records of older versions."""
    kind: Kind
    """How the words are given: direct, indirect, mixed or release."""
    lang: str | None = None
    """Language of the text, ISO 639-1; null when unknown."""
    topics: tuple[str, ...]
    """The topics that the statement is on."""
    sightings: tuple[Sighting, ...] = Field(min_length=1)
    """The articles that carry it, one entry each, the first one first; 200 at most."""
    alert: str | None = None
    """Id of the alert that contained it; null when it was recorded without one."""
    possible: tuple[str, ...] = ()
    """Ids of entries in the other language that may be the same statement."""
    denied: bool = False
    """Whether the text is what the speaker denied."""
    why: str
    """Why it was alerted or only recorded, in words. Its wording may change."""
    recorded: Time | None = None
    """When it was first recorded here; null in records of older versions."""
    held_back: HeldBack | None = None
    """Why it was not alerted, as a kind; null when it was due, and in records of older versions."""
