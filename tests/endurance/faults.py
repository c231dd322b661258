"""The faults of chaos.py: what may happen to a service, at random, and how it is undone."""

import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from kafka.errors import KafkaError

from deploy.engine.checkpoints import newest_checkpoint
from deploy.machine.instance import read_note
from schemas.kafka.clients import producer
from schemas.settings import KafkaSettings
from tests.endurance.service import Service
from tests.support.poison import read_back, records
from tests.support.stream import Stream

DISK_MB = 1500
#: Kill and stop hit the processes evenly; the rest are rarer.
KINDS = {"kill": 10, "stop": 6, "broker-restart": 1, "corrupt-checkpoint": 1, "network": 2, "clock": 1, "poison": 3}
ROLES = ("broker", "connectors", "flink", "metrics", "page", "run", "worker 0", "worker 1", "workers")


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
