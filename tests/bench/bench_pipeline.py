"""Articles per second through the pure functions on one core, and through Kafka and Flink, in one run; and the latency.

`python tests/bench/bench_pipeline.py [COUNT]`: COUNT articles (default 2000), pages from $BORDERWIRE_SHARED where it is
there, articles made up for the purpose otherwise. Prints how each figure was made.
"""

import gzip
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psutil

from connectors.kafka_topics import ensure_topics
from deploy import logs
from deploy.config import load_settings
from deploy.machine.instance import write_settings
from deploy.metrics.tally import Tally
from deploy.supervise.supervisor import Stack
from pipelines.item import Item
from pipelines.newness.judge import Rules, judge
from pipelines.newness.known import Known
from pipelines.pure_steps import clean, find_statements, tag
from schemas.article import FeedEntry, Page, RawArticle
from schemas.codec import encode
from schemas.kafka.clients import producer
from schemas.outcome import RawRef
from schemas.settings import Settings
from tests.support.flow import Flow, article, wait_for
from tests.support.paths import SHARED


def main() -> None:
    amount = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    logs.configure("warning")
    records = [encode(raw) for _, raw in zip(range(amount), articles(), strict=False)]
    kind = "pages of the shared stream" if stream().exists() else "made-up articles"
    size = sum(map(len, records)) / len(records) / 1024
    print(f"input: {len(records)} {kind}, {size:.0f} KB each on the wire, every 50th with a statement on topic")
    with tempfile.TemporaryDirectory() as data:
        settings = load_settings(overrides={"data": data})
        pure = through_functions(settings, records)
        print(f"pure functions, one core: {pure:7.1f} articles/s")
        through_engine(settings, records, pure)


def through_functions(settings: Settings, records: list[bytes]) -> float:
    """Articles per second: clean, tag, statements and judge, called one after the other."""
    known = Known()
    topics = frozenset(settings.pipeline.alert_topics)
    understand(settings, records[0], 0, known, topics)
    started = time.process_time()
    for number, record in enumerate(records):
        understand(settings, record, number, known, topics)
    return len(records) / (time.process_time() - started)


def understand(settings: Settings, record: bytes, number: int, known: Known, topics: frozenset[str]) -> None:
    item = clean(RawRef(topic="articles.raw", partition=0, offset=number), record)
    if isinstance(item, Item):
        item = tag(item, settings.pipeline.taxonomy, topics)
    if isinstance(item, Item):
        item = find_statements(item, settings.pipeline.taxonomy)
        item = item.with_tagged(story=known.story_of(item.tagged))
        judge(item, known.ledger, Rules.of(settings.pipeline), datetime.now(UTC))


def through_engine(settings: Settings, records: list[bytes], pure: float) -> dict[str, float]:
    """Processor milliseconds an article, by part of the stack."""
    stack = Stack.open(settings)
    stack.start()
    try:
        settings = stack.settings
        ensure_topics(settings)
        path = write_settings(settings, settings.data / "run" / "settings.json")
        tally = Tally(settings)

        def check() -> None:
            stack.check()
            list(tally.update())

        warm_up = Flow(settings, 100_000, 100_040, rate=40)
        warm_up.start()
        stack.submit("deploy.engine.job:build", [str(path)])
        wait_for(lambda: tally.done == 40, check, 120, "the warm-up is through")
        client = producer(settings.kafka, max_request_size=4_000_000)
        for number, record in enumerate(records):
            client.send("articles.raw", key=str(number).encode(), value=record)
        client.flush()
        spent, started = cpu_seconds(stack), time.perf_counter()
        wait_for(lambda: tally.done == 40 + len(records), check, 600, "all are through")
        rate = len(records) / (time.perf_counter() - started)
        after = cpu_seconds(stack)
        workers, parallelism = settings.pipeline.workers, settings.pipeline.parallelism
        print(f"Kafka and Flink, {workers} workers, parallelism {parallelism}: {rate:7.1f} articles/s, from a backlog")
        print(f"ratio, engine to pure functions on one core: {rate / pure:.2f}")
        print(
            f"a new article behind this backlog waits for it: {len(records) / rate:.0f} s for {len(records)} articles"
        )
        each = {name: 1000 * (after[name] - spent[name]) / len(records) for name in after}
        parts = ", ".join(f"{name} {ms:.1f}" for name, ms in each.items())
        total_ms = sum(each.values())
        print(f"processor time an article, in ms: {parts}; all {total_ms:.1f}, pure functions {1000 / pure:.1f}")
        print_latency("at 5 articles/s", tally, check, Flow(settings, 0, 150, rate=5, every=3))
        print_latency("at 20 articles/s", tally, check, Flow(settings, 2000, 2400, rate=20, every=3))
        print_latency("one article alone each 3.3 s", tally, check, Flow(settings, 1000, 1040, rate=0.3, every=1))
        return each
    finally:
        stack.stop()


def print_latency(title: str, tally: Tally, check: Callable[[], None], flow: Flow) -> None:
    """How long the alerts of a flow take from the moment when its articles are sent."""
    before, done = set(tally.alerts), tally.done
    flow.start()
    wait_for(lambda: not flow.is_alive() and tally.done == done + len(flow.numbers), check, 240, "the flow is through")
    timed = [alert for key, alert in tally.alerts.items() if key not in before]
    seconds = sorted((alert.alerted - alert.article.seen).total_seconds() for alert in timed)
    p50, p95 = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)]
    print(
        f"seen to alerted, {title}: p50 {p50:.2f} s, p95 {p95:.2f} s, longest {seconds[-1]:.2f} s, "
        f"{len(seconds)} alerts",
        flush=True,
    )


def cpu_seconds(stack: Stack) -> dict[str, float]:
    """Processor seconds of each part of the stack since it started, its children's with it."""
    assert stack.broker is not None
    seconds = {}
    for part in (stack.broker, stack.server, stack.pool):
        process = psutil.Process(part.process.pid)
        times = [p.cpu_times() for p in (process, *process.children(recursive=True))]
        seconds[part.name] = sum(t.user + t.system for t in times)
    return seconds


def stream() -> Path:
    return SHARED / "eval" / "stream" / "en-pages.jsonl.gz"


def articles() -> Iterator[RawArticle]:
    """Raw articles, every 50th with a statement on topic."""
    pages = real_pages() if stream().exists() else (article(number, False) for number in range(10**9))
    for number, page in enumerate(pages):
        yield article(10_000 + number, True) if number % 50 == 49 else page


def real_pages() -> Iterator[RawArticle]:
    """The pages of the shared stream, over and over under other addresses."""
    now = datetime.now(UTC)
    numbers = count()
    while True:
        with gzip.open(stream(), "rt", encoding="utf-8") as lines:
            for number, line in zip(numbers, lines, strict=False):
                row = json.loads(line)
                url = f"https://pages.example/{number}"
                body = (row.get("html") or row.get("body") or "").encode("utf-8")
                entry = FeedEntry(id=url, url=url, title=row.get("title") or "", published=now)
                page = Page(url=url, status=200, content_type="text/html; charset=utf-8", body=body, size=len(body))
                raw_id, feed = f"page-{number}", "https://pages.example/feed"
                yield RawArticle(id=raw_id, version="v1", feed=feed, outlet="Pages", entry=entry, page=page, seen=now)


if __name__ == "__main__":
    main()
