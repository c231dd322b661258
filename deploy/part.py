"""A command of ours as a part of a run."""
import sys
from contextlib import suppress
from pathlib import Path

from deploy.process import Process


def beat(data: Path, name: str) -> None:
    """Note that the part is alive, where a run looks for it (see deploy/beat.py)."""
    with suppress(OSError):
        (data / "run").mkdir(parents=True, exist_ok=True)
        (data / "run" / f"{name}.beat").touch()


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
