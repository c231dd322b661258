"""Decides which statements of an article are new. No I/O; the only side effect is on the `Ledger`."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pipelines.item import Item
from pipelines.newness.compose import Found, compose_alerts, compose_confirmations, statement_text
from pipelines.newness.corrections import compose_corrections, withdrawn
from pipelines.newness.ledger import Claim, Ledger, best_match, first_seen_in, is_denied, is_named, word_pairs
from pipelines.newness.ledger_store import MOST
from pipelines.newness.reasons import SHOWN, held_back, reason_for, why_known, why_new
from pipelines.newness.translations import possible_links
from schemas.alert import CONTRACT_VERSION, Alert
from schemas.attribution import verb
from schemas.ids import statement_id
from schemas.outcome import OutcomeKind
from schemas.reason import Reason, Verdict
from schemas.settings import PipelineSettings
from schemas.statement import LedgerEntry, Sighting, Speaker, Statement

#: At most this many sightings are kept of one statement, so that its record stays small.
MAX_SIGHTINGS = 200
#: The `why` of an entry that was alerted.
NEW = "new"


@dataclass(frozen=True)
class Rules:
    """When to alert: on which topics, up to which age, again at how many outlets (`corroborate`), and whether also when
    an edit removed a statement (`corrections`). `titles`: topic → language → its title."""

    alert_topics: frozenset[str]
    max_alert_age: timedelta = timedelta(hours=72)
    corroborate: tuple[int, ...] = ()
    corrections: bool = False
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: PipelineSettings) -> "Rules":
        topics, age = frozenset(settings.alert_topics), settings.max_alert_age
        return cls(topics, age, settings.corroborate, settings.corrections, settings.topic_titles)


@dataclass(frozen=True)
class Judgement:
    """`alerts` should be sent, unless they already were; `entries` are the changed ledger entries; `verdicts` say for
    each statement of the article what was decided and why."""

    alerts: tuple[Alert, ...]
    entries: tuple[LedgerEntry, ...]
    outcome: OutcomeKind
    reason: str
    verdicts: tuple[Verdict, ...]


@dataclass
class Findings:
    """Results for an article so far. `changed` maps ids to changed ledger entries."""

    new: list[Found] = field(default_factory=list)
    known: list[Found] = field(default_factory=list)
    changed: dict[str, LedgerEntry] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    by_pair: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, found: Found) -> None:
        """Add a new statement."""
        for pair in word_pairs(found.entry.text, found.entry.lang):
            self.by_pair[pair].append(len(self.new))
        self.new.append(found)

    def like(self, claim: Claim) -> list[LedgerEntry]:
        """New statements of this article to compare with; if more than `MOST`, those that share the most word pairs."""
        if len(self.new) <= MOST:
            return [new.entry for new in self.new]
        shared: Counter[int] = Counter()
        for pair in word_pairs(claim.text, claim.lang):
            shared.update(self.by_pair.get(pair, ()))
        return [self.new[number].entry for number in sorted(number for number, _ in shared.most_common(MOST))]


def judge(item: Item, ledger: Ledger, rules: Rules, now: datetime) -> Judgement:
    """Compare an article's statements with the ledger. New ones are recorded, and alerted unless `held_back`.

    The same item and ledger give the same judgement, also when the item's own entries were already written: an entry
    first seen in this version of this article does not count as known. `now` is only used as the time of the alerts
    and of the first record of a statement.
    """
    findings = Findings()
    for statement in item.tagged.statements:
        consider(item, statement, ledger, rules, findings)
    alerts = compose_alerts(item, [new for new in findings.new if not new.entry.held_back], rules.alert_topics, now)
    alert_of = {s.id: alert.id for alert in alerts for s in alert.statements}
    entries = [recorded(n.entry, alert_of.get(n.entry.id, n.entry.alert), now) for n in findings.new]
    entries += findings.changed.values()
    for entry in entries:
        ledger.put(entry)
    corrected: tuple[Alert, ...] = ()
    if rules.corrections:
        kept = {verdict.statement for verdict in findings.verdicts if verdict.statement}
        corrected = compose_corrections(item, list(withdrawn(item, kept, ledger)), rules.alert_topics, now)
    confirmed = compose_confirmations(item, findings.known, rules.alert_topics, rules.corroborate, now)
    kind, reason = outcome_of(findings, len(alerts))
    verdicts = [v.model_copy(update={"alert": alert_of.get(v.statement or "")}) for v in findings.verdicts]
    told = tuple(titled(alert, rules) for alert in (*alerts, *confirmed, *corrected))
    return Judgement(told, tuple(entries), kind, reason, tuple(verdicts))


def recorded(entry: LedgerEntry, alert: str | None, now: datetime) -> LedgerEntry:
    """A new entry with the alert that contains it, and with the time of its first record."""
    return entry.model_copy(update={"alert": alert, "recorded": entry.recorded or now})


def titled(alert: Alert, rules: Rules) -> Alert:
    """The alert with its topic's titles and the version of its value."""
    titles = dict(rules.titles.get(alert.topic, {}))
    return alert.model_copy(update={"topic_titles": titles, "contract_version": CONTRACT_VERSION})


