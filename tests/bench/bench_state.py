"""How much state an article leaves in Flink, and what 14 days of them need. `make state` runs it.

`python tests/bench/bench_state.py [COUNT] [heap|rocksdb]`: COUNT articles (default 20000) pass the dedupe step on a
real Flink. The checkpoint's size and the engine's heap after a full collection are taken with few and with all of them;
the difference, divided, is what one article takes.
"""

import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

from deploy import logs
from deploy.supervise.supervisor import Stack
from schemas.settings import KafkaSettings, PipelineSettings, Settings
from tests.support.paths import ROOT

PER_DAY, DAYS = 500_000, 14
#: Up to so many articles a day docs/state.md advises the heap.
SMALL = 8_000
FEW, EACH = 1000, 60


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    backend = sys.argv[2] if len(sys.argv) > 2 else "heap"
    logs.configure("warning")
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ["JDK_JAVA_OPTIONS"] = "-XX:+PrintClassHistogram"
    few, all_of_them = run(FEW, backend), run(count, backend)
    disk, heap = ((all_of_them[i] - few[i]) / (count - FEW) for i in (0, 1))
    articles = PER_DAY * DAYS
    print(
        f"{backend}: with {FEW} and {count} articles: checkpoint {few[0] / 2**20:.1f} and "
        f"{all_of_them[0] / 2**20:.1f} MB, live heap {few[1] / 2**20:.0f} and {all_of_them[1] / 2**20:.0f} MB"
    )
    print(f"a checkpoint after which nothing had come wrote {all_of_them[2] / 2**20:.1f} of them")
    print(f"an article: {disk:.0f} bytes of checkpoint, {heap:.0f} bytes of heap")
    needed = f"{articles * disk / 2**30:.2f} GB of checkpoint, {articles * heap / 2**30:.2f} GB of heap"
    print(f"{DAYS} days at {PER_DAY:,} a day are {articles:,} articles: {needed}")
    if backend == "heap":
        heap_mb = PipelineSettings().flink_heap_mb
        print(
            f"the default heap of {heap_mb} MB holds {(heap_mb * 0.7 * 2**20 - few[1]) / heap / DAYS:,.0f} articles a day"
        )
        every = PipelineSettings().checkpoint_interval.total_seconds()
        a_day = SMALL * DAYS * disk * 86_400 / every / 1e9
        print(f"each checkpoint writes all of it: at {SMALL:,} articles a day, {a_day:.0f} GB a day to the disk")


def run(count: int, backend: str) -> tuple[float, float, float]:
    """Bytes of checkpoint, of live heap, and those the last checkpoint wrote, with `count` articles in the state."""
    with tempfile.TemporaryDirectory() as data:
        # No broker: the job needs none, and the settings must name one for the stack not to start its own.
        pipeline = PipelineSettings.model_validate({"state_backend": backend, "workers": 1, "parallelism": 1})
        kafka = KafkaSettings(bootstrap_servers="127.0.0.1:9")
        stack = Stack.open(Settings(data=Path(data), kafka=kafka, pipeline=pipeline))
        stack.start()
        try:
            keeper = stack.submit("tests.bench.state_job:build", [str(count), str(EACH)], stall=300, first=600)
            sizes: list[int] = []
            while len(sizes) < 4 or len(set(sizes[-3:])) > 1 or sizes[-1] < count * 30:
                stack.check()
                found = keeper.checkpoints
                if found and found.size and found.completed > len(sizes):
                    sizes.append(found.size)
                time.sleep(0.5)
            return float(sizes[-1]), live_heap(stack), float(found.written or 0) if found else 0.0
        finally:
            stack.stop()


def live_heap(stack: Stack) -> float:
    """Bytes of the engine's heap that are in use after a full collection, which printing the histogram begins with."""
    pid = stack.server.process.pid
    assert pid
    os.kill(pid, signal.SIGQUIT)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        stack.check()
        log = stack.server.process.log.read_text(encoding="utf-8", errors="replace")
        if found := re.findall(r"^Total +\d+ +(\d+)$", log, re.MULTILINE):
            return float(found[-1])
        time.sleep(0.5)
    raise TimeoutError("the engine printed no histogram")


if __name__ == "__main__":
    main()
