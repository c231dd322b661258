"""An alert: what is new from one speaker on one topic in one article; or that a told one was confirmed by others."""
from typing import Literal

from schemas.base import Part, Record, Time
from schemas.reason import Reason
from schemas.statement import Cue, Kind, Said, Speaker


class AlertStatement(Part):
    """A new statement, verbatim, with what stands before and after it in the article, and why it is told."""

    id: str
    text: str
    before: str = ""
    after: str = ""
    cue: Cue | None = None
    kind: Kind
    said: Said | None = None
    terms: tuple[str, ...] = ()
    reason: Reason | None = None


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
    its article is the one that made up the number, and its id is one of its own.
    """

    id: str
    topic: str
    kind: Literal["new", "corroborated"] = "new"
    follows: str | None = None
    outlets: tuple[str, ...] = ()
    lang: str | None = None
    speaker: Speaker | None = None
    statements: tuple[AlertStatement, ...]
    article: AlertArticle
    story: str | None = None
    why: str
    alerted: Time
