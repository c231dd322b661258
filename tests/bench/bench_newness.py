"""What tagging, finding duplicates and the ledger cost an article, beside cleaning it, in processor time of one run.

    python tests/bench/bench_newness.py      800 pages of $BORDERWIRE_SHARED; without it, it says so

Every article is tagged and fingerprinted; a story and the ledger are for those on a topic that alerts. The last rows
ask what it would cost to find the story of every article, and how evenly that could be spread.
"""

import gzip
import json
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import psutil

from pipelines.dedupe_step import fingerprint
from pipelines.item import Item
from pipelines.newness.judge import Rules, judge
from pipelines.newness.known import Known, sketch_of
from pipelines.newness.ledger import Ledger
from pipelines.newness.stories import Sketch, StoryIndex, keys
from pipelines.pure_steps import clean, find_statements, tag, warm_up
from schemas.article import FeedEntry, Page, RawArticle
from schemas.codec import encode
from schemas.outcome import RawRef
from schemas.settings import Settings
from schemas.statement import LedgerEntry, Sighting, Speaker
from tests.support.paths import ROOT, SHARED

PAGES = SHARED / "eval" / "stream" / "en-pages.jsonl.gz"
NOW = datetime.now(UTC)
ON_TOPIC = (
    "“The Mérida Initiative cost us {} million dollars for scanners that never arrived,” Senator Ana Ruiz told "
    "reporters in Ciudad Juárez."
)
#: Every so many-th page gets a statement on topic: 2 %.
EVERY = 50


def main() -> None:
    if not PAGES.exists():
        print(f"skipped: {PAGES} is not there")
        return
    warm_up(None)
    records = read_records()
    rules = Rules.of(Settings().pipeline)
    cleaned, clean_ms = timed(lambda: [clean(ref(n), data) for n, data in enumerate(records)], len(records))
    items = [item for item in cleaned if isinstance(item, Item)]
    _, print_ms = timed(lambda: [fingerprint(item) for item in items], len(items))
    tagged, tag_ms = timed(lambda: [tag(item, None, rules.alert_topics) for item in items], len(items))
    stated = [find_statements(item, None) for item in tagged if isinstance(item, Item)]
    known = Known()
    known.ledger = filled(20_000)

    def judge_all() -> None:
        for item in stated:
            story = known.story_of(item.tagged)
            judge(item.with_tagged(story=story), known.ledger, rules, NOW)

    _, judge_ms = timed(judge_all, len(items))
    together = print_ms + tag_ms + judge_ms
    print(f"{len(items)} articles, {len(stated)} on a topic that alerts; a ledger of 20,000 statements")
    print(
        f"milliseconds an article: clean {clean_ms:.2f}, tag {tag_ms:.2f}, fingerprint {print_ms:.2f}, "
        f"story and ledger {judge_ms:.2f}, which is {judge_ms * len(items) / len(stated):.2f} for one on topic"
    )
    print(f"tag + dedupe + ledger, as a share of cleaning: {together / clean_ms:.3f} (must be under 0.2)")
    stories(items, clean_ms)
    few, many = resident(10_000), resident(100_000)
    print(f"resident memory that a ledger takes: {few:.0f} MB of 10,000 entries, {many:.0f} MB of 100,000")


def kilobytes(make: Callable[[int], object], count: int) -> float:
    """What is made of so many, in KB each. Held until it is measured."""
    tracemalloc.start()
    made = make(count)
    size = tracemalloc.get_traced_memory()[0] / count / 1000
    tracemalloc.stop()
    del made
    return size


def resident(count: int) -> float:
    """MB by which a process grows that fills a ledger."""
    program = "import tests.bench.bench_newness as b; "
    program += f"before = b.rss(); ledger = b.filled({count}); print(b.rss() - before)"
    path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout) / 2**20


def rss() -> int:
    return int(psutil.Process().memory_info().rss)


def stories(items: list[Item], clean_ms: float) -> None:
    """What stories of all articles would cost, and how evenly the keys they are found by fall on 8 partitions."""
    sketches, sketch_ms = timed(lambda: [sketch_of(item.tagged) for item in items], len(items))
    _, assign_ms = timed(lambda: indexed(sketches), len(items))
    spread = Counter(zlib.crc32(key.to_bytes(4)) % 8 for sketch in sketches for key in keys(sketch))
    most = max(spread.values()) * 8 / spread.total()
    print(
        f"a story for every article: sketch {sketch_ms:.2f} ms, look-up {assign_ms:.2f} ms, together "
        f"{(sketch_ms + assign_ms) / clean_ms:.3f} of cleaning"
    )
    memory = kilobytes(lambda count: indexed(sketches[:count]), len(sketches))
    print(f"memory: {memory:.1f} KB an article in the index of stories")
    print(
        f"{statistics.mean(len(keys(s)) for s in sketches):.0f} keys an article; the fullest of 8 partitions of them "
        f"has {most:.2f} times its share"
    )


def indexed(sketches: list[Sketch]) -> StoryIndex:
    """Copies of the sketches in an index."""
    index = StoryIndex()
    for n, s in enumerate(sketches):
        index.assign(str(n), s._replace(hashes=s.hashes[:]), float(n))
    return index


def timed(work: Callable[[], object], count: int) -> tuple[object, float]:
    """What the work gives, and its milliseconds of processor time an article."""
    started = time.process_time()
    result = work()
    return result, (time.process_time() - started) / count * 1000


def filled(count: int) -> Ledger:
    """A ledger of so many statements by a thousand speakers."""
    ledger = Ledger()
    sighting = Sighting(article="a", version="v", outlet="o", url="https://o.example/", at=NOW)
    for n in range(count):
        text = f"town {n % 997} lost {n} rifles to traffickers from county {n % 613} and paid nobody {n % 89} dollars"
        speaker = Speaker(name=f"Speaker {n % 1000}")
        ledger.put(
            LedgerEntry(
                id=str(n),
                text=text,
                speaker=speaker,
                kind="direct",
                lang="en",
                topics=("arms-trafficking",),
                sightings=(sighting,),
                why="new",
            )
        )
    return ledger


def read_records() -> list[bytes]:
    with gzip.open(PAGES, "rt", encoding="utf-8") as lines:
        return [encode(page(number, json.loads(line))) for number, line in enumerate(lines)]


def page(number: int, row: dict[str, str]) -> RawArticle:
    url, html = f"https://pages.example/{number}", row["html"]
    if number % EVERY == 0:
        html = html.replace("<p>", f"<p>{ON_TOPIC.format(number)}</p><p>", 1)
    body = html.encode()
    content_type = "text/html; charset=utf-8"
    return RawArticle(
        id=str(number),
        version="v1",
        feed="https://pages.example/feed",
        outlet="Pages",
        seen=NOW,
        entry=FeedEntry(id=url, url=url, title=row["title"].strip(" >&"), published=NOW),
        page=Page(url=url, status=200, content_type=content_type, body=body, size=len(body)),
    )


def ref(number: int) -> RawRef:
    return RawRef(topic="articles.raw", partition=0, offset=number)


if __name__ == "__main__":
    sys.exit(main())
