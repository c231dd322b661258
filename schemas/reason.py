"""Why a statement was alerted, only recorded, or recognised as known. Alerts and outcomes contain these models.

Offsets are Unicode code points, end exclusive.
"""

from typing import Literal

from schemas.base import RecordPart, Time


class Term(RecordPart):
    """A term of a topic that was found: its span in the article's text, or in the title if `in_title` is set."""

    topic: str
    """Name of the topic in the taxonomy."""
    text: str
    """The words, as written."""
    start: int
    """Offset of the first character, in code points."""
    end: int
    """Offset after the last character, in code points."""
    in_title: bool = False
    """Whether the offsets are into the title and not into the text."""


class Nearest(RecordPart):
    """The ledger entry that is most similar to a statement, and where it was first seen. `similarity` is 0 to 1."""

    statement: str
    """Id of the ledger entry."""
    similarity: float
    """Similarity of the two, 0 to 1; 1 is the same claim."""
    text: str
    """The words of the entry."""
    speaker: str | None = None
    """Name of its speaker; null when nobody is named."""
    outlet: str
    """Outlet that carried it first."""
    url: str
    """Address of the article that carried it first."""
    seen: Time
    """When that article was seen."""


class Possible(RecordPart):
    """A ledger entry in the other language that may be the same statement. It does not suppress an alert."""

    statement: str
    """Id of the ledger entry."""
    alert: str | None = None
    """Id of the alert that contains it; null when it was recorded without one, and in records of older versions."""
    lang: str
    """Language of the entry, ISO 639-1."""
    similarity: float
    """Similarity of the two, 0 to 1."""
    text: str
    """The words of the entry."""
    outlet: str
    """Outlet that carried it first."""
    url: str
    """Address of the article that carried it first."""


class Reason(RecordPart):
    """Why a statement was alerted or not. `terms` are the words because of which it is on its topics. `nearest` is the
    most similar ledger entry; for a known statement, its own entry. `age_hours` is the time from when it was said or
    published until it was seen; null if neither is known."""

    why: str
    """The reason in words, for people. Its wording may change."""
    terms: tuple[Term, ...] = ()
    """The terms that put the statement on its topics."""
    nearest: Nearest | None = None
    """The most similar ledger entry; null when none is similar at all."""
    age_hours: float | None = None
    """Hours from when it was said or published until it was seen; null when neither is known."""
    possible: tuple[Possible, ...] = ()
    """Entries in the other language that may be the same statement."""


class Verdict(RecordPart):
    """What was decided on one statement of an article. `statement` is its id in the ledger, `text` its beginning.

    new: it was alerted. known: it is already in the ledger, and a sighting was added. recorded: it is new, but was not
    alerted. off-topic: it is on no topic with alerts.
    """

    statement: str | None = None
    """Id of the statement in the ledger; null when it has no entry."""
    text: str
    """How the statement begins."""
    speaker: str | None = None
    """Name of its speaker; null when nobody is named."""
    verb: str | None = None
    """What the speaker did, in the article's language, as in alerts; null in records of older versions."""
    topics: tuple[str, ...] = ()
    """The topics that the statement is on."""
    verdict: Literal["new", "known", "recorded", "off-topic"]
    """What was decided."""
    alert: str | None = None
    """Id of the alert that contains it; null when there is none."""
    reason: Reason
    """Why it was decided."""
