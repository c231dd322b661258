"""One child process in its own session, with its output in a log file. It is killed when this process dies."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil

from deploy.machine.data_directory import PRIVATE

TETHER = Path(__file__).with_name("tether.py")
LOG_LIMIT = 20 * 1024 * 1024
#: Settings for glibc's malloc that keep memory from growing for days. By default there is an arena for each thread,
#: which returns little memory to the system; and malloc raises its mmap threshold (up to 32 MB) whenever a large block
#: is freed, so that later large blocks come from the arenas too.
CALM = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "32768"}

#: Timer slack in milliseconds for a part with many mostly idle threads: waking them together costs less CPU.
LATE_MS = 100


class ProcessError(RuntimeError):
    """A part did not start or did not answer. The message usually ends with the last lines of its log."""

    exit_code = 1


class Process:
    """A child process that can be started again after it ended.

    `env` is added to this process's environment. `temp` is the child's directory for temporary files; it is emptied at
    each start, because a killed process leaves its files behind. `late_ms` is the timer slack (see tether.py). With
    `listens`, the child waits for a line on standard input, which `tell` sends. Start it from a thread that lives as
    long as the child should.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        env: Mapping[str, str] | None = None,
        temp: Path | None = None,
        late_ms: int = 0,
        listens: bool = False,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.log = log
        self.env = dict(env or {}) | ({"TMPDIR": str(temp)} if temp else {})
        self.temp = temp
        self.late_ms = late_ms
        self._listens = listens
        self._child: subprocess.Popen[bytes] | None = None
        self._children: list[psutil.Process] = []

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def returncode(self) -> int | None:
        """Exit status; None while it runs or when it never ran; negative: the number of the signal that ended it."""
        return self._child.poll() if self._child else None

    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Start it. Raises ProcessError when it runs already."""
        if self.alive():
            raise ProcessError(f"{self.name} is running already, as process {self.pid}")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.temp:
            shutil.rmtree(self.temp, ignore_errors=True)
            self.temp.mkdir(parents=True)
        with open(self.log, "ab", opener=lambda path, flags: os.open(path, flags, ~PRIVATE & 0o666)) as output:
            self._child = subprocess.Popen(
                [sys.executable, "-ISs", str(TETHER), str(os.getpid()), str(self.late_ms), *self.command],
                stdin=subprocess.PIPE if self._listens else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=CALM | os.environ | self.env,
                start_new_session=True,
                umask=PRIVATE,
            )

    def tell(self, line: str) -> None:
        """Send the line that a child with `listens` waits for, its only one. Nothing happens if it has ended."""
        if self._child is not None and self._child.stdin:
            with suppress(BrokenPipeError), self._child.stdin as pipe:
                pipe.write(line.encode() + b"\n")

    def terminate(self) -> None:
        """Send SIGTERM to it and its process group; returns at once."""
        self._remember_children()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it and its process group (SIGKILL), and wait until it is gone, and up to 2 s for its children."""
        if self._child is not None:
            self._remember_children()
            self._signal(signal.SIGKILL)
            self._child.wait()
            psutil.wait_procs(self._children, 2)
            self._children = []

    def stop(self, grace: float = 5) -> None:
        """Send SIGTERM, wait up to `grace` seconds, then send SIGKILL to what is left in its process group."""
        if self._child is not None:
            self.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(grace)
            self.kill()

    def ending(self) -> str:
        """How it ended, in one line: the signal, or the exit status with the last log line that names an error."""
        status = self.returncode
        if status is not None and status < 0:
            return f"killed by {signal.Signals(-status).name}"
        lines = [line.strip() for line in self.tail(60).splitlines() if line.strip()]
        telling = [line for line in lines if re.search(r"error|exception|taken|no space", line, re.IGNORECASE)]
        return f"exit status {status}: {(telling or lines or ['it left no word'])[-1][:400]}"

    def tail(self, lines: int = 5) -> str:
        """The last lines of its log, for error messages."""
        return tail(self.log, lines)

    def trim_log(self) -> None:
        """Copy a log above 20 MB to NAME.1 and empty it. The child has it open in append mode and writes on."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            shutil.copyfile(self.log, self.log.with_name(self.log.name + ".1"))
            os.truncate(self.log, 0)

    def _remember_children(self) -> None:
        """Remember its child processes before it ends: afterwards they have another parent."""
        if self._child is not None:
            with suppress(psutil.NoSuchProcess):
                self._children = psutil.Process(self._child.pid).children(recursive=True) or self._children

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)


class Part(Protocol):
    """A server that is one process. `start` returns at once; `ready` says whether it answers."""

    name: str
    process: Process

    def start(self) -> None: ...

    def ready(self) -> bool: ...


def wait_ready(*parts: Part, timeout: float = 60, each: Callable[[Part], object] = lambda part: None) -> None:
    """Return when all parts are ready; `each` is called with every one as soon as it is.

    Raises ProcessError when one ends, or takes longer than `timeout` seconds.
    """
    deadline, waiting = time.monotonic() + timeout, list(parts)
    while waiting:
        for part in list(waiting):
            if part.ready():
                each(part)
                waiting.remove(part)
            elif not part.process.alive():
                raise ProcessError(f"{part.name} ended at its start:\n{part.process.tail()}")
            elif time.monotonic() > deadline:
                raise ProcessError(f"{part.name} is not ready after {timeout:.0f} s:\n{part.process.tail()}")
        if waiting:
            time.sleep(0.1)


def tail(path: Path, lines: int) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8192))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])


def identity(pid: int) -> tuple[int, float] | None:
    """(pid, start time in seconds), which is unique. None when there is no such process, or it is a zombie."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else (pid, process.create_time())
    except psutil.NoSuchProcess:
        return None


def kill_leftover(pid: int, started: float, timeout: float = 5) -> bool:
    """Kill the process group of an earlier run's process, and wait up to `timeout` seconds for its end.

    Returns False, without killing anything, if no process with this pid and start time runs.
    """
    if identity(pid) != (pid, started):
        return False
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    deadline = time.monotonic() + timeout
    while identity(pid) == (pid, started) and time.monotonic() < deadline:
        time.sleep(0.05)
    return True
