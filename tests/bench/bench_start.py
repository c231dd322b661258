"""Where the seconds of a start go, from the command to the first alert and the first poll. `make bench-start` runs it.

`python -m tests.bench.bench_start [RUNS]`: RUNS starts (default 3), one after the other, each of `borderwire run` on an
empty data directory, with the jars and the archives of their classes in the cache. An article on topic is sent as soon as its Kafka topic exists. The
times are those of the log lines of the run and its parts. Below them is the processor time that every part took until the
first alert: other programs lengthen the times, but hardly this.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import psutil

from deploy.jars.cache import cache_dir
from deploy.machine.instance import read_note
from schemas.codec import encode
from schemas.kafka.clients import producer
from tests.support.flow import article, wait_for
from tests.support.running import Run

#: Title of a row → (log file, event) of the line that ends it. A file of None is the log of the run itself.
LINES: Mapping[str, tuple[str | None, str]] = {
    "the command has read its program": (None, "starting"),
    "worker pool listens": (None, "part is ready workers"),
    "job server listens": (None, "part is ready flink"),
    "Kafka answers": (None, "part is ready broker"),
    "topics exist": (None, "topics are ready"),
    "job graph is built": ("submit", "job graph is built"),
    "graph and files are handed to Flink": ("submit", "job is handed over"),
    "a worker has loaded program and models": ("workers", "worker is loaded"),
    "Flink asks for the worker": ("workers", "worker starts"),
    "the job's steps are set up": ("workers", "models are loaded"),
    "the first poll of Kafka begins": ("workers", "reading begins"),
}
JUDGED = "first article is judged"
POLLING = "every task runs; polling of feeds begins"


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    found = []
    if not archives():
        print("a first start makes the archives of the JVMs' classes", flush=True)
        with tempfile.TemporaryDirectory(prefix="start") as directory:
            one_start(Path(directory), warm=True)
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="start") as directory:
            found.append(one_start(Path(directory)))
    print(f"load of the machine (1 min): {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print_table("seconds since the command", [ends for ends, _ in found])
    print_table("seconds of processor time until the first alert", [spent for _, spent in found])
    return 0


def archives() -> bool:
    """Whether both JVMs have an archive, of whatever version."""
    names = [path.name for path in (cache_dir() / "classes").glob("*.jsa")]
    return all(any(name.startswith(jvm) for name in names) for jvm in ("kafka-", "flink-"))


def one_start(directory: Path, warm: bool = False) -> tuple[dict[str, float], dict[str, float]]:
    """Of one run: row → seconds from the command to its end; part → seconds of processor time until the first alert."""
    began = time.time()
    run = Run(directory, page={"port": 0}, pipeline={})
    try:
        wait_for(lambda: '"topics are ready"' in run.log.read_text(), run.check, 120, "the topics exist", pause=0.05)
        with_topic = producer(run.kafka)
        record = article(0, on_topic=True)
        with_topic.send("articles.raw", key=record.id.encode(), value=encode(record)).get(30)
        with_topic.close()
        wait_for(lambda: bool(run.alerts()), run.check, 120, "the article is alerted")
        spent = processor_time(run)
        (alert,) = run.alerts()
        wait_for(lambda: "connectors" in parts(run), run.check, 120, "feeds are polled")
        if warm:
            wait_for(archives, run.check, 120, "the archives are made")
        ends = {title: at for title, (file, event) in LINES.items() for at in first(run, file, event)}
        ends |= {JUDGED: alert.alerted.timestamp(), POLLING: parts(run)["connectors"]["started"]}
    finally:
        run.stop()
    return {title: at - began for title, at in ends.items()}, spent


def processor_time(run: Run) -> dict[str, float]:
    """Part → seconds, with its children, those that have ended too; and the whole. That of `run` is without its parts'."""
    spent = {}
    for name, pid in {"run": run.process.pid, **{name: int(part["pid"]) for name, part in parts(run).items()}}.items():
        top = psutil.Process(pid)
        processes = [top, *(top.children(recursive=True) if name != "run" else ())]
        spent[name] = sum(sum(process.cpu_times()[:4]) for process in processes)
    return spent | {"the whole": sum(spent.values())}


def parts(run: Run) -> dict[str, dict[str, float]]:
    """The processes of the run that the supervisor started."""
    found: dict[str, dict[str, float]] = read_note(run.data).get("parts", {})
    return found


def first(run: Run, file: str | None, event: str) -> Iterator[float]:
    """When a log first tells the event, in seconds since 1970. An event may be followed by the part it is about."""
    path = run.data / "logs" / f"{file}.log" if file else run.log
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("{"):
            told = json.loads(line)
            if event in (told["event"], f"{told['event']} {told.get('part')}"):
                yield datetime.fromisoformat(told["timestamp"]).timestamp()
                return


def print_table(heading: str, runs: list[dict[str, float]]) -> None:
    """Rows in rising order, with the seconds of each run, their median, and how much it is above that of the row before."""
    medians = {title: statistics.median(run.get(title, 0.0) for run in runs) for title in runs[0]}
    numbers = "".join(f"{f'run {number}':>8}" for number in range(1, len(runs) + 1))
    print(f"\n{heading:58}{numbers}{'median':>8}{'more':>8}")
    before = 0.0
    for title, median in sorted(medians.items(), key=lambda row: row[1]):
        cells = "".join(f"{run.get(title, 0.0):8.1f}" for run in runs)
        print(f"{title:58}{cells}{median:8.1f}{median - before:8.1f}")
        before = median


if __name__ == "__main__":
    sys.exit(main())
