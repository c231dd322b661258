"""The models of an alert as version 0.1.0 had them, for programs of version 1 of the contract. Never change them."""

import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

Kind = Literal["direct", "indirect", "mixed", "release"]


class PartV1(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class TermV1(PartV1):
    topic: str
    text: str
    start: int
    end: int
    in_title: bool = False


class NearestV1(PartV1):
    statement: str
    similarity: float
    text: str
    speaker: str | None = None
    outlet: str
    url: str
    seen: AwareDatetime


class PossibleV1(PartV1):
    statement: str
    lang: str
    similarity: float
    text: str
    outlet: str
    url: str


class ReasonV1(PartV1):
    why: str
    terms: tuple[TermV1, ...] = ()
    nearest: NearestV1 | None = None
    age_hours: float | None = None
    possible: tuple[PossibleV1, ...] = ()


class CueV1(PartV1):
    text: str
    start: int
    end: int
    sense: str | None = None
    negated: bool = False


class SourceV1(PartV1):
    text: str
    start: int
    end: int


class SpeakerV1(PartV1):
    name: str
    role: str | None = None


class SaidV1(PartV1):
    text: str
    date: datetime.date | None = None
    place: str | None = None


class SightingV1(PartV1):
    article: str
    version: str
    outlet: str
    url: str
    at: AwareDatetime
    published: AwareDatetime | None = None


class AlertStatementV1(PartV1):
    id: str
    text: str
    before: str = ""
    after: str = ""
    source: SourceV1 | None = None
    cue: CueV1 | None = None
    kind: Kind
    said: SaidV1 | None = None
    terms: tuple[str, ...] = ()
    reason: ReasonV1 | None = None
    sightings: tuple[SightingV1, ...] = ()


class AlertArticleV1(PartV1):
    id: str
    version: str
    title: str
    outlet: str
    url: str
    link: str
    authors: tuple[str, ...] = ()
    published: AwareDatetime | None = None
    seen: AwareDatetime


class AlertV1(PartV1):
    v: int = 1
    id: str
    topic: str
    kind: Literal["new", "corroborated", "corrected"] = "new"
    follows: str | None = None
    outlets: tuple[str, ...] = ()
    lang: str | None = None
    speaker: SpeakerV1 | None = None
    statements: tuple[AlertStatementV1, ...]
    article: AlertArticleV1
    story: str | None = None
    why: str
    seconds: dict[str, float] = {}
    alerted: AwareDatetime
