"""An alert: what is new from one speaker on one topic in one article; or that a told one was confirmed or withdrawn."""
from typing import Literal

from pydantic import Field

from schemas.base import Part, Record, Time
from schemas.reason import Reason
from schemas.statement import Cue, Kind, Said, Sighting, Source, Speaker

AlertKind = Literal["new", "corroborated", "corrected"]


class AlertStatement(Part):
    """A statement, verbatim, with what stands before and after it in the article, and why it is told.

    `source` and `cue` are the words beside it, `cue.sense` what kind of speech they signal. `sightings` are the
    articles that carry it so far, the first one first: later ones are in the topic `statements`, under the same id.
    """

    id: str
    text: str
    before: str = ""
    after: str = ""
    source: Source | None = None
    cue: Cue | None = None
    kind: Kind
    said: Said | None = None
    terms: tuple[str, ...] = ()
    reason: Reason | None = None
    sightings: tuple[Sighting, ...] = ()


class AlertArticle(Part):
    """The article that carries the statements; `url` is as published, `link` opens at the first statement."""

    id: str
    version: str
    title: str
    outlet: str
    url: str
    link: str
    authors: tuple[str, ...] = ()
    published: Time | None = None
    seen: Time


class Alert(Record):
    """Topic `alerts.<topic>`, key: alert id, which is the id of its first statement.

    Of the kind `corroborated`, it tells that the statements of the alert `follows` stood in as many `outlets` by then;
    its article is the one that made up the number, and its id is one of its own. Of the kind `corrected`, it tells that
    an edit of its article removed or changed the statements of the alert `follows`; they are given as they were told.
    `seconds` is the time spent in each step, from reading on; `article.seen` and `alerted` are when it began and ended.
    """

    id: str
    topic: str
    kind: AlertKind = "new"
    follows: str | None = None
    outlets: tuple[str, ...] = ()
    lang: str | None = None
    speaker: Speaker | None = None
    statements: tuple[AlertStatement, ...] = Field(min_length=1)
    article: AlertArticle
    story: str | None = None
    why: str
    seconds: dict[str, float] = {}
    alerted: Time
