"""Groups alerts by day and by story: one card a story, its statements by speaker, each sentence once. No I/O."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from deploy.page.passages import Passage, passages
from deploy.page.rows import Row
from schemas.alert import Alert, AlertStatement
from schemas.attribution import verb
from schemas.ids import fold
from schemas.statement import Sighting, Span, Speaker

_NOWHERE = Span(start=0, end=0)
#: Stories on a page.
PER_PAGE = 20


@dataclass(frozen=True)
class Story:
    """Alerts of one story, the newest first. `at` is when the newest was said or published."""

    rows: tuple[Row, ...]

    @property
    def at(self) -> datetime:
        return self.rows[0].at

    @property
    def day(self) -> date:
        return self.rows[0].day


@dataclass(frozen=True)
class Quoted:
    """What one speaker says in one article: its passages, and the alerts that hold them."""

    alerts: tuple[Alert, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Voice:
    """All that one speaker says in a story; `speaker` is None where nobody is named."""

    speaker: Speaker | None
    told: tuple[Quoted, ...]


@dataclass(frozen=True)
class Card:
    """A story as it is shown. `also` are the outlets that carried it beside that of `first`, its newest alert. `twins`
    are alerts of other stories that may say the same in the other language. `kinds` leaves out `new`."""

    story: Story
    first: Alert
    topics: tuple[str, ...]
    kinds: tuple[str, ...]
    voices: tuple[Voice, ...]
    also: tuple[str, ...]
    twins: tuple[Row, ...]
    alerted: datetime


def grouped(rows: Iterable[Row], page: int = 1, size: int | None = None) -> tuple[list[Story], int]:
    """The stories of one page (all without a `size`), and how many there are. `rows` are newest first, and so are the
    stories."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.group].append(row)
    shown = list(groups.values())
    if size is not None:
        shown = shown[(page - 1) * size : page * size]
    return [Story(tuple(found)) for found in shown], len(groups)


def by_day(cards: Iterable[Card]) -> list[tuple[date, list[Card]]]:
    """The days (UTC) of the cards, which are newest first."""
    return [(day, list(found)) for day, found in groupby(cards, lambda card: card.story.day)]


def card(
    story: Story,
    sightings: Callable[[Alert], Iterable[Sighting]],
    twins: Callable[[Row], Iterable[Row]],
) -> Card:
    """`sightings`: the articles in which an alert's statements were seen. `twins`: alerts that may say the same in the
    other language."""
    alerts = [row.alert for row in story.rows]
    outlets = [alerts[0].article.outlet]
    outlets += [s.outlet for alert in alerts for s in sightings(alert)] + [a.article.outlet for a in alerts]
    own = {row.group for row in story.rows}
    other = {(twin.topic, twin.id): twin for row in story.rows for twin in twins(row) if twin.group not in own}
    return Card(
        story=story,
        first=alerts[0],
        topics=tuple(dict.fromkeys(alert.topic for alert in alerts)),
        kinds=tuple(dict.fromkeys(alert.kind for alert in alerts if alert.kind != "new")),
        voices=voices(sorted(alerts, key=lambda alert: alert.kind != "new")),  # a follow-up repeats what it follows
        also=tuple(name for name in dict.fromkeys(outlets) if name and name != outlets[0]),
        twins=tuple({twin.group: twin for twin in reversed(other.values())}.values()),
        alerted=max(alert.alerted for alert in alerts),
    )


def voices(alerts: Sequence[Alert]) -> tuple[Voice, ...]:
    """The statements of a story's alerts by speaker, each sentence once."""
    kept = unrepeated(alerts)
    shown = [s for statements in kept.values() for s in statements]
    groups: dict[str, dict[str, list[int]]] = {}
    speakers: dict[str, Speaker | None] = {}
    for place, alert in enumerate(alerts):
        if kept[place]:
            name = voice_of(alert.speaker)
            speakers[name] = fuller(speakers.get(name), alert.speaker)
            groups.setdefault(name, {}).setdefault(alert.article.id, []).append(place)
    found = []
    for name, articles in groups.items():
        told = []
        for places in articles.values():
            statements = sorted((s for place in places for s in kept[place]), key=where)
            others = [s for s in shown if s not in statements]
            told.append(Quoted(tuple(alerts[place] for place in places), tuple(passages(statements, others))))
        found.append(Voice(speakers[name], tuple(told)))
    return tuple(found)


def where(statement: AlertStatement) -> int:
    """Where a statement stands in its article, by the words that introduce it; 0 if nothing does."""
    return (statement.cue or statement.source or _NOWHERE).start


def voice_of(speaker: Speaker | None) -> str:
    return (speaker.id or fold(speaker.name)) if speaker else ""


def fuller(one: Speaker | None, other: Speaker | None) -> Speaker | None:
    """The one whose office is known."""
    return other if one is None or (other is not None and other.role and not one.role) else one


def unrepeated(alerts: Sequence[Alert]) -> Mapping[int, list[AlertStatement]]:
    """Place of the alert → its statements, without those that another one shows already.

    A statement is left out if its id was there before, or if the same speaker says the same words, or more around them,
    in the same way (said, denied) elsewhere. Without a speaker it is left out if anybody does.
    """
    told = [
        (place, voice_of(alert.speaker), verb(statement, "en"), f" {fold(statement.text)} ", statement)
        for place, alert in enumerate(alerts)
        for statement in alert.statements
    ]
    kept: dict[int, list[AlertStatement]] = {place: [] for place in range(len(alerts))}
    ids: set[str] = set()
    for number, (place, who, how, words, statement) in enumerate(told):
        repeats = any(
            (other_who == who or not who)
            and other_how == how
            and words in other
            and (len(words) < len(other) or at < number or (not who and bool(other_who)))
            for at, (_, other_who, other_how, other, _) in enumerate(told)
            if at != number
        )
        if not repeats and statement.id not in ids:
            kept[place].append(statement)
        ids.add(statement.id)
    return kept
