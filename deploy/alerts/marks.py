"""Readers' marks on alerts, stored in the compacted topic `marks` and read by the deliveries and the page."""

from datetime import UTC, datetime

import structlog

from connectors.delivery.route_runner import by_what_they_mute
from connectors.kafka import Publisher
from connectors.kafka_topics import ensure_topics
from schemas.alert import Alert
from schemas.attribution import verb
from schemas.codec import DecodeError, decode, encode
from schemas.kafka.topic_tail import TopicTail
from schemas.mark import JUDGEMENTS, Judgement, Mark
from schemas.settings import Settings

log = structlog.get_logger()


class Marks:
    """All marks as of the last `refresh`. Other threads may read `muting` at any time."""

    def __init__(self, settings: Settings) -> None:
        self._tail = TopicTail(settings.kafka, ["marks"])
        self.by_alert: dict[str, Mark] = {}
        self.muting: dict[str, Mark] = {}

    def refresh(self) -> None:
        """Read the marks written since the last call. Raises KafkaError."""
        marks = dict(self.by_alert)
        for _, key, value in self._tail.read():
            name = (key or b"").decode("utf-8", "replace")
            if value is None:
                marks.pop(name, None)
                continue
            try:
                marks[name] = decode(Mark, value)
            except DecodeError as error:
                log.warning("unreadable record left out", topic="marks", error=str(error))
        if marks != self.by_alert:
            self.by_alert, self.muting = marks, by_what_they_mute(marks)

    def close(self) -> None:
        self._tail.close()


class NoSuchAlert(LookupError):
    """No alert, or more than one, has an id that begins so."""

    mistake = True


def find_alert(settings: Settings, name: str) -> Alert:
    """The alert with this id, or the only one whose id begins with `name`. Raises NoSuchAlert."""
    found: dict[str, Alert] = {}
    start = name.encode("utf-8", "replace")
    for topic, key, value in TopicTail(settings.kafka, [f"alerts.{t}" for t in settings.pipeline.alert_topics]).read():
        if (key or b"").startswith(start) and value:
            try:
                alert = decode(Alert, value)
            except DecodeError as error:
                log.warning("unreadable record left out", topic=topic, error=str(error))
                continue
            found.setdefault(alert.id, alert)
    if name in found:
        return found[name]
    if len(found) == 1:
        return next(iter(found.values()))
    raise NoSuchAlert(f"{len(found) or 'no'} alerts have an id that begins with {name!r}: give the whole id of one")


def mark(settings: Settings, name: str, judgement: Judgement | None, note: str = "") -> Alert:
    """Mark an alert, or with None remove its mark. Returns the alert. Raises NoSuchAlert or BrokerGone."""
    ensure_topics(settings)
    alert = find_alert(settings, name)
    write_mark(settings, alert, judgement, note)
    return alert


def write_mark(
    settings: Settings, alert: Alert, judgement: Judgement | None, note: str = "", reader: str | None = None
) -> Mark | None:
    """Write a mark, or with None remove it. Returns what was written. Raises BrokerGone."""
    made = mark_of(alert, judgement, note, reader, datetime.now(UTC)) if judgement else None
    publisher = Publisher(settings.kafka)
    try:
        publisher.publish([("marks", alert.id, encode(made) if made else None)])
    finally:
        publisher.close()
    return made


def mark_of(alert: Alert, judgement: Judgement, note: str, reader: str | None, at: datetime) -> Mark:
    verdict, fault = JUDGEMENTS[judgement]
    return Mark(
        id=alert.id, verdict=verdict, fault=fault, story=alert.story, note=note, reader=reader, alert=alert, at=at
    )


def examples(mark: Mark) -> list[dict[str, str]]:
    """One example per statement of the alert: the text, its topic, and the reader's verdict."""
    alert = mark.alert
    return [
        {
            "id": statement.id,
            "alert": alert.id,
            "verdict": mark.verdict,
            "fault": mark.fault or "",
            "note": mark.note,
            "reader": mark.reader or "",
            "topic": alert.topic,
            "lang": alert.lang or "",
            "speaker": alert.speaker.name if alert.speaker else "",
            "verb": verb(statement, alert.lang),
            "text": statement.text,
            "before": statement.before,
            "after": statement.after,
            "title": alert.article.title,
            "url": alert.article.url,
            "marked": mark.at.isoformat(),
        }
        for statement in alert.statements
    ]
