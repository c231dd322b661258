"""The result of processing a raw record: exactly one outcome or one dead letter for each record."""

from typing import Literal

from schemas.base import PackedBytes, Record, RecordPart, Time
from schemas.reason import Term, Verdict

OutcomeKind = Literal["alerted", "recorded", "duplicate", "off-topic", "rejected"]


class RawRef(RecordPart):
    """The position of a raw record in Kafka. `key` is the key of its outcome, in the form topic-partition-offset."""

    topic: str
    """Name of the topic, with its prefix."""
    partition: int
    """Number of the partition."""
    offset: int
    """Offset within the partition."""

    @property
    def key(self) -> str:
        return f"{self.topic}-{self.partition}-{self.offset}"


class Outcome(Record):
    """Topic `articles.outcomes`, key: the raw record's topic-partition-offset.

    alerted: it raised an alert. recorded: it is on a topic, but raised no alert (`reason` says why). duplicate: this
    version of the article, or this story with nothing new in it, was processed before. off-topic: it is on no topic of
    the taxonomy. rejected: it contains no article. `seconds` maps each step to the time spent in it. `alerts` are alert
    ids. `words` is the number of words of the clean text. `terms` are the words because of which the article is on its
    topics. `verdicts` say what was decided on each statement and why. `notes` say what was cut because it was too long.
    """

    raw: RawRef
    """The raw record."""
    article: str
    """Id of the article."""
    version: str
    """Digest of this text of the article."""
    url: str
    """Address of the article."""
    outlet: str
    """The outlet."""
    feed: str
    """Address of the feed that carried it."""
    outcome: OutcomeKind
    """What became of it."""
    reason: str
    """Why, in words. Its wording may change."""
    story: str | None = None
    """Id of the story; null when the article got none."""
    topics: tuple[str, ...] = ()
    """The topics that the article is on."""
    terms: tuple[Term, ...] = ()
    """The terms that put it on its topics."""
    title: str = ""
    """The headline."""
    words: int | None = None
    """Number of words of the clean text; null where it was not counted."""
    statements: int = 0
    """Number of statements found."""
    alerts: tuple[str, ...] = ()
    """Ids of the alerts that it raised."""
    verdicts: tuple[Verdict, ...] = ()
    """What was decided on each statement, and why."""
    notes: tuple[str, ...] = ()
    """What was cut because it was too long, in words."""
    seen: Time
    """When the connector first had this version."""
    at: Time
    """When the outcome was written."""
    seconds: dict[str, float] = {}
    """Seconds spent in each step, by the step's name."""

    def spent(self, step: str, seconds: float) -> "Outcome":
        """With the time that the step spent which ended the record's way."""
        return self.model_copy(update={"seconds": {**self.seconds, step: round(seconds, 4)}})


class DeadLetter(Record):
    """Topic `articles.dead-letter`, key: the article id, or the raw record's key if the id cannot be read.

    `record` is the input of the step that failed. If it is too large for a dead letter, only its beginning is kept;
    then `size` is the length of the whole in bytes, `sha256` its hash, and `raw` the position of the original.
    """

    raw: RawRef
    """The raw record."""
    article: str | None = None
    """Id of the article; null when it cannot be read."""
    step: str
    """The step that could not take the record."""
    error: str
    """The error, in one line."""
    record: PackedBytes
    """The record as it came; in JSON as base64 of a zlib stream."""
    size: int | None = None
    """Bytes of the whole record where `record` is only its beginning; null where it is the whole."""
    sha256: str | None = None
    """SHA-256 of the whole record, in hexadecimal; null where `record` is the whole."""
    at: Time
    """When the dead letter was written."""
