"""What of an article is new: the decision, without any I/O. Only `Ledger` is changed."""
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.compose import compose_alerts, statement_text
from pipelines.item import Item
from pipelines.ledger import Ledger, Match, best_match
from schemas.alert import Alert
from schemas.ids import statement_id
from schemas.outcome import OutcomeKind
from schemas.statement import LedgerEntry, Sighting, Statement

#: More sightings than this are not kept of one statement, so that its record stays small.
MAX_SIGHTINGS = 200
#: A publication date this far ahead of when we saw the article is wrong, and taken as missing.
MAX_AHEAD = timedelta(days=1)
#: Why an entry was alerted.
NEW = "new"


@dataclass(frozen=True)
class Judgement:
    """`alerts` are due (whether they were sent before or not), `entries` are the ledger entries that changed."""

    alerts: tuple[Alert, ...]
    entries: tuple[LedgerEntry, ...]
    outcome: OutcomeKind
    reason: str


def judge(
    item: Item, ledger: Ledger, alert_topics: frozenset[str], max_alert_age: timedelta, now: datetime
) -> Judgement:
    """Compare an article's statements with the ledger; new ones that are fresh are alerted, all are recorded.

    The same item against the same ledger gives the same judgement, and so does the same item after its own entries
    were written: an entry whose first sighting is this very version of this article does not count as known. `now` only
    stamps the alerts.
    """
    tagged = item.tagged
    sighting = sighting_of(item)
    new: list[tuple[LedgerEntry, Statement]] = []
    changed: dict[str, LedgerEntry] = {}
    first_seen_at = ""
    for statement in tagged.statements:
        if not alert_topics.intersection(statement.topics):
            continue
        text = statement_text(tagged.article.text, statement)
        if best_match(text, statement.speaker, tagged.story, [entry for entry, _ in new]):
            continue
        match = ledger.find(text, statement.speaker, tagged.story)
        if match is None or first_seen_here(match.entry, sighting):
            new.append((entry_for(item, statement, text, sighting, match, max_alert_age), statement))
            continue
        first_seen_at = first_seen_at or match.entry.sightings[0].outlet
        entry = seen_again(match.entry, sighting, statement)
        if entry is not match.entry:
            changed[entry.id] = entry
    alerts = compose_alerts(item, [pair for pair in new if pair[0].why == NEW], alert_topics, now)
    alert_of = {s.id: alert.id for alert in alerts for s in alert.statements}
    for entry, _ in new:
        changed[entry.id] = entry.model_copy(update={"alert": alert_of.get(entry.id)})
    for entry in changed.values():
        ledger.put(entry)
    kind, reason = outcome_of([entry for entry, _ in new], len(alerts), first_seen_at)
    return Judgement(alerts, tuple(changed.values()), kind, reason)


def outcome_of(new: list[LedgerEntry], alerts: int, first_seen_at: str) -> tuple[OutcomeKind, str]:
    if alerts:
        return "alerted", f"{sum(entry.why == NEW for entry in new)} new statements in {alerts} alerts"
    if new:
        return "recorded", new[0].why
    if first_seen_at:
        return "duplicate", f"nothing new: first seen at {first_seen_at}"
    return "recorded", "on topic, but no statement on a topic that alerts"


def why_recorded(item: Item, statement: Statement, max_alert_age: timedelta) -> str | None:
    """Why a new statement is recorded without an alert; None when it is due. Age counts from when it was seen."""
    tagged = item.tagged
    published = tagged.article.published
    if published and published - tagged.seen > MAX_AHEAD:
        published = None
    if published and tagged.seen - published > max_alert_age:
        return f"published {published:%Y-%m-%d}, before max_alert_age"
    if published is None and tagged.origin != "live":
        return f"undated and {tagged.origin}"
    said = statement.said.date if statement.said else None
    if said and tagged.seen.date() - said > max_alert_age + timedelta(days=1):
        return f"said {said}, before max_alert_age"
    return None


def first_seen_here(entry: LedgerEntry, sighting: Sighting) -> bool:
    first = entry.sightings[0]
    return (first.article, first.version) == (sighting.article, sighting.version)


def seen_again(entry: LedgerEntry, sighting: Sighting, statement: Statement) -> LedgerEntry:
    """The entry with one more sighting and, where it lacked one, a speaker; itself when neither is new."""
    update: dict[str, object] = {}
    if entry.speaker is None and statement.speaker is not None:
        update["speaker"] = statement.speaker
    if len(entry.sightings) < MAX_SIGHTINGS and all(s.article != sighting.article for s in entry.sightings):
        update["sightings"] = (*entry.sightings, sighting)
    return entry.model_copy(update=update) if update else entry


def sighting_of(item: Item) -> Sighting:
    tagged = item.tagged
    return Sighting(
        article=tagged.id,
        version=tagged.version,
        outlet=tagged.article.outlet,
        url=tagged.article.url,
        at=tagged.seen,
        published=tagged.article.published,
    )


def entry_for(
    item: Item, statement: Statement, text: str, sighting: Sighting, match: Match | None, max_alert_age: timedelta
) -> LedgerEntry:
    """The ledger entry of a new statement; `match` is the one that an earlier run of this very article left."""
    speaker = statement.speaker
    return LedgerEntry(
        id=match.entry.id if match else statement_id(text, speaker.name if speaker else None),
        story=item.tagged.story,
        text=text,
        speaker=speaker,
        said=statement.said,
        kind=statement.kind,
        lang=item.tagged.article.lang,
        topics=statement.topics,
        sightings=match.entry.sightings if match else (sighting,),
        why=why_recorded(item, statement, max_alert_age) or NEW,
    )
