"""Seconds and memory that texts and pages take which once took them without end, at two lengths.

    python -m tests.bench.bench_hostile_texts [WORD]      kinds with this word in their name

Each kind goes through cleaning, tagging, statements and judging, at 60,000 and at 120,000 characters (pages as they
are). Time and memory may not grow faster than the text. Exit code 1 when a record takes more than two thirds of the
time that a worker is allowed, or more than half of the memory.
"""

import sys
import threading
import time

import psutil

from deploy.engine.worker_watch import MEMORY, SECONDS
from pipelines import pure_steps
from pipelines.item import Item
from pipelines.newness.judge import Rules
from pipelines.newness.judging import Judging
from pipelines.newness.known import Known
from schemas.codec import DecodeError, encode
from schemas.outcome import RawRef
from schemas.settings import Settings
from tests.support.poison import pages, raw_bytes, record, texts

RULES = Rules.of(Settings().pipeline)
RAW = RawRef(topic="articles.raw", partition=0, offset=0)
LENGTHS = (60_000, 120_000)


class NoStore:
    """Nothing is known from elsewhere, and nothing is written."""

    def refresh(self, known: Known) -> bool:
        return False

    def write(self, messages: object) -> None:
        pass


def through(data: bytes) -> str:
    """What becomes of a record."""
    try:
        item = pure_steps.clean(RAW, data)
        if isinstance(item, Item):
            item = pure_steps.tag(item, None, RULES.alert_topics)
        if isinstance(item, Item):
            item = pure_steps.find_statements(item, None)
        if not isinstance(item, Item):
            return item.outcome
        _, judgement = Judging(NoStore(), RULES).judge(item)
        return f"{judgement.outcome}, {len(item.tagged.statements)} statements"
    except (DecodeError, ValueError) as error:
        return f"dead letter: {str(error)[:50]}"


class Peak(threading.Thread):
    """The most memory of this process beyond what it has at the start, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._process, self._ended = psutil.Process(), threading.Event()
        self._before = self.most = self._process.memory_info().rss

    def run(self) -> None:
        while not self._ended.wait(0.01):
            self.most = max(self.most, self._process.memory_info().rss)

    def end(self) -> int:
        self._ended.set()
        self.join()
        return self.most - self._before


def measured(data: bytes) -> tuple[float, int, str]:
    peak = Peak()
    peak.start()
    started = time.process_time()
    became = through(data)
    return time.process_time() - started, peak.end(), became


def main() -> int:
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    pure_steps.warm_up(None)
    through(encode(record()))
    long = dict(texts(LENGTHS[1]))
    slowest, largest, factor = 0.0, 0, 0.0
    print(f"seconds and MB at {LENGTHS[0]:,} and at {LENGTHS[1]:,} characters")
    for name, text in texts(LENGTHS[0]):
        if word in name:
            figures = [measured(encode(record(content=each))) for each in (text, long[name])]
            cost = "  ".join(f"{seconds:6.2f} s {size / 1e6:5.0f} MB" for seconds, size, _ in figures)
            print(f"  text: {name:26} {cost}  {figures[-1][2]}", flush=True)
            slowest = max(slowest, *(seconds for seconds, _, _ in figures))
            largest = max(largest, *(size for _, size, _ in figures))
            sizes = zip(figures, (text, long[name]), strict=True)
            factor = max(factor, *(size / len(each) for (_, size, _), each in sizes))
    for kind, found in (("page", pages()), ("record", raw_bytes())):
        for name, data in found:
            if word in name:
                seconds, size, became = measured(data)
                print(f"  {f'{kind}: {name}':32} {seconds:6.2f} s {size / 1e6:5.0f} MB  {became}", flush=True)
                slowest, largest = max(slowest, seconds), max(largest, size)
    print(
        f"slowest {slowest:.1f} s of {SECONDS:.0f} allowed, most memory {largest / 1e6:.0f} MB of "
        f"{MEMORY / 1e6:.0f}, at most {factor:,.0f} bytes a character of text"
    )
    return int(slowest > SECONDS / 3 * 2 or largest > MEMORY / 2)


if __name__ == "__main__":
    sys.exit(main())
