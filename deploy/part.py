"""A command of ours as a part of a run."""
import sys
from pathlib import Path

from deploy.process import Process


class Command:
    """`borderwire NAME --config SETTINGS` in a process of its own, its output in `<data>/logs/NAME.log`."""

    def __init__(self, name: str, data: Path, settings: Path) -> None:
        self.name = name
        command = [sys.executable, "-m", "deploy.cli", name, "--config", str(settings)]
        self.process = Process(name, command, data.absolute() / "logs" / f"{name}.log")

    def start(self) -> None:
        self.process.start()

    def ready(self) -> bool:
        return self.process.alive()
