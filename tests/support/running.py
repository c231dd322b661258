"""One `borderwire run` with every part, as a user starts it.

`python -m tests.support.running COMMAND…` starts one, waits until it is healthy, calls `borderwire COMMAND…` on its
data directory and ends with that exit code. `make ports` uses it.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import yaml

from deploy.machine.instance import read_note
from deploy.supervise.who_listens import processes
from schemas.alert import Alert
from schemas.codec import decode
from schemas.kafka.topic_tail import TopicTail
from schemas.outcome import Outcome
from schemas.settings import KafkaSettings
from tests.support.flow import wait_for

BORDERWIRE = Path(sys.executable).with_name("borderwire")
NOBODY = "- {url: 'http://127.0.0.1:9/nobody-listens', outlet: Nobody, lang: en}\n"
#: A run is healthy with the job's first checkpoint.
SOON = {"checkpoint_interval": "2s"}


class Run:
    """A run on `directory`/data, started with this object, until `stop` or `kill`. Its log is kept for each run."""

    def __init__(self, directory: Path, feeds: str = NOBODY, **config: Any) -> None:
        self.directory, self.data = directory, directory / "data"
        self.config = directory / "config.yaml"
        self.log = directory / f"run-{time.monotonic_ns()}.log"
        (directory / "feeds.yaml").write_text(feeds, encoding="utf-8")
        settings = {"feeds": str(directory / "feeds.yaml"), "pipeline": SOON} | config
        self.config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        command = [BORDERWIRE, "run", "--config", self.config, "--data", self.data]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def check(self) -> None:
        assert self.process.poll() is None, self.log.read_text()

    def wait_running(self) -> None:
        wait_for(lambda: '"running"' in self.log.read_text(), self.check, 120, "the run says that it runs")

    def wait_healthy(self, timeout: float = 300) -> None:
        """Until `status` calls the run healthy and the pool has workers. AssertionError with what `status` says."""
        try:
            wait_for(self.healthy, self.check, timeout, "the run is healthy")
        except AssertionError as error:
            log = self.log.read_text(encoding="utf-8")
            raise AssertionError(f"{error}\n{self.command('status').stdout}\n{log[-4000:]}") from None

    def healthy(self) -> bool:
        if "child of workers" not in processes(read_note(self.data)).values():
            return False
        return self.command("status").returncode == 0

    @property
    def kafka(self) -> KafkaSettings:
        return KafkaSettings(bootstrap_servers=json.loads((self.data / "run.json").read_text())["kafka"])

    def outcomes(self) -> list[Outcome]:
        return [decode(Outcome, value) for _, _, value in TopicTail(self.kafka, ["articles.outcomes"]).read()]

    def alerts(self) -> list[Alert]:
        tail = TopicTail(self.kafka, ["alerts.merida", "alerts.arms-trafficking"])
        return [decode(Alert, value) for _, _, value in tail.read()]

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Seconds until it had ended, with exit code 0."""
        started = time.monotonic()
        self.process.send_signal(number)
        assert self.process.wait(30) == 0, self.log.read_text()
        return time.monotonic() - started

    def left(self) -> list[psutil.Process]:
        """Processes that have the data directory on their command line."""
        named = psutil.process_iter(["cmdline"])
        return [process for process in named if str(self.data) in " ".join(process.info["cmdline"] or [])]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [BORDERWIRE, *arguments, "--data", self.data, "--log-level", "error"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="borderwire-") as directory:
        run = Run(Path(directory), page={"port": 0})
        try:
            run.wait_healthy()
            return subprocess.run([BORDERWIRE, *arguments, "--data", run.data]).returncode
        finally:
            run.process.terminate()
            run.process.wait(30)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
