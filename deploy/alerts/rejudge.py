"""`borderwire replay --from-topic`: judges earlier articles again, by the current taxonomy and rules.

They do not run through the job, which would treat them as duplicates. This process cleans, tags and judges them against
the ledger, and writes the changes. New statements are recorded; alerts are raised only on request. Delivery: at least
once, with the same ids as the job's; a run that was interrupted can simply be started again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from connectors.kafka_topics import ensure_topics
from deploy.alerts.terminal import show_alert
from pipelines.item import Item, outcome_message
from pipelines.newness.judge import Judgement, Rules
from pipelines.newness.judging import Judging
from pipelines.newness.kafka_store import KafkaStore
from pipelines.pure_steps import clean, find_statements, tag
from schemas.alert import Alert
from schemas.codec import DecodeError
from schemas.kafka.clients import consumer, offsets_since, partitions_of
from schemas.kafka.sound_consumer import POLL_MS
from schemas.outcome import Outcome, RawRef
from schemas.settings import PipelineSettings, Settings

HELD = "new by a replay, and not raised"


def rejudge(settings: Settings, topic: str, since: datetime, dry_run: bool, raise_alerts: bool) -> int:
    """Judge the articles that came into a topic of raw articles after `since`, and print the new alerts.

    Without `dry_run` new statements are recorded in the ledger; with `raise_alerts` the alerts are raised too. Raises
    NoTopic for a topic that does not exist.
    """
    if not dry_run:
        ensure_topics(settings)
    judging = Judging(KafkaStore(with_topics_that_exist(settings)), Rules.of(settings.pipeline))
    judging.refresh()
    console, counts = Console(), Counter[str]()
    for item in understood(settings.pipeline, read_since(settings, topic, since), since, counts):
        for alert in judge_again(judging, item, dry_run, raise_alerts):
            show_alert(alert, console)
            counts["alerts"] += 1
    print(
        f"{counts['read']} articles since {since:%Y-%m-%d %H:%M}: {counts['on topic']} on topic, "
        f"{counts['unreadable']} unreadable"
    )
    done = "raised" if raise_alerts else "recorded and not raised; --raise raises them"
    print(f"{counts['alerts']} new alerts {'would be raised' if dry_run else done}")
    return 0


def judge_again(judging: Judging, item: Item, dry_run: bool, raise_alerts: bool) -> list[Alert]:
    """The article's alerts that were not raised before. The results are written unless `dry_run`."""
    item, judgement = judging.judge(item)
    alerts = judging.untold(judgement)
    if dry_run:
        judging.note(alerts)
        return alerts
    if alerts and not raise_alerts:
        judgement = held(judgement, alerts, judging)
    judging.write(item, judgement)
    ids = tuple(alert.id for alert in judgement.alerts)
    outcome = item.outcome(judgement.outcome, judgement.reason, ids, judgement.verdicts)
    judging.store.write([outcome_message(outcome)])
    return alerts


def held(judgement: Judgement, alerts: list[Alert], judging: Judging) -> Judgement:
    """The judgement without its alerts. Their statements are recorded, unless an alert on another topic had them."""
    new = {statement.id for alert in alerts for statement in alert.statements}
    new = {statement for statement in new if not judging.known.ledger.told_on(statement)}
    entries = tuple(
        entry.model_copy(update={"alert": None, "why": HELD}) if entry.id in new else entry
        for entry in judgement.entries
    )
    for entry in entries:
        judging.known.ledger.put(entry)
    verdicts = tuple(
        v.model_copy(update={"verdict": "recorded", "alert": None, "reason": v.reason.model_copy(update={"why": HELD})})
        if v.statement in new
        else v
        for v in judgement.verdicts
    )
    return replace(judgement, alerts=(), entries=entries, outcome="recorded", reason=HELD, verdicts=verdicts)


def with_topics_that_exist(settings: Settings) -> Settings:
    """Only the alert topics that exist in Kafka: a dry run creates none, and a new topic has no alerts yet."""
    client = consumer(settings.kafka)
    there = client.topics()
    client.close(autocommit=False)
    topics = tuple(t for t in settings.pipeline.alert_topics if settings.kafka.topic(f"alerts.{t}") in there)
    pipeline = settings.pipeline.model_copy(update={"alert_topics": topics})
    return settings.model_copy(update={"pipeline": pipeline})


def understood(
    settings: PipelineSettings, records: Iterable[tuple[RawRef, bytes]], since: datetime, counts: Counter[str]
) -> Iterator[Item]:
    """The articles on an alerting topic, with their statements. Unreadable records are only counted."""
    alert_topics = frozenset(settings.alert_topics)
    for raw, value in records:
        counts["read"] += 1
        try:
            item: Item | Outcome = clean(raw, value)
        except DecodeError:
            counts["unreadable"] += 1
            continue
        if isinstance(item, Item) and item.tagged.seen >= since:
            item = tag(item, settings.taxonomy, alert_topics)
            if isinstance(item, Item):
                counts["on topic"] += 1
                yield find_statements(item, settings.taxonomy)


def read_since(settings: Settings, topic: str, since: datetime) -> Iterator[tuple[RawRef, bytes]]:
    """The records of a topic written since then, up to its current end. Raises NoTopic if it does not exist."""
    client = consumer(settings.kafka, max_poll_records=100)
    places = partitions_of(client, settings.kafka, [topic])
    client.assign(places)
    ends = client.end_offsets(places)
    for place, begin in offsets_since(client, places, since).items():
        client.seek(place, begin)
    while any(client.position(place) < end for place, end in ends.items()):
        for place, records in client.poll(timeout_ms=POLL_MS).items():
            for record in records:
                if record.offset < ends[place]:
                    raw = RawRef(topic=record.topic, partition=record.partition, offset=record.offset)
                    yield raw, record.value or b""
    client.close(autocommit=False)


def since_when(text: str) -> datetime:
    """ "2026-11-20" or "2026-11-20T08:00+01:00" → datetime, in UTC where no zone is given. Raises ValueError."""
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
