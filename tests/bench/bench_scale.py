"""What each part needs for so many articles a day, from costs measured in this run.

`python tests/bench/bench_scale.py [PER_DAY] [--write]`, 5,000,000 by default; `--write` puts the table into
docs/scale.md. Times are processor time. Texts come from $BORDERWIRE_SHARED where it is there and are made up elsewhere,
where sizes then come out too small; each gets a made-up statement on topic where what is on topic is measured.
"""

import gzip
import re
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy import logs
from deploy.config import load_settings
from deploy.metrics.counts import Counts
from pipelines.item import Item
from pipelines.newness.judge import Rules, judge
from pipelines.newness.known import Known
from pipelines.pure_steps import clean, find_statements, tag
from schemas.codec import decode, encode
from schemas.outcome import Outcome, RawRef
from schemas.settings import Settings
from schemas.statement import LedgerEntry
from tests.bench.bench_pipeline import articles, through_engine, through_functions
from tests.support.flow import article
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "scale.md"
RECORDS = 600
DAY = 86_400
#: What a day's average is multiplied by for the hour in which most comes.
PEAK = 3
#: Of 1,000 articles, so many are on topic.
SHARE = 0.02
RETENTION = 14
REPLICAS = 3
#: How busy a core or a serial step may be at the peak.
BUSY = 0.6


@dataclass(frozen=True)
class Costs:
    """Processor seconds and bytes for one article; `judge` and what follows for one that is on topic."""

    python: float
    workers: float
    flink: float
    broker: float
    raw: float
    outcome: float
    judge: float
    tagged: float
    entry: float
    memory: float
    load: float
    count: float


def measure(settings: Settings) -> Costs:
    raws = [raw for _, raw in zip(range(RECORDS), articles(), strict=False)]
    records = [encode(raw) for raw in raws]
    python = sum(through_functions(settings, records).values()) / 1000
    _, each, _ = through_engine(settings, records, 1 / python)
    topics = frozenset(settings.pipeline.alert_topics)
    cleaned = [item for number, record in enumerate(records) if isinstance(item := clean(ref(number), record), Item)]
    ended = [tag(item, settings.pipeline.taxonomy, topics) for item in cleaned]
    outcomes = [encode(outcome) for outcome in ended if isinstance(outcome, Outcome)]
    items = [
        find_statements(tagged, settings.pipeline.taxonomy)
        for number, item in enumerate(cleaned)
        if isinstance(tagged := tag(on_topic(number, item), settings.pipeline.taxonomy, topics), Item)
    ]
    entries, spent, _ = judged(items, settings)
    tracemalloc.start()
    *_, known = judged(items, settings)
    memory = tracemalloc.get_traced_memory()[0] / len(items)
    tracemalloc.stop()
    assert len(known.ledger) == len({decode(LedgerEntry, entry).id for entry in entries})  # some are seen again
    tagged = [encode(item.with_tagged(story=f"s{number}").tagged) for number, item in enumerate(items)]
    known, counts = Known(), Counts()
    load = timed(lambda record: known.feed("articles.tagged", record), tagged)
    count = timed(lambda record: counts.feed("articles.outcomes", record), outcomes)
    return Costs(
        python=python,
        workers=each["workers"] / 1000,
        flink=each["flink"] / 1000,
        broker=each["broker"] / 1000,
        raw=packed(records),
        outcome=packed(outcomes),
        judge=spent / len(items),
        tagged=packed(tagged),
        entry=packed(entries),
        memory=memory,
        load=load,
        count=count,
    )


def ref(number: int) -> RawRef:
    return RawRef(topic="articles.raw", partition=0, offset=number)


def on_topic(number: int, item: Item) -> Item:
    """The article with the statement of a made-up one before its text."""
    lead = (article(number, True).entry.content or "").partition("\n\n")[0]
    found = item.tagged.article
    return item.with_tagged(article=found.model_copy(update={"text": f"{lead}\n\n{found.text}"}))


def judged(items: Sequence[Item], settings: Settings) -> tuple[list[bytes], float, Known]:
    """The ledger entries that come of the items, the processor seconds it took, and what is then known."""
    known, rules = Known(), Rules.of(settings.pipeline)
    entries, started = [], time.process_time()
    for item in items:
        told = item.with_tagged(story=known.story_of(item.tagged))
        entries += judge(told, known.ledger, rules, datetime.now(UTC)).entries
    return [encode(entry) for entry in entries], time.process_time() - started, known


