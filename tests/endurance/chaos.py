"""Kills and faults at random moments while a stream flows through `borderwire run`; then everything is counted.

    python tests/endurance/chaos.py [--faults 200] [--seed N] [--gap SECONDS] [--data DIR]

This program is to `borderwire run` what systemd is: it starts it again when it ends. The seed is printed; the same seed
gives the same faults, though not at the same instants of the program. Where it may mount (root), the data stand on a
tmpfs of their own, and running out of disk is one of the faults. Exit code 0 when nothing was lost or alerted twice.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import yaml
from kafka.errors import KafkaError

from connectors.feeds.feedlist import dump_feeds
from deploy.machine.instance import read_note
from deploy.metrics.tally import Tally
from schemas.settings import KafkaSettings, Settings
from tests.endurance.faults import DISK_MB, Chaos
from tests.endurance.service import WORDLESS, Service
from tests.support.stream import Stream, number_of

LOW_MB = 300


def settle(service: Service, settings: Settings, stream: Stream, timeout: float) -> Tally:
    """Wait until every article of the stream has an outcome and every raw record has left."""
    deadline = time.monotonic() + timeout
    tally: Tally | None = None
    while True:
        service.keep()
        try:
            kafka = KafkaSettings(bootstrap_servers=read_note(service.data)["kafka"])
            tally = tally or Tally(settings.model_copy(update={"kafka": kafka}))
            list(tally.update())
        except (KafkaError, LookupError):
            tally = None
        else:
            numbers = {number_of(outcome) for outcome in tally.outcomes.values()} - {None}
            if tally.complete() and len(numbers) >= stream.published or time.monotonic() > deadline:
                return tally
        if time.monotonic() > deadline + 60:
            sys.exit("nothing can be counted: Kafka does not answer")
        time.sleep(1)


def report(tally: Tally, stream: Stream, chaos: Chaos, service: Service, done: Counter[str]) -> bool:
    """Print the figures; True when nothing was lost, nothing came twice, and every end of a run had its reason."""
    numbers = Counter(number_of(alert) for alert in tally.alerts.values())
    published = set(range(stream.published))
    arrived = {number_of(outcome) for outcome in tally.outcomes.values()}
    missing, lost = stream.due - numbers.keys(), published - arrived
    twice = tally.repeated_alerts + sum(count - 1 for number, count in numbers.items() if number is not None)
    others = sum(count for number, count in numbers.items() if number is not None and number not in stream.due)
    poison = sum(number_of(outcome) is None for outcome in tally.outcomes.values())
    wordless = sum(count for reason, count in service.reasons.items() if reason.startswith(WORDLESS))
    for kind, count in sorted(done.items()):
        print(f"  {count:4} {kind}")
    print(f"borderwire run was started {service.starts} times; it had ended by {dict(service.reasons)}")
    rows = {
        "articles published, lost": (stream.published, len(lost)),
        "raw = outcomes + dead letters": (tally.raw, f"{len(tally.outcomes)} + {len(tally.dead)}"),
        "poison sent, outcomes + dead letters": (chaos.poisoned, f"{poison} + {len(tally.dead)}"),
        "alerts expected, present": (len(stream.due), len(stream.due) - len(missing)),
        "alerts twice, unexpected": (twice, others),
        "ends of a run, without a reason": (service.reasons.total(), wordless),
    }
    for name, (one, other) in rows.items():
        print(f"{name:36} {one:>8} {other!s:>12}")
    dead = poison + len(tally.dead) >= chaos.poisoned and not tally.outcomes.keys() & tally.dead.keys()
    return tally.complete() and dead and not (lost or missing or twice or others or wordless)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--gap", type=float, default=5.0, help="mean seconds between two faults")
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    print(f"seed {asked.seed}, {asked.faults} faults", flush=True)
    files = asked.data or Path(tempfile.mkdtemp(prefix="chaos"))
    files.mkdir(parents=True, exist_ok=True)
    disk = files / "disk"
    disk.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(disk)]
    on_tmpfs = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    if not on_tmpfs:
        print("no tmpfs can be mounted here: running out of disk is left out")
    try:
        return 0 if rage(asked, files, disk / "data", on_tmpfs) else 1
    finally:
        if on_tmpfs:
            subprocess.run(["umount", "-l", str(disk)], check=False)


def rage(asked: argparse.Namespace, files: Path, data: Path, on_tmpfs: bool) -> bool:
    dice = random.Random(asked.seed)
    stream = Stream(rate=2)
    connectors = {"interval": 2, "min_interval": 2, "slow_interval": 5, "adaptive": False, "fetch_pages": False}
    connectors |= {"robots": False, "allow_networks": ["127.0.0.0/8"]}
    config = {"feeds": str(files / "feeds.yaml"), "connectors": connectors, "min_free_disk": LOW_MB * 2**20}
    (files / "feeds.yaml").write_text(dump_feeds(stream.feeds), encoding="utf-8")
    (files / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    service = Service(data, files / "config.yaml", files / "run.log")
    chaos = Chaos(service, stream, dice, files, on_tmpfs)
    done: Counter[str] = Counter()
    service.keep()
    stream.publish()
    try:
        wait(service, chaos, 30)
        for number in range(asked.faults):
            what = chaos.fault()
            done[" ".join(what.split()[:1]) if what.startswith("poison ") else what] += 1
            print(f"{number + 1:4} {what}", flush=True)
            wait(service, chaos, dice.expovariate(1 / asked.gap))
            wait(service, chaos, 20, until=lambda: len(service.processes()) > 3)
        chaos.undo_all()
        wait(service, chaos, 5)
        stream.end()
        tally = settle(service, Settings(data=data), stream, timeout=420)
        return report(tally, stream, chaos, service, done)
    finally:
        chaos.undo_all()
        service.stop()
        stream.close()


def wait(service: Service, chaos: Chaos, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Keep the service for so long; `until` ends it sooner: a fault must find more than the supervisor to hit."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not until():
        service.keep()
        chaos.due()
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
