"""An alert: new statements of one speaker on one topic in one article, or a follow-up (confirmed or withdrawn)."""

from typing import Literal

from pydantic import Field

from schemas.base import Record, RecordPart, Time
from schemas.reason import Possible, Reason
from schemas.statement import Cue, Kind, Said, Sighting, Source, Speaker

AlertKind = Literal["new", "corroborated", "corrected"]
#: The version of the alert's value. Version 2 adds optional fields only, so programs for version 1 read it.
CONTRACT_VERSION = 2


class AlertStatement(RecordPart):
    """A statement, verbatim, with the text before and after it in the article and the reason for the alert.

    `source` and `cue` are the words that introduce it; `cue.sense` is the kind of speech. `sightings` are the articles
    that carried it when the alert was raised, the first one first. Later ones are in the topic `statements`, under the
    same id.
    """

    id: str
    """The statement's id, as in the topic `statements`."""
    text: str
    """The words of the statement, verbatim."""
    before: str = ""
    """The text before it in the article."""
    after: str = ""
    """The text after it in the article."""
    source: Source | None = None
    """The source beside the cue; null when there is none."""
    cue: Cue | None = None
    """The words that signal speech; null where only layout or quotation marks show it."""
    verb: str | None = None
    """What the speaker did, in words for people in the article's language: said, denied this, prometió. `this` and
    `esto` mean that the text is what was denied, doubted or not said. Null in records of older versions."""
    sense: str | None = None
    """What the verb says, for programs: said, denied, doubted, declined, accused, demanded, promised, asked, announced
    or thinks. Null in records of version 1."""
    negated: bool | None = None
    """Whether the verb is negated, as in "did not say". Null in records of version 1."""
    supposed: bool | None = None
    """Whether the speech is only supposed, as in "reportedly said". Null in records of version 1."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """The probability, 0 to 1, that its cue word reports a statement. Null when a rule without a probability found the
    statement, and in records of version 1."""
    twin: Possible | None = None
    """The statement in the other language that is most likely the same; null when none was known at the time, and in
    records of version 1."""
    kind: Kind
    """How the words are given: direct, indirect, mixed or release."""
    said: Said | None = None
    """When and where it was said; null when it is not written."""
    terms: tuple[str, ...] = ()
    """The words that put it on the topic."""
    reason: Reason | None = None
    """Why it counts as new; null in records of older versions."""
    sightings: tuple[Sighting, ...] = ()
    """The articles that carry it so far, the first one first."""


class AlertArticle(RecordPart):
    """The article that carries the statements. `url` is as published; `link` opens the page at the first statement."""

    id: str
    """Id of the article."""
    version: str
    """Digest of this text of the article."""
    title: str
    """The headline."""
    outlet: str
    """The outlet."""
    url: str
    """Address as published."""
    link: str
    """The address with a text fragment, so that a browser opens it at the first statement."""
    authors: tuple[str, ...] = ()
    """Names of the authors."""
    published: Time | None = None
    """When it was published, as the article says; null when it does not say."""
    seen: Time
    """When the connector first had this version."""


class Alert(Record):
    """Topic `alerts.<topic>`, key: alert id, which is the id of its first statement.

    Kind `corroborated`: the statements of the alert `follows` have now been carried by all of `outlets`. Its article is
    the one with which the number was reached, and it has an id of its own. Kind `corrected`: an edit of its article
    removed or changed the statements of the alert `follows`; they are given as in that alert. `seconds` is the time
    spent in each processing step. Processing began at `article.seen` and ended at `alerted`.
    """

    contract_version: int = 1
    """Version of this value: 2, or 1 in records that have no such field. A higher one only adds fields; `v` grows only
    with a change that older programs cannot ignore."""
    id: str
    """The id of its first statement; of a follow-up, an id of its own."""
    topic: str
    """Name of the topic, without `alerts.`."""
    topic_titles: dict[str, str] = {}
    """The topic's title by language: en, es. Empty in records of version 1."""
    kind: AlertKind = "new"
    """new: not said before. corroborated: carried by more outlets since. corrected: taken back by an edit."""
    follows: str | None = None
    """Id of the alert that this one follows up; null for a new one."""
    outlets: tuple[str, ...] = ()
    """The outlets that carry it, of a corroboration."""
    lang: str | None = None
    """Language of the article, ISO 639-1; null when unknown."""
    speaker: Speaker | None = None
    """Who said it; null when that is not known."""
    statements: tuple[AlertStatement, ...] = Field(min_length=1)
    """What was said, one statement or several."""
    article: AlertArticle
    """The article that carries it."""
    story: str | None = None
    """Id of the story; null when the article has none."""
    why: str
    """Why it was raised, in words. Its wording may change."""
    seconds: dict[str, float] = {}
    """Seconds spent in each step, by the step's name."""
    alerted: Time
    """When the alert was raised."""