def timed(call: Callable[[bytes], object], records: Sequence[bytes]) -> float:
    started = time.process_time()
    for record in records:
        call(record)
    return (time.process_time() - started) / len(records)


def packed(records: Sequence[bytes]) -> float:
    """Bytes a record takes in Kafka: batches of 20, as producers send them, compressed by gzip."""
    batches = [b"".join(records[at : at + 20]) for at in range(0, len(records), 20)]
    return sum(len(gzip.compress(batch, 6)) for batch in batches) / len(records)


def needs(costs: Costs, per_day: int) -> list[tuple[str, str, str]]:
    """(part, what it needs, how it was reckoned)."""
    mean, peak = per_day / DAY, PEAK * per_day / DAY
    relevant = peak * SHARE
    stored = (costs.raw + costs.outcome) * per_day + costs.tagged * per_day * SHARE
    stories = per_day * SHARE * RETENTION
    gb, mb = 1e9, 1e6
    return [
        ("articles", f"{mean:.0f} a second, {peak:.0f} at the peak", f"{per_day:,} a day; peak {PEAK} times the mean"),
        (
            "SDK workers",
            f"{peak * costs.workers / BUSY:.1f} cores",
            f"{1000 * costs.workers:.1f} ms an article ({1000 * costs.python:.1f} in our own functions); {BUSY:.0%} busy",
        ),
        ("Flink's JVMs", f"{peak * costs.flink / BUSY:.1f} cores", f"{1000 * costs.flink:.1f} ms an article"),
        (
            "Kafka",
            f"{REPLICAS * peak * costs.broker / BUSY:.1f} cores",
            f"{1000 * costs.broker:.1f} ms an article and replica, {REPLICAS} replicas",
        ),
        (
            "Kafka's disks",
            f"{REPLICAS * RETENTION * stored / gb:,.0f} GB",
            f"{costs.raw / 1000:.1f} KB a raw record, {costs.outcome / 1000:.1f} KB an outcome, "
            f"{costs.tagged / 1000:.1f} KB a tagged article; {RETENTION} days, {REPLICAS} replicas",
        ),
        ("network into Kafka", f"{REPLICAS * peak * costs.raw * 8 / mb:,.0f} Mbit/s", "raw records, with replicas"),
        (
            "the alert step, one subtask",
            f"{relevant * costs.judge:.1%} of a core at the peak",
            f"{relevant:.1f} articles on topic a second, {1000 * costs.judge:.1f} ms each",
        ),
        (
            "its memory",
            f"{stories * costs.memory / gb:.1f} GB in each worker that judges",
            f"{costs.memory / 1000:.1f} KB an article on topic, {RETENTION} days of them",
        ),
        (
            "the ledger's topic",
            f"{per_day * SHARE * costs.entry * 365 / gb:.0f} GB a year",
            f"{costs.entry / 1000:.1f} KB an entry, before compaction and without replicas",
        ),
        (
            "its start without a snapshot",
            f"{stories * costs.load / 60:.0f} min",
            f"{1000 * costs.load:.2f} ms a tagged article",
        ),
        (
            "the exporter, one process",
            f"{peak * costs.count:.1%} of a core at the peak",
            f"{1000 * costs.count:.2f} ms an outcome",
        ),
    ]


def main() -> None:
    given = [argument for argument in sys.argv[1:] if argument.isdigit()]
    per_day = int(given[0]) if given else 5_000_000
    logs.configure("warning")
    with tempfile.TemporaryDirectory() as data:
        costs = measure(load_settings(overrides={"data": data}))
    rows = ["| part | needs | reckoned from |", "|---|---|---|"]
    rows += [f"| {' | '.join(row)} |" for row in needs(costs, per_day)]
    table = "\n".join(rows)
    print(table)
    if "--write" in sys.argv:
        marks = r"(<!-- figures: make scale -->\n).*?(<!-- end -->)"
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(re.sub(marks, lambda m: f"{m[1]}{table}\n{m[2]}", page, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
