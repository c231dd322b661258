"""Kills and faults at random moments while a stream flows through `borderwire run`; then everything is counted.

    python tests/endurance/chaos.py [--faults 200] [--seed N] [--gap SECONDS] [--data DIR]

This program is to `borderwire run` what systemd is: it starts it again when it ends. The seed is printed; the same seed
gives the same faults, though not at the same instants of the program. Where it may mount (root), the data stand on a
tmpfs of their own, and running out of disk is one of the faults. Exit code 0 when nothing was lost or alerted twice.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import yaml
from kafka.errors import KafkaError

from connectors.feeds.feedlist import dump_feeds
from deploy.engine.checkpoints import newest_checkpoint
from deploy.machine.instance import read_note
from deploy.metrics.tally import Tally
from schemas.kafka.clients import producer
from schemas.settings import KafkaSettings, Settings
from tests.support.paths import TESTS
from tests.support.poison import read_back, records
from tests.support.stream import Stream, number_of

BORDERWIRE = Path(sys.executable).with_name("borderwire")
DISK_MB, LOW_MB = 1500, 300
#: Kill and stop hit the processes evenly; the rest are rarer.
KINDS = {"kill": 10, "stop": 6, "broker-restart": 1, "corrupt-checkpoint": 1, "network": 2, "clock": 1, "poison": 3}
#: How an end is told of whose last line gives no reason; the exit status follows.
WORDLESS = "no word, exit status"
ROLES = ("broker", "connectors", "flink", "metrics", "page", "run", "worker 0", "worker 1", "workers")


class Service:
    """`borderwire run` as a service manager keeps it."""

    def __init__(self, data: Path, config: Path, log: Path) -> None:
        self.data, self.starts, self.reasons = data, 0, Counter[str]()
        self._command = [BORDERWIRE, "run", "--config", config, "--data", data]
        self._log = log
        jump = {"PYTHONPATH": str(TESTS / "support" / "jumping"), "BORDERWIRE_TEST_CLOCK": str(log.with_name("clock"))}
        self._env = os.environ | jump
        self._child: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        """Start it when it does not run."""
        if self._child and self._child.poll() is None:
            return
        if self._child:
            self.reasons[self.ending(self._child.returncode)] += 1
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=log, env=self._env)
        self.starts += 1

    def ending(self, status: int) -> str:
        if status < 0:
            return signal.Signals(-status).name
        lines = self._log.read_text(errors="replace").splitlines()
        with suppress(ValueError, IndexError, KeyError, TypeError):
            return str(json.loads(lines[-1])["reason"])[:160]
        return f"{WORDLESS} {status}"

    def processes(self) -> dict[str, psutil.Process]:
        """Every process of the run by a name of its own: the parts, the workers, and the supervisor."""
        found: dict[str, psutil.Process] = {}
        note = read_note(self.data)
        named = {name: part["pid"] for name, part in note.get("parts", {}).items()}
        if self._child:
            named["run"] = self._child.pid
        for name, pid in named.items():
            with suppress(psutil.NoSuchProcess):
                found[name] = psutil.Process(pid)
                if name == "workers":
                    for number, child in enumerate(found[name].children()):
                        found[f"worker {number}"] = child
        return found

    def stop(self) -> None:
        if self._child and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            self._child.wait(60)


class Chaos:
    """The faults; each returns what it did, in a word or two."""

    def __init__(self, service: Service, stream: Stream, dice: random.Random, files: Path, on_tmpfs: bool) -> None:
        self.service, self.stream, self.dice, self.files = service, stream, dice, files
        #: Of what depends on the moment, so that the next fault does not.
        self.details = random.Random(dice.random())
        self.poisoned = 0
        self.records, self.read_back = list(records()), list(read_back())
        self.kinds = KINDS | ({"disk-full": 1} if on_tmpfs else {})
        self._later: list[tuple[float, Callable[[], object]]] = []

    def fault(self) -> str:
        kind = self.dice.choices(list(self.kinds), weights=list(self.kinds.values()))[0]
        target, seconds = self.dice.random(), self.dice.choice((1, 2, 5, 10, 90))
        method = {"kill": self.kill, "stop": self.pause}.get(kind)
        if method:
            processes = self.service.processes()
            there = [name for name in ROLES if name in processes]
            name = ROLES[int(target * len(ROLES))]
            if name not in processes:
                name = there[int(target * len(there))] if there else "nothing"
            return method(name, processes[name], seconds) if there else f"{kind} nothing"
        return {
            "broker-restart": self.restart_broker,
            "corrupt-checkpoint": self.corrupt,
            "network": self.refuse,
            "clock": self.jump,
            "poison": self.poison,
            "disk-full": self.fill,
        }[kind](seconds)

    def due(self) -> None:
        """Undo what is to be undone by now."""
        now = time.monotonic()
        ripe = [undo for at, undo in self._later if at <= now]
        self._later = [entry for entry in self._later if entry[0] > now]
        for undo in ripe:
            undo()

    def undo_all(self) -> None:
        for _, undo in self._later:
            undo()
        self._later = []

    def after(self, seconds: float, undo: Callable[[], object]) -> None:
        self._later.append((time.monotonic() + seconds, undo))

    def kill(self, name: str, process: psutil.Process, _seconds: float) -> str:
        with suppress(psutil.NoSuchProcess):
            process.kill()
        return f"kill {name}"

    def pause(self, name: str, process: psutil.Process, seconds: float) -> str:
        """SIGSTOP; SIGCONT later, if it still is there then: 90 s is longer than a successor takes."""

        def resume() -> None:
            with suppress(psutil.NoSuchProcess):
                process.resume()

        with suppress(psutil.NoSuchProcess):
            process.suspend()
        self.after(10 if name == "run" else seconds, resume)
        return f"stop {name}"

    def restart_broker(self, _seconds: float) -> str:
        if broker := self.service.processes().get("broker"):
            with suppress(psutil.NoSuchProcess):
                broker.terminate()
        return "broker-restart"

    def corrupt(self, _seconds: float) -> str:
        """Bytes of the newest checkpoint change, or its end is cut; then the engine has to read it."""
        newest = newest_checkpoint(self.service.data / "flink")
        files = [path for path in newest.iterdir() if path.is_file()] if newest else []
        with suppress(OSError):
            for path in files:
                size = path.stat().st_size
                if self.details.random() < 0.5:
                    os.truncate(path, size // 2)
                else:
                    with path.open("r+b") as file:
                        file.seek(self.details.randrange(max(1, size - 8)))
                        file.write(self.details.randbytes(8))
        if engine := self.service.processes().get("flink"):
            with suppress(psutil.NoSuchProcess):
                engine.kill()
        return "corrupt-checkpoint" if files else "corrupt-checkpoint (none there)"

    def refuse(self, seconds: float) -> str:
        self.stream.proxy.refusing = True
        self.after(seconds, lambda: setattr(self.stream.proxy, "refusing", False))
        return "network"

    def jump(self, _seconds: float) -> str:
        offset = self.details.choice((-7200, -30, 30, 7200))
        (self.files / "clock").write_text(str(offset))
        self.after(15, lambda: (self.files / "clock").write_text("0"))
        return "clock"

    def poison(self, _seconds: float) -> str:
        """A record of a kind that once stopped the job, straight into `articles.raw` or a topic that is read back."""
        name, value = self.details.choice(self.records)
        topic, key = "articles.raw", b"poison"
        if self.details.random() < 0.3:
            topic, name, key, value = self.details.choice(self.read_back)
        try:
            client = producer(
                KafkaSettings(bootstrap_servers=read_note(self.service.data)["kafka"]),
                bootstrap_timeout_ms=2000,
                max_block_ms=3000,
                delivery_timeout_ms=3000,
                request_timeout_ms=2000,
                max_request_size=8_000_000,
            )
            try:
                client.send(topic, key=key, value=value).get(4)
                self.poisoned += topic == "articles.raw"
            finally:
                client.close(timeout=0)
        except (KafkaError, KeyError, OSError):
            return "poison (Kafka was down)"
        return f"poison {name}"

    def fill(self, seconds: float) -> str:
        filler = self.service.data.parent / "filler"
        with suppress(OSError), filler.open("wb") as file:
            for _ in range(DISK_MB):
                file.write(b"x" * 2**20)
        self.after(min(seconds, 20), lambda: filler.unlink(missing_ok=True))
        return "disk-full"


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
