"""The whole of `borderwire run` under a steady load: does memory or the checkpoint grow?

    python tests/soak.py [--minutes 30] [--times 10] [--per-day 20000] [--data DIR]

The load is `--times` the rate of a day with `--per-day` articles. Every 10 seconds the memory of each part and the size
of the checkpoint are noted; after a third of the time (start-up, caches filling) a line is fitted to each by least
squares, and its slope printed with its standard error, which assumes independent errors and so is rather too small.
Exit code 0 when no slope, less two standard errors, would take the part's memory to twice its size within 30 days.
"""
import argparse
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import yaml
from chaos import Service, settle
from stream import Stream

from connectors.feedlist import dump_feeds
from deploy.sight import parts, read_note, size_of
from schemas.settings import Settings

EVERY = 10.0
MONTH = 30 * 86_400
#: Bytes of state an article leaves, at most: on the heap, as `make state` prints it, and some room.
STATE = 1200.0


def slope(times: list[float], values: list[float]) -> tuple[float, float]:
    """Least-squares slope and its standard error, in units a second."""
    x, y = np.array(times) - np.mean(times), np.array(values)
    spread = float((x**2).sum())
    found = float((x * y).sum() / spread)
    rest = y - y.mean() - found * x
    return found, float(np.sqrt((rest**2).sum() / max(1, len(x) - 2) / spread))


def look(data: Path) -> dict[str, float]:
    """Bytes now: memory of each part with its children, size of the newest checkpoint."""
    found = {part.name: float(part.memory) for part in parts(read_note(data))}
    found["all parts"] = sum(found.values())
    checkpoints = sorted((data / "flink" / "checkpoints").glob("*/chk-*"), key=lambda path: path.stat().st_mtime)
    return found | ({"checkpoint": float(size_of(checkpoints[-1]))} if checkpoints else {})


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--times", type=float, default=10)
    parser.add_argument("--per-day", type=float, default=20_000)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    files = asked.data or Path(tempfile.mkdtemp(prefix="soak"))
    files.mkdir(parents=True, exist_ok=True)
    rate = asked.times * asked.per_day / 86_400
    stream = Stream(rate, feeds=20, every=25, keep=200)
    connectors = {"interval": 10, "min_interval": 10, "adaptive": False, "fetch_pages": False, "robots": False}
    config = {"feeds": str(files / "feeds.yaml"), "connectors": connectors | {"allow_networks": ["127.0.0.0/8"]}}
    (files / "feeds.yaml").write_text(dump_feeds(stream.feeds), encoding="utf-8")
    (files / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    service = Service(files / "data", files / "config.yaml", files / "run.log")
    service.keep()
    stream.begin()
    print(f"{rate:.2f} articles a second for {asked.minutes:g} minutes", flush=True)
    try:
        seen = watch(service, asked.minutes * 60)
        stream.end()
        tally = settle(service, Settings(data=service.data), stream, timeout=300)
    finally:
        service.stop()
        stream.close()
    print(f"articles {stream.published}, outcomes {len(tally.outcomes)}, alerts {len(tally.alerts)} of "
          f"{len(stream.due)}, twice {tally.repeated_alerts}, starts {service.starts}")
    if seconds := tally.latencies():
        p50, p95 = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)]
        print(f"seen to alerted: p50 {p50:.1f} s, p95 {p95:.1f} s, longest {seconds[-1]:.1f} s")
    flat = table(seen, rate)
    return 0 if flat and tally.complete() and service.starts == 1 else 1


def watch(service: Service, seconds: float) -> dict[str, list[tuple[float, float]]]:
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    started = time.monotonic()
    while (now := time.monotonic() - started) < seconds:
        service.keep()
        if now > seconds / 3 and read_note(service.data):
            for name, value in look(service.data).items():
                seen[name].append((now, value))
        time.sleep(EVERY)
    return seen


def table(seen: dict[str, list[tuple[float, float]]], rate: float) -> bool:
    """Print a line for each figure; True when all are flat."""
    print(f"{'':12} {'mean':>10} {'largest':>10} {'slope':>14} {'± error':>10}   (of {len(seen['run'])} looks)")
    flat = True
    for name, pairs in seen.items():
        times, values = [t for t, _ in pairs], [v for _, v in pairs]
        if len(values) < 5:
            print(f"{name:12} too few looks: give it more minutes")
            continue
        per_second, error = slope(times, values)
        mean, scale = float(np.mean(values)), 3600 / 2**20
        # Each article leaves its fingerprint in the state for 14 days (docs/state.md): that much is meant to grow.
        meant = STATE * rate if name in ("checkpoint", "flink", "all parts") else 0.0
        grows = (per_second - meant - 2 * error) * MONTH > mean
        flat &= not grows
        size = f"{mean / 2**20:7.1f} MB {max(values) / 2**20:7.1f} MB"
        print(f"{name:12} {size} {per_second * scale:9.3f} MB/h {error * scale:10.3f}{'   GROWS' if grows else ''}")
    return flat


if __name__ == "__main__":
    sys.exit(main())
