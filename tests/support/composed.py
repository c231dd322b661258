"""Services of deploy/compose.yaml as processes of this machine: the same commands, configuration and health checks.

What a container engine would do is done by substitution: a service's host and port become a free port of 127.0.0.1,
its mounts become directories. Of the pools of SDK workers one is started: task managers of one machine share loopback.
"""

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import yaml

from deploy import compose_secrets as secrets
from deploy.engine.broker import JVM, LOGGING
from deploy.jars.cache import fetch
from deploy.jars.java import find_java
from deploy.machine.ports import Ports
from deploy.machine.process import Process
from tests.support.paths import DEPLOY, ROOT

BIN = ROOT / ".venv" / "bin"

#: Not the real list: a test asks nobody beyond this machine.
FEEDS = "- {url: 'http://127.0.0.1:9/nobody-listens', outlet: Nobody, lang: en}\n"


class Composed:
    """The services by name. `root` is where everything is written."""

    def __init__(self, root: Path, compose: Path = DEPLOY / "compose.yaml") -> None:
        self.root = root
        self.text = compose.read_text(encoding="utf-8")
        self.services: dict[str, Any] = yaml.safe_load(self.text)["services"]
        self.processes: dict[str, Process] = {}
        ports = Ports(root / "ports.json")
        wanted = [(name, port) for name, service in self.services.items() for port in service.get("expose", ())]
        self.ports = {(name, port): ports.get(f"{name}:{port}") for name, port in wanted}
        self.workers_port = ports.get("workers")
        secrets.make(root / "secrets")
        (root / "secrets" / "desk_url").write_text("json://127.0.0.1:9/nobody-listens", encoding="utf-8")
        (root / "feeds").mkdir(exist_ok=True)
        (root / "feeds" / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
        entrypoint = re.search(r'^ENTRYPOINT \["(.+)"\]$', (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
        assert entrypoint
        self.entrypoint = entrypoint[1]

    def own_text(self, text: str, service: str) -> str:
        """`text` as the service would read it in its container, with everything that is elsewhere here replaced."""
        text = text.replace("0.0.0.0", "127.0.0.1")
        for (name, port), here in self.ports.items():
            text = text.replace(f"{name}:{port}", f"127.0.0.1:{here}")
        network = self.services[service].get("network_mode", f"service:{service}").removeprefix("service:")
        numbers = {port: here for (name, port), here in self.ports.items() if name in ("jobmanager", network)}
        numbers |= {port: here for (name, port), here in self.ports.items() if name == network}
        for port, here in (numbers | {"8100": self.workers_port}).items():
            text = re.sub(rf"(?m)(?<=: ){port}$|^{port}$|(?<=127\.0\.0\.1:){port}\b", str(here), text)
        text = re.sub(r"(?m)address: jobmanager$", "address: 127.0.0.1", text)
        for inside, outside in (
            ("/etc/borderwire-feeds", str(self.root / "feeds")),
            ("/etc/borderwire", str(self.root / service / "etc")),
            ("/var/lib/borderwire/flink", str(self.root / "flink")),
            ("/var/lib/borderwire", str(self.root / service / "data")),
            ("/var/lib/kafka/data", str(self.root / service / "data")),
            ("/run/secrets", str(self.root / "secrets")),
            ("/etc/prometheus", str(self.root / service / "etc" / "prometheus")),
            ("=/prometheus", f"={self.root / service / 'data'}"),
        ):
            text = text.replace(inside, outside)
        return text

    def start(self, *names: str) -> None:
        """Start services, or start them again, and return when they are healthy."""
        for name in names:
            if name not in self.processes:
                self.processes[name] = self._process(name)
            self.processes[name].start()
        for name in names:
            self.wait_healthy(name)

    def wait_healthy(self, name: str, timeout: float = 90) -> None:
        """Return when the service's own health check succeeds."""
        check = self.services[name].get("healthcheck")
        deadline = time.monotonic() + timeout
        while check:
            command = [self.own_text(part, name).replace("$$", "$") for part in check["test"][1:]]
            env = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
            result = subprocess.run(command, env=env, capture_output=True, text=True)
            if result.returncode == 0:
                return
            self.restart_what_ended()
            assert time.monotonic() < deadline, f"{name}: {result.stderr}\n{self.processes[name].tail(30)}"
            time.sleep(1)

    def restart_what_ended(self) -> None:
        """What `restart: unless-stopped` asks of the container engine."""
        for name, process in self.processes.items():
            if not process.alive():
                assert self.services[name]["restart"] == "unless-stopped"
                process.start()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + 10
        for process in self.processes.values():
            process.stop(max(0.0, deadline - time.monotonic()))

    def _process(self, name: str) -> Process:
        service = self.services[name]
        self._stage(name)
        environment = {key: self.own_text(str(value), name) for key, value in service.get("environment", {}).items()}
        log = self.root / "logs" / f"{name}.log"
        if service["image"].startswith("apache/kafka:"):
            jars = f"{classpath('kafka')}{os.pathsep}{self.kafka_metrics()}"
            return Process(name, self._kafka(name, environment), log, {"CLASSPATH": jars})
        command = [self.own_text(part, name) for part in service["command"]]
        if service["image"].startswith("prom/prometheus:"):
            return Process(name, ["prometheus", *command], log)
        assert service["image"].startswith("borderwire:")
        return Process(name, [BIN / self.entrypoint, *command], log, environment)

    def kafka_metrics(self) -> str:
        """The class path of what the service kafka-metrics gives to Kafka's nodes: here from this machine's cache."""
        return classpath("kafka-metrics")

    def _stage(self, name: str) -> None:
        """The service's mounts: its own copy of the configuration, and the volume `flink`, which several share."""
        (self.root / name / "data").mkdir(parents=True)
        (self.root / "flink").mkdir(exist_ok=True)
        (self.root / name / "data" / "flink").symlink_to(self.root / "flink")
        if name == "jobserver":  # the job tells the workers its own data directory, where they keep snapshots
            (self.root / name / "data" / "snapshots").mkdir()
        for file in (DEPLOY / "container").rglob("*.y*ml"):
            target = self.root / name / "etc" / file.relative_to(DEPLOY / "container")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self.own_text(file.read_text(encoding="utf-8"), name), encoding="utf-8")

    def _kafka(self, name: str, environment: dict[str, str]) -> list[str | Path]:
        """What the image does at its start: KAFKA_A_B becomes the property a.b; the data directory is formatted."""
        special = ("KAFKA_HEAP_OPTS", "KAFKA_OPTS")
        values = {
            key.removeprefix("KAFKA_").lower().replace("_", "."): value
            for key, value in environment.items()
            if key.startswith("KAFKA_") and key not in special
        }
        # Sizes only: by default the log cleaner of each node alone takes 128 MB.
        values |= {"log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024)}
        (self.root / name / "data" / "flink").unlink()
        config = self.root / name / "server.properties"
        config.write_text("".join(f"{key}={value}\n" for key, value in values.items()), encoding="utf-8")
        java: list[str | Path] = [find_java(), *environment["KAFKA_HEAP_OPTS"].split(), *JVM, *LOGGING]
        format_ = [*java, "kafka.tools.StorageTool", "format", "-t", environment["CLUSTER_ID"], "-c", config]
        subprocess.run(format_, env=os.environ | {"CLASSPATH": classpath("kafka")}, check=True, capture_output=True)
        return [*java, *environment["KAFKA_OPTS"].split(), "kafka.Kafka", config]


def classpath(*sets: str) -> str:
    found = fetch(sets=sets)
    return os.pathsep.join(str(jar) for name in sets for jar in found[name])
