"""`borderwire run` under a service manager: what chaos, soak and the cost figures keep running."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.machine.instance import read_note
from tests.support.paths import TESTS

BORDERWIRE = Path(sys.executable).with_name("borderwire")
#: How an end is told of whose last line gives no reason; the exit status follows.
WORDLESS = "no word, exit status"


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
