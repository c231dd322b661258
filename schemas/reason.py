"""Why a statement was alerted, recorded or taken for known: what an alert and an outcome carry for each.

Offsets are Unicode code points, end exclusive.
"""
from typing import Literal

from schemas.base import Part, Time


class Term(Part):
    """A term of a topic: its span in the article's text, or in the title where `in_title`."""

    topic: str
    text: str
    start: int
    end: int
    in_title: bool = False


class Nearest(Part):
    """The ledger entry likest to a statement, and where it was first seen. `similarity` is 0 to 1."""

    statement: str
    similarity: float
    text: str
    speaker: str | None = None
    outlet: str
    url: str
    seen: Time


class Possible(Part):
    """A ledger entry in the other language that may be the same statement. It suppresses nothing."""

    statement: str
    lang: str
    similarity: float
    text: str
    outlet: str
    url: str


class Reason(Part):
    """`why` in words; `terms` that put the statement on its topics; `nearest` in the ledger, the entry itself where the
    statement is known; `age_hours` from when it was said or published until it was seen, null where neither is told."""

    why: str
    terms: tuple[Term, ...] = ()
    nearest: Nearest | None = None
    age_hours: float | None = None
    possible: tuple[Possible, ...] = ()


class Verdict(Part):
    """What was decided on one statement of an article. `statement` is its id in the ledger, `text` how it begins.

    new: alerted. known: a sighting of what the ledger holds. recorded: new, but not alerted. off-topic: on no topic
    that alerts.
    """

    statement: str | None = None
    text: str
    speaker: str | None = None
    topics: tuple[str, ...] = ()
    verdict: Literal["new", "known", "recorded", "off-topic"]
    alert: str | None = None
    reason: Reason