def consider(item: Item, statement: Statement, ledger: Ledger, rules: Rules, findings: Findings) -> None:
    """Decide whether one statement is new, and add the decision and its reason to `findings`.

    It is known when an earlier statement of the article or an entry of the ledger says the same (`same_statement` in
    ledger.py); an entry that this version of this article made does not count. A new one with a reason not to alert it
    (`held_back`) is `recorded`.
    """
    tagged, sighting = item.tagged, sighting_of(item)
    text = statement_text(tagged.article.text, statement)

    def decided(verdict: Literal["new", "known", "recorded", "off-topic"], entry: str | None, reason: Reason) -> None:
        findings.verdicts.append(
            Verdict(
                statement=entry,
                text=text[:SHOWN],
                speaker=statement.speaker.name if statement.speaker else None,
                verb=verb(statement, tagged.article.lang),
                topics=statement.topics,
                verdict=verdict,
                reason=reason,
            )
        )

    topics = [topic for topic in statement.topics if topic in rules.alert_topics]
    if not topics:
        why = f"on {', '.join(statement.topics) or 'no topic'}, and so not alerted"
        return decided("off-topic", None, reason_for(tagged, statement, why))
    denied = is_denied(statement.cue, statement.kind)
    claim = Claim(text, statement.speaker, tagged.story, tagged.article.lang, denied)
    if twice := best_match(claim, findings.like(claim)):
        return decided("known", twice.entry.id, reason_for(tagged, statement, "said before in this article", twice))
    same, nearest = ledger.compare(claim, besides=sighting)
    if same and not first_seen_in(same.entry, sighting):
        twins = possible_links(same.entry, ledger.around(same.entry)) if rules.corroborate else ()
        reason = reason_for(tagged, statement, why_known(same, tagged.seen), same, twins)
        entry = seen_again(same.entry, sighting, statement)
        if entry is not same.entry:
            findings.changed[entry.id] = entry
        findings.known.append(Found(entry, statement, reason))
        return decided("known", entry.id, reason)
    entry = new_entry(item, statement, claim, sighting)
    held = held_back(tagged, statement, rules.max_alert_age)
    if same:  # written by an earlier run of this same article
        kept = ("id", "sightings", "alert", "recorded")
        entry = entry.model_copy(update={name: getattr(same.entry, name) for name in kept})
        held = None if same.entry.alert else held
    possible = possible_links(entry, [e for e in ledger.around(entry) if not first_seen_in(e, sighting)])
    kind, why = held or (None, NEW)
    words = why if held else why_new(statement, topics, nearest)
    reason = reason_for(tagged, statement, words, nearest, possible)
    update = {"why": why, "held_back": kind, "possible": tuple(p.statement for p in possible)}
    entry = entry.model_copy(update=update)
    findings.add(Found(entry, statement, reason))
    return decided("recorded" if held else "new", entry.id, reason)


def outcome_of(findings: Findings, alerts: int) -> tuple[OutcomeKind, str]:
    if alerts:
        return "alerted", f"{sum(not new.entry.held_back for new in findings.new)} new statements in {alerts} alerts"
    if findings.new:
        return "recorded", findings.new[0].entry.why
    if findings.known:
        return "duplicate", f"nothing new: first seen at {findings.known[0].entry.sightings[0].outlet}"
    return "recorded", "on topic, but no statement on a topic that alerts"


def seen_again(entry: LedgerEntry, sighting: Sighting, statement: Statement) -> LedgerEntry:
    """The entry with this sighting, and with a named speaker if it had none; the same object if nothing is new."""
    update: dict[str, object] = {}
    if is_named(statement.speaker) and not is_named(entry.speaker):
        update["speaker"] = statement.speaker
    if len(entry.sightings) < MAX_SIGHTINGS and all(s.article != sighting.article for s in entry.sightings):
        update["sightings"] = (*entry.sightings, sighting)
    return entry.model_copy(update=update) if update else entry


def as_written(speaker: Speaker | None) -> str | None:
    """The speaker as used in the id of a statement: the name, or the office in the text when the name is inferred."""
    inferred = speaker is not None and speaker.known == "inferred"
    return (speaker.role if inferred else speaker.name) if speaker else None


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


def new_entry(item: Item, statement: Statement, claim: Claim, sighting: Sighting) -> LedgerEntry:
    speaker = statement.speaker
    return LedgerEntry(
        id=statement_id(claim.text, as_written(speaker), claim.denied),
        story=item.tagged.story,
        text=claim.text,
        speaker=speaker,
        said=statement.said,
        cue=statement.cue,
        kind=statement.kind,
        lang=item.tagged.article.lang,
        topics=statement.topics,
        sightings=(sighting,),
        denied=claim.denied,
        why=NEW,
    )
