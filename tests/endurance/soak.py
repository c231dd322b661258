"""The whole of `borderwire run` under a steady load: does memory or the checkpoint grow?

    python tests/endurance/soak.py [--minutes 30] [--times 10] [--per-day 20000] [--data DIR]

The load is `--times` the rate of a day with `--per-day` articles, every 25th of which is alerted, over 200 feeds. For
the first third of the time it is ten times that: compilers come to rest, caches fill, and allocators reach what they
need at most. Then the memory of each part and the size of the checkpoint are noted every 10 seconds, and every minute
what lives on the heaps of the two JVMs, whose memory as such is fixed. The code that these compiled is told apart: it
grows for days, as ever rarer paths get warm, up to what a flag allows (deploy/engine/broker.py). A line is fitted to
each by least squares, and its slope printed with its standard error, which assumes independent errors: it is too small.

Some memory is meant to grow until it holds as much as it is to hold: MEANT says how much an article adds, and until
when. What grows beyond that and two standard errors is told as GROWS, with exit code 1, when it would take a part to
twice its size within 30 days, and when it is more than the time can tell: allocators take memory from the system in
steps of a megabyte (Python's arenas), and whether one falls into the time is chance. More minutes tell more.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import yaml

from connectors.feeds.feedlist import dump_feeds
from deploy.engine.broker import CODE_MB
from deploy.engine.checkpoints import newest_checkpoint
from deploy.machine.instance import read_note
from deploy.metrics.observe import directory_size, part_healths
from deploy.page.store import ALERTS
from schemas.settings import Settings
from tests.endurance.chaos import settle
from tests.endurance.service import Service
from tests.support.jvm import compiled_code, live_heap
from tests.support.stream import Stream

EVERY = 10.0
#: What part of the time is warm-up, and how much larger the load is in it.
WARM, WARMER = 1 / 3, 10
#: Looks at the memory between two at the live heaps.
SELDOM = 6
MONTH = 30 * 86_400
JVMS = ("flink", "broker")
#: Bytes that an allocator takes at once; and the figures that know no such steps.
STEP = 2**20
EXACT = ("checkpoint", *(f"{name}'s heap" for name in JVMS))
FEEDS = 200
#: What grows up to a limit that is set, in MB, however long that takes.
LIMITED = {f"{name}'s code": CODE_MB for name in JVMS}
#: Processes whose memory may grow as MEANT says.
PARTS = ("connectors", "workers", "page")
#: One article in so many is alerted.
ALERTED = 25
#: Bytes that the page keeps of an alert, the connectors of an entry, the workers of an article on topic.
ALERT, ENTRY, STORY = 6_100.0, 600.0, 6000.0
#: What an article adds, in bytes, to what is kept for a while; and a second, news or not.
MEANT = {
    "checkpoint": (400.0, 0.0, "fingerprints, for 14 days (make state)"),
    "flink's heap": (1200.0, 0.0, "fingerprints, for 14 days (make state)"),
    "connectors": (ENTRY, 0.0, "entries that stood in a feed, for 48 hours"),
    "workers": (
        STORY / ALERTED,
        1.7 * 220.0,
        "stories for 14 days; words of 20,000 texts; 8 MB of the ledger; Beam's notes of the last 10,000 bundles",
    ),
    "page": (ALERT / ALERTED, 0.0, f"the last {ALERTS} alerts, and the texts of 2,000 articles"),
}


def slope(times: list[float], values: list[float]) -> tuple[float, float]:
    """Least-squares slope and its standard error, in units a second."""
    x, y = np.array(times) - np.mean(times), np.array(values)
    spread = float((x**2).sum())
    found = float((x * y).sum() / spread)
    rest = y - y.mean() - found * x
    return found, float(np.sqrt((rest**2).sum() / max(1, len(x) - 2) / spread))


def look(data: Path, heaps: bool) -> dict[str, float]:
    """Bytes now: memory of each part with its children, less compiled code; this code; size of the newest checkpoint;
    with `heaps` what lives on them."""
    note = read_note(data)
    found = {part.name: float(part.memory) for part in part_healths(note)}
    code = {name: float(compiled_code(note["parts"][name]["pid"])) for name in JVMS}
    found |= {name: found[name] - code[name] for name in JVMS}
    found["all parts"] = sum(found.values())
    found |= {f"{name}'s code": size for name, size in code.items()}
    if checkpoint := newest_checkpoint(data / "flink"):
        found["checkpoint"] = float(directory_size(checkpoint))
    for name in JVMS if heaps else ():
        found[f"{name}'s heap"] = float(live_heap(note["parts"][name]["pid"]))
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--times", type=float, default=10)
    parser.add_argument("--per-day", type=float, default=20_000)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    files = asked.data or Path(tempfile.mkdtemp(prefix="soak"))
    files.mkdir(parents=True, exist_ok=True)
    rate = asked.times * asked.per_day / 86_400
    stream = Stream(WARMER * rate, feeds=FEEDS, every=ALERTED, keep=200)
    connectors = {"interval": 30, "min_interval": 30, "adaptive": False, "fetch_pages": False, "robots": False}
    config = {"feeds": str(files / "feeds.yaml"), "connectors": connectors | {"allow_networks": ["127.0.0.0/8"]}}
    (files / "feeds.yaml").write_text(dump_feeds(stream.feeds), encoding="utf-8")
    (files / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    service = Service(files / "data", files / "config.yaml", files / "run.log")
    service.keep()
    stream.publish()
    warm = WARM * asked.minutes
    print(
        f"{stream.rate:.2f} articles a second for {warm:.0f} minutes, then {rate:.2f} for {asked.minutes - warm:.0f}",
        flush=True,
    )
    try:
        pass_time(service, warm * 60)
        stream.rate = rate
        seen = watch(service, asked.minutes * 60 - warm * 60)
        stream.end()
        tally = settle(service, Settings(data=service.data), stream, timeout=300)
    finally:
        service.stop()
        stream.close()
    print(
        f"articles {stream.published}, outcomes {len(tally.outcomes)}, alerts {len(tally.alerts)} of "
        f"{len(stream.due)}, twice {tally.repeated_alerts}, starts {service.starts}"
    )
    if seconds := tally.latencies():
        p50, p95 = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)]
        print(f"seen to alerted: p50 {p50:.1f} s, p95 {p95:.1f} s, longest {seconds[-1]:.1f} s")
    flat = table(seen, rate)
    return 0 if flat and tally.complete() and service.starts == 1 else 1


def pass_time(service: Service, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        service.keep()
        time.sleep(1)


def watch(service: Service, seconds: float) -> dict[str, list[tuple[float, float]]]:
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    started, looks = time.monotonic(), 0
    while (now := time.monotonic() - started) < seconds:
        service.keep()
        if read_note(service.data):
            for name, value in look(service.data, heaps=looks % SELDOM == 0).items():
                seen[name].append((now, value))
            looks += 1
        time.sleep(EVERY)
    return seen


def table(seen: dict[str, list[tuple[float, float]]], rate: float) -> bool:
    """Print a line for each figure; True when all are flat."""
    hour, mb = 3600, 2**20
    span = max(at for pairs in seen.values() for at, _ in pairs)
    print(f"{span / 60:.0f} minutes can tell growth of {STEP / span * hour / mb:.1f} MB/h")
    print(f"{'':14} {'mean':>10} {'largest':>10} {'slope':>14} {'± error':>9} {'meant':>11}")
    flat = True
    for name, pairs in seen.items():
        times, values = [t for t, _ in pairs], [v for _, v in pairs]
        if len(values) < 5:
            print(f"{name:14} too few looks: give it more minutes")
            continue
        per_second, error = slope(times, values)
        mean = float(np.mean(values))
        grow = [MEANT[part] for part in (PARTS if name == "all parts" else (name,)) if part in MEANT]
        meant = sum(rate * an_article + a_second for an_article, a_second, _ in grow)
        excess = per_second - meant - 2 * error
        certain = excess * span > (0 if name in EXACT else STEP)
        grows = name not in LIMITED and certain and excess * MONTH > mean
        flat &= not grows
        remark = "   GROWS" if grows else f"   at most {LIMITED[name]} MB" if name in LIMITED else ""
        print(
            f"{name:14} {mean / mb:7.1f} MB {max(values) / mb:7.1f} MB {per_second * hour / mb:9.3f} MB/h "
            f"{error * hour / mb:9.3f} {meant * hour / mb:6.2f} MB/h{remark}"
        )
    for name, (an_article, a_second, what) in MEANT.items():
        print(f"meant of {name}: {an_article:.0f} bytes an article, {a_second:.0f} a second; {what}")
    return flat


if __name__ == "__main__":
    sys.exit(main())
