"""Articles per second through the pure functions on one core, and through Kafka and Flink, in one run; and the latency.

`python -m tests.bench.bench_pipeline [COUNT] [--write]`: COUNT articles (default 4000), pages from $BORDERWIRE_SHARED
where it is there, articles made up for the purpose otherwise. Prints how each figure was made. `--write` draws
docs/article.svg: where the processor time of an article goes, and how long its alert takes.
"""

import argparse
import gc
import gzip
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Self, TypeVar

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
from pipelines.pure_steps import clean, find_statements, tag, warm_up
from schemas.article import FeedEntry, Page, RawArticle
from schemas.codec import encode
from schemas.kafka.clients import producer
from schemas.outcome import RawRef
from schemas.settings import Settings
from tests.bench.cost_picture import Parts, picture
from tests.support.flow import Flow, article, wait_for
from tests.support.paths import ROOT, SHARED

T = TypeVar("T")
PICTURE = ROOT / "docs" / "article.svg"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=4000)
    parser.add_argument("--write", action="store_true", help=f"draw {PICTURE.name}")
    chosen = parser.parse_args()
    logs.configure("warning")
    records = [encode(raw) for _, raw in zip(range(chosen.count), articles(), strict=False)]
    kind = "pages of the shared stream" if stream().exists() else "made-up articles"
    size = sum(map(len, records)) / len(records) / 1024
    print(f"input: {len(records)} {kind}, {size:.0f} KB each on the wire, every 50th with a statement on topic")
    with tempfile.TemporaryDirectory() as data:
        settings = load_settings(overrides={"data": data})
        steps = through_functions(settings, records)
        pure = 1000 / sum(steps.values())
        parts = ", ".join(f"{name} {ms:.2f}" for name, ms in steps.items())
        print(f"pure functions, one core: {pure:7.1f} articles/s; ms an article: {parts}")
        rate, each, latency = through_engine(settings, records, pure)
    print(f"two workers to one: {two_workers(records) / rate:.2f}")
    if chosen.write:
        PICTURE.write_text(picture(processor(steps, each), latency), encoding="utf-8")
        print(f"drawn: {PICTURE.relative_to(ROOT)}")


def processor(steps: Parts, each: Parts) -> dict[str, Parts]:
    """The rows of the picture: the functions alone, and everything that an article takes in a run."""
    engine = dict(each)
    beyond = max(engine.pop("workers") - sum(steps.values()), 0.0)
    return {"the functions alone": steps, "in a run": steps | {"the workers' other work": beyond} | engine}


def through_functions(settings: Settings, records: list[bytes]) -> Parts:
    """Processor milliseconds an article of each function, called one after the other."""
    known, spent = Known(), Counter[str]()
    topics = frozenset(settings.pipeline.alert_topics)
    warm_up(None)
    understand(settings, records[0], 0, known, topics, Counter())
    gc.collect()
    gc.freeze()  # as each worker does (deploy/engine/worker.py)
    for number, record in enumerate(records):
        understand(settings, record, number, known, topics, spent)
    return {name: 1000 * seconds / len(records) for name, seconds in spent.items()}


def understand(
    settings: Settings, record: bytes, number: int, known: Known, topics: frozenset[str], spent: Counter[str]
) -> None:
    def timed(name: str, work: Callable[[], T]) -> T:
        started = time.process_time()
        done = work()
        spent[name] += time.process_time() - started
        return done

    taxonomy = settings.pipeline.taxonomy
    item = timed("cleaning", lambda: clean(RawRef(topic="articles.raw", partition=0, offset=number), record))
    if isinstance(item, Item):
        cleaned = item
        item = timed("topics of the article", lambda: tag(cleaned, taxonomy, topics))
    if isinstance(item, Item):
        tagged = item
        found = timed("statements", lambda: find_statements(tagged, taxonomy))
        timed("judging", lambda: judged(found, known, settings))


def judged(item: Item, known: Known, settings: Settings) -> object:
    item = item.with_tagged(story=known.story_of(item.tagged))
    return judge(item, known.ledger, Rules.of(settings.pipeline), datetime.now(UTC))


def through_engine(settings: Settings, records: list[bytes], pure: float) -> tuple[float, Parts, dict[str, Parts]]:
    """Articles a second, processor milliseconds an article by part of the stack, and percentiles of the latency by how
    much arrives."""
    with Run(settings) as run:
        rate, each = run.work_off(records)
        print(f"ratio, engine to pure functions on one core: {rate / pure:.2f}")
        print(
            f"a new article behind this backlog waits for it: {len(records) / rate:.0f} s for {len(records)} articles"
        )
        parts = ", ".join(f"{name} {ms:.1f}" for name, ms in each.items())
        total_ms = sum(each.values())
        print(f"processor time an article, in ms: {parts}; all {total_ms:.1f}, pure functions {1000 / pure:.1f}")
        flows = {
            "at 5 articles/s": Flow(run.settings, 0, 150, rate=5, every=3),
            "at 20 articles/s": Flow(run.settings, 2000, 2400, rate=20, every=3),
            "one article alone each 3.3 s": Flow(run.settings, 1000, 1040, rate=0.3, every=1),
        }
        latency = {title: latency_of(title, run.tally, run.check, flow) for title, flow in flows.items()}
    return rate, each, latency


def two_workers(records: list[bytes]) -> float:
    """Articles a second with two workers, in a stack of its own."""
    with tempfile.TemporaryDirectory() as data:
        settings = load_settings(overrides={"data": data, "pipeline": {"parallelism": 2, "workers": 2}})
        with Run(settings) as run:
            return run.work_off(records)[0]


class Run:
    """The stack with the job, which has taken 40 articles already."""

    def __init__(self, settings: Settings) -> None:
        self._stack = Stack.open(settings)

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._stack.stop()
            raise
        return self

    def _begin(self) -> None:
        self._stack.start()
        self.settings = self._stack.settings
        ensure_topics(self.settings)
        self.tally = Tally(self.settings)
        path = write_settings(self.settings, self.settings.data / "run" / "settings.json")
        Flow(self.settings, 100_000, 100_040, rate=40).start()
        self._stack.submit("deploy.engine.job:build", [str(path)])
        wait_for(lambda: self.tally.done == 40, self.check, 120, "the warm-up is through")

    def __exit__(self, *_: object) -> None:
        self._stack.stop()

    def check(self) -> None:
        self._stack.check()
        list(self.tally.update())

    def work_off(self, records: list[bytes]) -> tuple[float, Parts]:
        """Articles a second of a backlog, and the processor milliseconds of each part for one article. Prints how."""
        client = producer(self.settings.kafka, max_request_size=4_000_000)
        for number, record in enumerate(records):
            client.send("articles.raw", key=str(number).encode(), value=record)
        client.flush()
        spent, started = cpu_seconds(self._stack), time.perf_counter()
        wait_for(lambda: self.tally.done == 40 + len(records), self.check, 600, "all are through")
        rate = len(records) / (time.perf_counter() - started)
        after = cpu_seconds(self._stack)
        pipeline = self.settings.pipeline
        print(
            f"Kafka and Flink, workers: {pipeline.workers}, parallelism: {pipeline.parallelism}: {rate:7.1f} articles/s,"
            " from a backlog",
            flush=True,
        )
        return rate, {name: 1000 * (after[name] - spent[name]) / len(records) for name in after}


def latency_of(title: str, tally: Tally, check: Callable[[], None], flow: Flow) -> Parts:
    """Percentiles of the seconds that the alerts of a flow take from the moment when its articles are sent. Prints
    them too."""
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
    return {"median": p50, "95th percentile": p95}


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
