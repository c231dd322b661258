"""What became of a raw record: exactly one outcome or one dead letter for each."""
from typing import Literal

from schemas.base import PackedBytes, Part, Record, Time
from schemas.reason import Term, Verdict

OutcomeKind = Literal["alerted", "recorded", "duplicate", "off-topic", "rejected"]


class RawRef(Part):
    """Where a raw record stands; `key` is the key of its outcome and of its dead letter's reference."""

    topic: str
    partition: int
    offset: int

    @property
    def key(self) -> str:
        return f"{self.topic}-{self.partition}-{self.offset}"


class Outcome(Record):
    """Topic `articles.outcomes`, key: the raw record's topic-partition-offset.

    alerted: raised an alert. recorded: on topic, nothing alerted (`reason` says why). duplicate: this text of this
    article, or this story with nothing new in it, was there before. off-topic: no topic of the taxonomy. rejected: no
    article in it. `seconds` maps each step to the time spent in it; `alerts` are alert ids; `words` counts the
    clean text; `terms` put the article on its topics; `verdicts` say of each statement what was decided and why.
    """

    raw: RawRef
    article: str
    version: str
    url: str
    outlet: str
    feed: str
    outcome: OutcomeKind
    reason: str
    story: str | None = None
    topics: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    title: str = ""
    words: int | None = None
    statements: int = 0
    alerts: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    seen: Time
    at: Time
    seconds: dict[str, float] = {}

    def spent(self, step: str, seconds: float) -> "Outcome":
        """With the time that the step spent which ended the record's way."""
        return self.model_copy(update={"seconds": {**self.seconds, step: round(seconds, 4)}})


class DeadLetter(Record):
    """Topic `articles.dead-letter`, key: the article id, or the raw key where the id cannot be read."""

    raw: RawRef
    article: str | None = None
    step: str
    error: str
    record: PackedBytes
    at: Time
