"""Where the seconds of a start go, from the command to the first alert and the first poll. `make bench-start` runs it.

`python -m tests.bench.bench_start [RUNS]`: RUNS starts (default 3), one after the other, each of `borderwire run` on an
empty data directory, with the jars in their cache. An article on topic is sent as soon as its Kafka topic exists. The
times are those of the log lines of the run and its parts.
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
    "Flink has asked for a worker, which has read its program": ("workers", "worker starts"),
    "the worker has loaded its models": ("workers", "models are loaded"),
    "the first poll of Kafka begins": ("workers", "reading begins"),
}
JUDGED = "first article is judged"
POLLING = "first checkpoint; polling of feeds begins"


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    found = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="start") as directory:
            found.append(one_start(Path(directory)))
    print(f"load of the machine (1 min): {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print_table(found)
    return 0


def one_start(directory: Path) -> dict[str, float]:
    """Row → seconds from the command to its end, of one run."""
    began = time.time()
    run = Run(directory, page={"port": 0}, pipeline={})
    try:
        wait_for(lambda: '"topics are ready"' in run.log.read_text(), run.check, 120, "the topics exist", pause=0.05)
        with_topic = producer(run.kafka)
        record = article(0, on_topic=True)
        with_topic.send("articles.raw", key=record.id.encode(), value=encode(record)).get(30)
        with_topic.close()
        wait_for(lambda: bool(run.alerts()), run.check, 120, "the article is alerted")
        (alert,) = run.alerts()
        wait_for(lambda: "connectors" in parts(run), run.check, 120, "feeds are polled")
        ends = {title: at for title, (file, event) in LINES.items() for at in first(run, file, event)}
        ends |= {JUDGED: alert.alerted.timestamp(), POLLING: parts(run)["connectors"]["started"]}
    finally:
        run.stop()
    return {title: at - began for title, at in ends.items()}


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


def print_table(runs: list[dict[str, float]]) -> None:
    """Rows in the order in which they end, with the seconds of each run, their median, and what it adds."""
    medians = {title: statistics.median(run[title] for run in runs) for title in runs[0]}
    numbers = "".join(f"{f'run {number}':>8}" for number in range(1, len(runs) + 1))
    print(f"{'seconds since the command':58}{numbers}{'median':>8}{'more':>8}")
    before = 0.0
    for title, median in sorted(medians.items(), key=lambda row: row[1]):
        cells = "".join(f"{run[title]:8.1f}" for run in runs)
        print(f"{title:58}{cells}{median:8.1f}{median - before:8.1f}")
        before = median


if __name__ == "__main__":
    sys.exit(main())
