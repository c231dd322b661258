"""A speaker's statements in order of time, and where one takes another position than an earlier one. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.page.cards import unrepeated, voice_of
from deploy.page.passages import Passage, passages
from deploy.page.rows import Row
from pipelines.newness.briefing import Earlier, Related
from pipelines.newness.ledger import entries_of
from schemas.alert import Alert

#: How many alerts of a speaker are shown on a page, and compared with each other.
PER_SPEAKER = 200


@dataclass(frozen=True)
class Position:
    """What one alert adds. `changes`: earlier statements of the same speaker that it contradicts, or for which it gives
    another figure."""

    row: Row
    alert: Alert
    passages: tuple[Passage, ...]
    changes: tuple[Related, ...]


def positions(rows: Sequence[Row]) -> list[Position]:
    """The newest first, as `rows` are; an alert that only repeats another one is left out."""
    alerts = [row.alert for row in rows]
    kept = unrepeated(alerts)
    entries = {entry.id: entry for alert in reversed(alerts) for entry in entries_of(alert)}
    earlier = Earlier(entries.values())
    found = []
    for place, (row, alert) in enumerate(zip(rows, alerts, strict=True)):
        if statements := kept[place]:
            changes = [
                related
                for statement in statements
                for related in earlier.related(entries[statement.id])
                if related.relation != "repeats" and voice_of(related.entry.speaker) == voice_of(alert.speaker)
            ]
            found.append(Position(row, alert, tuple(passages(statements)), tuple(changes[-3:])))
    return found
