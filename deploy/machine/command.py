"""A command of ours as a part of a run."""

import sys
from contextlib import suppress
from pathlib import Path

from deploy.machine.process import Process


def beat(data: Path, name: str) -> None:
    """Note that the part is alive, where a run looks for it (see deploy/machine/heartbeat.py)."""
    with suppress(OSError):
        (data / "run").mkdir(parents=True, exist_ok=True)
        (data / "run" / f"{name}.beat").touch()


class Command:
    """`borderwire COMMAND --config SETTINGS` in a process of its own, its output in `<data>/logs/NAME.log`.

    The command is called as the part is, unless it is given.
    """

    def __init__(self, name: str, data: Path, settings: Path, command: str | None = None) -> None:
        self.name = name
        words = [sys.executable, "-m", "deploy.cli", command or name, "--config", str(settings)]
        self.process = Process(name, words, data.absolute() / "logs" / f"{name}.log")

    def start(self) -> None:
        self.process.start()

    def ready(self) -> bool:
        return self.process.alive()
