"""A stack that runs, into which each kind of poison is put between good articles; then everything is counted.

    python -m tests.endurance.hostile_records [--only WORD] [--data DIR]

Every good article must be alerted, every poisoned record must have an outcome or a dead letter, no record both, and all
processes must be alive at the end. Prints what became of each kind, how long it took and what memory the workers had.
Among the kinds is a record that hangs in native code and one that takes memory without end: for these the job runs with
a step that does so when an article says it should. Exit code 0 when all is as it must be.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy import logs
from schemas.alert import Alert
from schemas.codec import encode
from schemas.kafka.clients import producer
from schemas.settings import PipelineSettings
from tests.support.flow import article, speaker, wait_for
from tests.support.job_run import JobRun
from tests.support.poison import pages, raw_bytes, read_back, record, texts

#: Seconds for everything, warm-up and the workers' deaths included.
PATIENCE = 900
#: What tests/support/hostile_job.py understands.
HANGS, GROWS, DIES = "HANG-HERE", "GROW-HERE", "DIE-HERE"


@dataclass
class Group:
    """Records of one kind: how many became what, the most seconds of work, and the longest way from sent to left."""

    records: int = 0
    outcomes: int = 0
    letters: int = 0
    worked: float = 0.0
    way: float = 0.0

    def count(self, outcome: bool, letter: bool, worked: float, way: float) -> None:
        self.records += 1
        self.outcomes += outcome
        self.letters += letter
        self.worked, self.way = max(self.worked, worked), max(self.way, way)


def group_of(name: str) -> str:
    """The kind of a record by its name: what is before a colon, `good`, or `bytes`."""
    if name.startswith("good"):
        return "good"
    return name.partition(":")[0] if ":" in name else "bytes"


def kinds(only: str) -> list[tuple[str, bytes]]:
    """Every kind that is put into `articles.raw`, by name."""
    ended = [
        (f"ends the worker: {word}", encode(record(5000 + n, content=f"{word} {'text ' * 40}")))
        for n, word in enumerate((HANGS, GROWS, DIES))
    ]
    found = [*raw_bytes(), ("a batch that unpacks to 100 MB", bytes(100_000_000))]
    found += [(f"text: {name}", encode(record(1000 + n, content=text))) for n, (name, text) in enumerate(texts())]
    found += [(f"page: {name}", page) for name, page in pages()]
    return [(name, data) for name, data in (*found, *ended) if only in name]


class Trial(JobRun):
    """The job, what was sent to it and what came of it."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, PipelineSettings(), "tests.support.hostile_job:build")
        self.producer = producer(self.settings.kafka, max_request_size=200_000_000)
        #: Place → name of what was sent there, when, and when its outcome or dead letter was seen (monotonic seconds).
        self.places: dict[str, str] = {}
        self.sent: dict[str, float] = {}
        self.left: dict[str, float] = {}
        self.good: list[int] = []
        self.peak = 0

    def check(self) -> None:
        super().check()
        now = time.monotonic()
        for place in (self.tally.outcomes.keys() | self.tally.dead.keys()) & self.places.keys() - self.left.keys():
            self.left[place] = now
        for pid in self.stack.pool.pids():
            try:
                self.peak = max(self.peak, psutil.Process(pid).memory_info().rss)
            except psutil.NoSuchProcess:
                continue

    def send(self, name: str, topic: str, value: bytes, key: bytes | None) -> None:
        sent = self.producer.send(self.settings.kafka.topic(topic), value=value, key=key).get(60)
        if topic == "articles.raw":
            place = f"{sent.topic}-{sent.partition}-{sent.offset}"
            self.places[place], self.sent[place] = name, time.monotonic()

    def send_good(self) -> None:
        number = len(self.good)
        self.good.append(number)
        found = article(number, True)
        self.send(f"good {number}", "articles.raw", encode(found), found.id.encode())

    def settled(self) -> bool:
        return self.places.keys() <= self.tally.outcomes.keys() | self.tally.dead.keys()


def run(data: Path, only: str) -> bool:
    trial = Trial(data)
    try:
        trial.send_good()
        wait_for(trial.settled, trial.check, 180, "the first article is through")
        workers, started = set(trial.stack.pool.pids()), time.monotonic()
        for topic, name, key, value in read_back():
            if only in name:
                trial.send(name, topic, value, key)
        for name, value in kinds(only):
            trial.send(name, "articles.raw", value, b"k" * 2_000_000 if name == "nothing" else None)
            trial.send_good()
        sent = time.monotonic()
        wait_for(trial.settled, trial.check, PATIENCE, "everything has an outcome or a dead letter")
        took = time.monotonic() - sent
        trial.send_good()
        wait_for(trial.settled, trial.check, 120, "the last article is through")
        return report(trial, workers, sent - started, took)
    finally:
        trial.stack.stop()


def report(trial: Trial, workers: set[int], sending: float, took: float) -> bool:
    tally = trial.tally
    groups: dict[str, Group] = defaultdict(Group)
    for place, name in trial.places.items():
        letter, outcome = tally.dead.get(place), tally.outcomes.get(place)
        worked = sum(outcome.seconds.values()) if outcome else 0.0
        group = groups[group_of(name)]
        group.count(
            outcome is not None, letter is not None, worked, trial.left.get(place, time.monotonic()) - trial.sent[place]
        )
        if not name.startswith("good"):
            words = f"dead letter: {letter.error[:80]}" if letter else ""
            if outcome:
                notes = f"; {'; '.join(outcome.notes)}" if outcome.notes else ""
                words = f"{outcome.outcome}, {worked:.2f} s{notes[:100]}"
            print(f"  {name:32} {words}")
    print(
        f"{'kind':20} {'records':>8} {'outcomes':>9} {'dead letters':>13} {'most work, s':>13} {'longest way, s':>15}"
    )
    for name, group in groups.items():
        print(
            f"{name:20} {group.records:8} {group.outcomes:9} {group.letters:13} {group.worked:13.2f} {group.way:15.0f}"
        )
    alerted = Counter(name for alert in tally.alerts.values() for name in names(alert))
    missing = [number for number in trial.good if speaker(number) not in alerted]
    both = tally.outcomes.keys() & tally.dead.keys()
    dead_good = [place for place, name in trial.places.items() if name.startswith("good") and place in tally.dead]
    ended = [part.part.name for part in trial.stack._supervised.values() if not part.part.process.alive()]
    engine = {name: one.ended for name, one in trial.stack._supervised.items() if one.ended}
    replaced = len(workers - set(trial.stack.pool.pids()))
    print(
        f"{len(trial.good)} good articles, {len(trial.places) - len(trial.good)} poisoned records, sent in "
        f"{sending:.0f} s, all through {took:.0f} s later"
    )
    print(f"good articles without an alert: {len(missing)}; in dead letters: {len(dead_good)}")
    print(f"records with an outcome and a dead letter: {len(both)}; alerts twice: {tally.repeated_alerts}")
    print(
        f"most memory of a worker: {trial.peak / 1e6:.0f} MB; parts started again: {engine or 'none'}; workers "
        f"replaced: {replaced}; parts that do not run: {ended or 'none'}"
    )
    return not (missing or both or dead_good or ended or tally.repeated_alerts)


def names(alert: Alert) -> list[str]:
    return [alert.speaker.name] if alert.speaker else []


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="kinds with this word in their name")
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    logs.configure("error")
    os.environ["BORDERWIRE_TEST_HOSTILE"] = "1"
    with tempfile.TemporaryDirectory() as directory:
        return 0 if run(asked.data or Path(directory), asked.only) else 1


if __name__ == "__main__":
    sys.exit(main())
