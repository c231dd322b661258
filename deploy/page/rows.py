"""What the page keeps of an alert to choose, sort and group it. The alert itself is kept encoded, which takes less
memory, and is decoded to be shown. No I/O."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from schemas.alert import Alert
from schemas.codec import decode, encode
from schemas.ids import fold
from schemas.statement import Speaker

#: A date of publication more than this after the article was seen is wrong.
AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One alert. `at` is when it was said or published, `day` that day (UTC). `name` is the speaker's, or empty.

    `words` is what is searched: title, statements, speaker and outlet, folded, with a space before each word. `group`
    is the id of its story, or its own if it has none. `twins` are ids of statements in the other language that may be
    the same as one of `statements`."""

    topic: str
    id: str
    kind: str
    lang: str | None
    follows: str | None
    story: str | None
    group: str
    speaker: Speaker | None
    name: str
    outlet: str
    at: datetime
    day: date
    alerted: datetime
    words: str
    statements: tuple[str, ...]
    twins: tuple[str, ...]
    record: bytes

    @property
    def alert(self) -> Alert:
        return decode(Alert, self.record)


def row_of(alert: Alert, record: bytes | None = None) -> Row:
    statements, at = alert.statements, moment(alert)
    name = alert.speaker.name if alert.speaker else ""
    return Row(
        topic=alert.topic,
        id=alert.id,
        kind=alert.kind,
        lang=alert.lang,
        follows=alert.follows,
        story=alert.story,
        group=alert.story or alert.follows or alert.id,
        speaker=alert.speaker,
        name=name,
        outlet=alert.article.outlet,
        at=at,
        day=at.date(),
        alerted=alert.alerted,
        words=" " + fold(" ".join([alert.article.title, *(s.text for s in statements), name, alert.article.outlet])),
        statements=tuple(statement.id for statement in statements),
        twins=tuple(p.statement for s in statements if s.reason for p in s.reason.possible),
        record=encode(alert) if record is None else record,
    )


def moment(alert: Alert) -> datetime:
    """When it was said, if that was on a day before it was published; else when it was published, or was seen.

    A day counts as its noon (UTC).
    """
    article = alert.article
    published = article.published
    known = article.seen if published is None or published - article.seen > AHEAD else published
    said = [s.said.date for s in alert.statements if s.said and s.said.date]
    if said and max(said) < known.date():
        return datetime.combine(max(said), time(12), UTC)
    return known
