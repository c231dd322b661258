"""What travels through the job, and the two ways out of it: an outcome or a dead letter."""

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

#: (topic without prefix, key, value): what is ready to be written to Kafka.
Message = tuple[str, str, bytes]


class Item(Record):
    """An article on its way. `seconds` maps the steps behind it to the time spent in each."""

    raw: RawRef
    tagged: TaggedArticle
    seconds: dict[str, float] = {}

    def outcome(
        self, kind: OutcomeKind, reason: str, alerts: tuple[str, ...] = (), verdicts: tuple[Verdict, ...] = ()
    ) -> Outcome:
        """The outcome that ends this article's way, stamped now."""
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
    """A dead letter for a record that `step` could not take; it is logged here, and nowhere else.

    Whatever the record and the error are, it can be encoded and is small enough to be read again.
    """
    text = sound(f"{type(error).__name__}: {error}"[:2000])
    article = short_id(sound(article)) if article else None
    log.warning("dead_letter", article=article, feed=feed and feed[:300], step=step, raw=raw.key, error=text[:300])
    letter = DeadLetter(raw=raw, article=article, step=step, error=text, record=record, at=datetime.now(UTC))
    return "articles.dead-letter", article or raw.key, encode(cut_letter(letter))
