"""What the alert step costs as the ledger grows: time an article, memory, the snapshot, and the start with and without.

    python -m tests.bench.bench_growth [--write]      `--write` puts table and picture into docs/

Each size is measured in a process of its own. An article and the reading of a record are measured in processor time, so
that other work of the machine does not count; the start with a snapshot, and articles while one is taken, by the clock.
The ledger is made up (tests/bench/made_ledger.py).
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from deploy import logs
from pipelines.item import Item, Message
from pipelines.newness.judge import Rules
from pipelines.newness.judging import Judging
from pipelines.newness.known import Known
from pipelines.newness.ledger_store import open_database
from pipelines.newness.snapshot_file import Held, code_digest, new_file, write_snapshot
from pipelines.newness.snapshots import NAME, Snapshots, due_after, take_new
from schemas.codec import encode
from schemas.outcome import RawRef
from schemas.settings import Settings
from tests.bench.growth_picture import picture
from tests.bench.made_ledger import NOW, article, entry, fill, fill_stories
from tests.support.paths import ROOT

PAGE, PICTURE = ROOT / "docs" / "scale.md", ROOT / "docs" / "growth.svg"
SIZES = (10_000, 100_000, 1_000_000)
STORIES = 10_000
#: Articles that are judged, after so many that are not counted. Each has two statements; every third article repeats an
#: entry, and every fourth is a copy of an article that is known.
ARTICLES, FIRST = 300, 100
#: Records of each kind that are read to measure what reading one takes.
READ = 2000
#: Records that a snapshot reads while articles are judged.
MEANWHILE = 2000


class Made:
    """Topics with the records that come after the ledger: new entries in `statements`."""

    def __init__(self, total: int, count: int) -> None:
        self._records = [encode(entry(total + number, total)) for number in range(count)]
        self.places = {"statements-0": total}
        self._end = total + count

    def ids(self) -> dict[str, str]:
        return {"statements": "made"}

    def begin(self, places: Mapping[str, int]) -> None:
        self.places = dict(places)

    def read(self) -> Iterator[tuple[str, bytes | None, bytes | None]]:
        for record in self._records[len(self._records) - (self._end - self.places["statements-0"]) :]:
            self.places["statements-0"] += 1
            yield "statements", b"key", record

    def close(self) -> None:
        pass


class ListStore:
    """Keeps what is written, and gives it back at the next refresh, as Kafka does."""

    def __init__(self) -> None:
        self._written: list[Message] = []

    def refresh(self, known: Known) -> bool:
        new, self._written = self._written, []
        for topic, _, value in new:
            known.feed(topic, value)
        return bool(new)

    def write(self, messages: list[Message]) -> None:
        self._written += messages


def make(total: int, directory: Path) -> None:
    """Make a snapshot of a ledger of so many entries."""
    made = new_file(directory)
    database = open_database(made)
    fill(database, total)
    fill_stories(database, STORIES, total)
    database.close()
    held = Held(code=code_digest(), topics={"statements": "made"}, places={"statements-0": total})
    write_snapshot(made, directory / NAME, held)


def measured(total: int, directory: Path) -> dict[str, Any]:
    """The figures of one size. Times in seconds, sizes in MB."""
    words = f"import pathlib, tests.bench.bench_growth as b; b.make({total}, pathlib.Path({str(directory)!r}))"
    subprocess.run([sys.executable, "-c", words], check=True)  # in another process, so that its memory is not counted
    size = (directory / NAME).stat().st_size
    items = [item(number, total) for number in range(FIRST + ARTICLES)]
    before = psutil.Process().memory_info().rss
    judging = Judging(ListStore(), Rules.of(Settings().pipeline))
    snapshots = Snapshots(directory, lambda: Made(total, MEANWHILE))
    started = time.perf_counter()
    snapshots.start(judging.known, Made(total, 0))
    start = time.perf_counter() - started
    assert len(judging.known.ledger) == total and len(judging.known.stories) == STORIES
    for one in items[:FIRST]:
        judge(judging, one)
    each, alone = [], []
    for one in items[FIRST:]:
        started = time.perf_counter()
        each.append(judge(judging, one))
        alone.append(time.perf_counter() - started)
    memory = psutil.Process().memory_info().rss - before
    full = reading(judging.known, Made(total, READ))
    thread = threading.Thread(target=snapshots.take)
    thread.start()
    meanwhile = []
    for one in (item(number, total) for number in range(FIRST + ARTICLES, 10**9)):
        started = time.perf_counter()
        judge(judging, one)
        meanwhile.append(time.perf_counter() - started)
        if not thread.is_alive():
            break
    empty = reading(Known(), Made(total, READ))
    tagged = [("articles.tagged", encode(article(n, (), NOW, "s"))) for n in range(READ // 4)]
    known, began = Known(), time.process_time()
    for record in tagged:
        known.feed(*record)
    without = total * (full + empty) / 2 + STORIES * (time.process_time() - began) / len(tagged)
    return {
        "entries": total,
        "rate": len(each) / sum(each),
        "p50": part(each, 0.5),
        "p95": part(each, 0.95),
        "memory": memory / 2**20,
        "size": size / 2**20,
        "without": without,
        "with": start,
        "worst": start + due_after(total) * full,
        "alone": part(alone, 0.95),
        "meanwhile": part(meanwhile, 0.95),
    }


def part(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def item(number: int, total: int) -> Item:
    """An article on topic: with a statement that the ledger has in every third, and a copy of another in every fourth."""
    old = entry(number * 7919 % total, total)
    new = [entry(10 * total + 2 * number + n, 20 * total) for n in range(2)]
    said = (old, new[1]) if number % 3 == 0 else tuple(new)
    tagged = article(number * 13 % STORIES if number % 4 == 0 else 10**6 + number, said, NOW)
    tagged = tagged.model_copy(update={"id": f"judged-{number}"})
    return Item(raw=RawRef(topic="articles.raw", partition=0, offset=number), tagged=tagged)


def judge(judging: Judging, one: Item) -> float:
    """Processor seconds of the thread for one article, with all that the alert step does but the work of Kafka."""
    started = time.thread_time()
    judging.refresh()
    judging.write(*judging.judge(one))
    return time.thread_time() - started


def reading(known: Known, topics: Made) -> float:
    """Processor seconds for each record that is read into what is known."""
    started = time.process_time()
    for _ in take_new(topics, known.ledger, known.stories):
        pass
    return (time.process_time() - started) / READ


def table(rows: list[dict[str, Any]]) -> str:
    heads = ["entries", "articles on topic a second", "ms an article: median", "95th percentile"]
    heads += ["wall-clock ms, 95th percentile: alone, while a snapshot is taken", "memory", "snapshot"]
    heads += ["start without a snapshot", "with one", "with one, at worst"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = [f"{row['entries']:,}", f"{row['rate']:.0f}", f"{1000 * row['p50']:.1f}", f"{1000 * row['p95']:.1f}"]
        cells += [f"{1000 * row['alone']:.0f}, {1000 * row['meanwhile']:.0f}", f"{row['memory']:.0f} MB"]
        cells += [f"{row['size']:,.0f} MB", *(f"{row[name]:.1f} s" for name in ("without", "with", "worst"))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--size", type=int)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    given = parser.parse_args()
    logs.configure("warning")
    if given.size:
        with tempfile.TemporaryDirectory() as directory:
            print(json.dumps(measured(given.size, Path(directory))))
        return
    rows = []
    for size in given.sizes:
        words = [sys.executable, "-m", "tests.bench.bench_growth", "--size", str(size)]
        rows.append(json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout))
    print(table(rows))
    if given.write:
        marks = r"(<!-- figures: make growth -->\n).*?(<!-- end -->)"
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(
            re.sub(marks, lambda m: f"{m[1]}{table(rows)}\n{m[2]}", page, flags=re.DOTALL), encoding="utf-8"
        )
        PICTURE.write_text(picture(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
