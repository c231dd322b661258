"""A `borderwire` command as a supervised part of a run."""

import sys
from contextlib import suppress
from pathlib import Path

from deploy.machine.process import Process


def beat(data: Path, name: str) -> None:
    """Write the part's heartbeat: touch the file that the run checks (see deploy/machine/heartbeat.py)."""
    with suppress(OSError):
        (data / "run").mkdir(parents=True, exist_ok=True)
        (data / "run" / f"{name}.beat").touch()


class Command:
    """`borderwire COMMAND --config SETTINGS` in a process of its own, with its output in `<data>/logs/NAME.log`.

    `command` defaults to `name`.
    """

    def __init__(self, name: str, data: Path, settings: Path, command: str | None = None) -> None:
        self.name = name
        words = [sys.executable, "-m", "deploy.cli", command or name, "--config", str(settings)]
        self.process = Process(name, words, data.absolute() / "logs" / f"{name}.log")

    def start(self) -> None:
        self.process.start()

    def ready(self) -> bool:
        return self.process.alive()
