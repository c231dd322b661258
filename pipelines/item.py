"""The item that is passed from step to step, and the two ways it can leave the job: as an outcome or a dead letter."""

from datetime import UTC, datetime

import structlog

from pipelines.fit import cut_letter
from schemas.article import TaggedArticle
from schemas.base import Record
from schemas.codec import encode
from schemas.limits import short_id, sound
from schemas.outcome import DeadLetter, Outcome, OutcomeKind, RawRef
from schemas.reason import Verdict

log = structlog.get_logger()

#: (topic without prefix, key, value): a record that is ready to be written to Kafka.
Message = tuple[str, str, bytes]


class Item(Record):
    """An article between two steps. `seconds` maps each finished step to the seconds spent in it."""

    raw: RawRef
    tagged: TaggedArticle
    seconds: dict[str, float] = {}

    def outcome(
        self, kind: OutcomeKind, reason: str, alerts: tuple[str, ...] = (), verdicts: tuple[Verdict, ...] = ()
    ) -> Outcome:
        """The final outcome of this article, with the current time."""
        tagged = self.tagged
        return Outcome(
            raw=self.raw,
            article=tagged.id,
            version=tagged.version,
            url=tagged.article.url,
            outlet=tagged.article.outlet,
            feed=tagged.feed,
            outcome=kind,
            reason=reason,
            story=tagged.story,
            topics=tagged.topics,
            terms=tagged.terms,
            title=tagged.article.title,
            words=len(tagged.article.text.split()),
            statements=len(tagged.statements),
            alerts=alerts,
            verdicts=verdicts,
            notes=tagged.notes,
            seen=tagged.seen,
            at=datetime.now(UTC),
            seconds={step: round(spent, 4) for step, spent in self.seconds.items()},
        )

    def spent(self, step: str, seconds: float) -> "Item":
        return self.model_copy(update={"seconds": {**self.seconds, step: seconds}})

    def with_tagged(self, **changes: object) -> "Item":
        return self.model_copy(update={"tagged": self.tagged.model_copy(update=changes)})


def outcome_message(outcome: Outcome) -> Message:
    return "articles.outcomes", outcome.raw.key, encode(outcome)


def dead_message(
    raw: RawRef, article: str | None, step: str, error: Exception, record: bytes, feed: str | None = None
) -> Message:
    """A dead letter for a record that failed in `step`. This is the only place where dead letters are logged.

    The letter can always be encoded, and its record is cut so that it can be read again.
    """
    text = sound(f"{type(error).__name__}: {error}"[:2000])
    article = short_id(sound(article)) if article else None
    log.warning("dead_letter", article=article, feed=feed and feed[:300], step=step, raw=raw.key, error=text[:300])
    letter = DeadLetter(raw=raw, article=article, step=step, error=text, record=record, at=datetime.now(UTC))
    return "articles.dead-letter", article or raw.key, encode(cut_letter(letter))
