"""What the one-machine stack costs: memory and CPU of each part, idle and under load. `make cost` runs it.

Idle: no article comes, 20 feeds are polled every two minutes and answer 304. Load: 2 articles a second, every 25th on
topic, which is 170,000 a day. The page runs, and alerts are delivered to an address where nobody answers. Memory is what
the kernel calls proportional set size (PSS) of each part with its child processes: a page of memory that several
processes share counts once, in equal parts.
"""

import argparse
import random
import sys
import tempfile
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import psutil
import yaml

from connectors.feeds.feedlist import dump_feeds
from deploy.engine.broker import CODE_MB
from deploy.machine.instance import read_note
from deploy.metrics.observe import part_healths
from deploy.page.store import ALERTS
from pipelines.newness.known import STORY_SECONDS
from pipelines.newness.ledger_store import CACHE
from pipelines.statements.reading.names import fold
from pipelines.statements.tagging.words import MOST_TYPES, types
from pipelines.text.stems import stemmed
from tests.endurance.service import Service
from tests.endurance.soak import ALERT, ENTRY, JVMS, STORY
from tests.support.jvm import compiled_code
from tests.support.stream import Stream

MB = 2**20
#: MB that a run holds at most, as OPERATIONS.md says.
LIMIT = 2560
#: Seconds after the start until the Java compilers, too, are idle.
WARM_UP = 150
#: The day that memory after months is reckoned for: articles, and how many of them are on topic.
PER_DAY, ON_TOPIC = 20_000, 400


def look(data: Path) -> dict[str, tuple[float, int]]:
    """Part → (seconds of CPU so far, bytes of memory)."""
    note = read_note(data)
    pids = {name: int(part["pid"]) for name, part in note["parts"].items()}
    memory = {name: proportional(psutil.Process(pid), children=True) for name, pid in pids.items()}
    memory["run"] = proportional(psutil.Process(note["pid"]), children=False)  # its children are the other parts
    return {part.name: (part.cpu, memory[part.name]) for part in part_healths(note) if part.name in memory}


def proportional(process: psutil.Process, children: bool) -> int:
    """Bytes of memory of a process, with its child processes if `children`."""
    whole = 0
    for one in (process, *(process.children(recursive=True) if children else ())):
        with suppress(psutil.NoSuchProcess):
            whole += one.memory_full_info().pss
    return whole


def measured(title: str, service: Service, seconds: float) -> tuple[float, float]:
    """Print a table; returns the whole's CPU in % of a core and its memory in MB."""
    before, started = look(service.data), time.monotonic()
    deadline = started + seconds
    while time.monotonic() < deadline:
        service.keep()
        time.sleep(1)
    after, took = look(service.data), time.monotonic() - started
    print(f"\n{title}, over {took:.0f} s{'':8} CPU of a core    memory")
    cpu = {name: 100 * (after[name][0] - before.get(name, (0.0, 0))[0]) / took for name in after}
    for name, (_, memory) in after.items():
        print(f"  {name:24} {cpu[name]:10.1f} % {memory / MB:9.0f} MB")
    whole = sum(cpu.values()), sum(memory for _, memory in after.values()) / MB
    print(f"  {'the whole':24} {whole[0]:10.1f} % {whole[1]:9.0f} MB", flush=True)
    return whole


def words_remembered() -> int:
    """Bytes of the workers' memory of words when it is full, measured here with made-up ones."""
    dice = random.Random(1)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(4, 11))) for _ in range(MOST_TYPES)]
    tables = [types(lang) for lang in ("en", "es")]
    stemmed("first", "en")
    tracemalloc.start()
    for table in tables:
        table.rows(words)
    for word in words:
        stemmed(word + "s", "en")
        fold(word)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used


def later(data: Path) -> dict[str, float]:
    """MB that memory has still to take up, by what for; reckoned from the bytes of tests/endurance/soak.py."""
    code = sum(compiled_code(read_note(data)["parts"][name]["pid"]) for name in JVMS)
    return {
        f"the page's last {ALERTS} alerts": ALERTS * ALERT / MB,
        "entries of feeds, 48 hours": 2 * PER_DAY * ENTRY / MB,
        "stories, 14 days": STORY_SECONDS / 86_400 * ON_TOPIC * STORY / MB,
        "words of both languages": words_remembered() / MB,
        "the ledger's cache": CACHE / 1024,
        f"code the JVMs compile, {len(JVMS)} x {CODE_MB} MB at most": len(JVMS) * CODE_MB - code / MB,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=90, help="how long to measure, idle and under load")
    parser.add_argument(
        "--load", type=float, help="how long under load, if not --seconds, such as 3600; shows progress"
    )
    asked = parser.parse_args()
    files = Path(tempfile.mkdtemp(prefix="cost"))
    stream = Stream(rate=2, feeds=20, every=25, keep=200)
    connectors = {"interval": 120, "min_interval": 20, "fetch_pages": False, "robots": False}
    (files / "routes.yaml").write_text("routes: {nobody: {apprise: 'json://127.0.0.1:9/'}}\n", encoding="utf-8")
    config: dict[str, object] = {"feeds": str(files / "feeds.yaml"), "routes": str(files / "routes.yaml")}
    config |= {"connectors": connectors | {"allow_networks": ["127.0.0.0/8"]}}
    (files / "feeds.yaml").write_text(dump_feeds(stream.feeds), encoding="utf-8")
    (files / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    service = Service(files / "data", files / "config.yaml", files / "run.log")
    service.keep()
    try:
        deadline = time.monotonic() + 180
        while "connectors" not in read_note(service.data).get("parts", {}) and time.monotonic() < deadline:
            service.keep()
            time.sleep(1)
        time.sleep(WARM_UP)
        cpu, idle = measured("idle", service, asked.seconds)
        stream.publish()
        time.sleep(40)
        spans = [asked.load / 10] * 10 if asked.load else [asked.seconds]
        for number, seconds in enumerate(spans, 1):
            title = f"2 articles a second, {number} of {len(spans)}"
            _, load = measured(title, service, seconds)
        rest = later(service.data)
    finally:
        service.stop()
        stream.close()
    print(f"\nreckoned for after months, {PER_DAY} articles a day, {ON_TOPIC} of them on topic:")
    for name, size in rest.items():
        print(f"  {name:50} {size:9.0f} MB more")
    full = load + sum(rest.values())
    print(
        f"\nidle CPU {cpu:.1f} % of a core, aim: under 5; memory {idle:.0f} MB idle, {load:.0f} MB under load "
        f"and {full:.0f} MB after months, limit: {LIMIT}"
    )
    return 0 if full < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
