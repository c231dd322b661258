"""Parses feeds, pages and robots.txt in separate processes with limits, so that one that crashes or hangs its parser
delays no other.

A process that ended is replaced at the next task. A process needs about 50 MB and half a second to start.
"""

import asyncio
import pickle
import queue
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, Pipe
from typing import Any

from connectors.errors import ConnectorError, ParserBroke, TooCostly
from connectors.formats.article_page import Judged
from connectors.formats.parse import ParsedFeed
from schemas.feed import Selectors

#: Limits: CPU seconds per task and memory per process in bytes. A feed of 10 MB needs at most 5 s and 300 MB.
SECONDS, MEMORY = 10, 768 * 1024 * 1024
#: A task without a result after so many seconds of wall-clock time is given up.
PATIENCE = 120
#: A task is slow after so many seconds. A task that has waited as long for a process starts a second one.
SLOW = 1.0
PROCESSES = 2
MODULE = "connectors.formats.parser_process"


class ParserProcess:
    """One parser process, started when needed. Use it from one thread at a time."""

    def __init__(self, seconds: int = SECONDS, memory: int = MEMORY, module: str = MODULE) -> None:
        self._seconds, self._memory, self._module = seconds, memory, module
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._answers = select.poll()

    def run(self, name: str, *arguments: object, slow: Callable[[], object] | None = None) -> Any:
        """The task's result. Calls `slow` if it takes longer than `SLOW`.

        Raises the task's own ConnectorError; TooCostly if it exceeded its time or memory limit or ended the process;
        ParserBroke for any other exception in it.
        """
        task = pickle.dumps((name, arguments), pickle.HIGHEST_PROTOCOL)
        try:
            self._ready().send_bytes(task)
        except OSError:  # the process ended while it was idle
            self.close()
            self._ready().send_bytes(task)
        kind, result = self._answer(slow)
        if kind == "done":
            return result
        if kind == "error":
            raise result
        if kind == "memory":
            self.close()
            raise TooCostly(f"it needs more than {self._memory // 1024**2} MB of memory")
        raise ParserBroke(result)

    def _ready(self) -> "Connection[Any, Any]":
        if self._connection is None:
            self._connection, theirs = Pipe()
            self._answers = select.poll()  # made once: `Connection.poll` makes one at each call
            self._answers.register(self._connection, select.POLLIN)
            number = theirs.fileno()
            limits = map(str, (number, self._seconds, self._memory))
            command = [sys.executable, "-m", self._module, *limits]
            self._process = subprocess.Popen(command, pass_fds=[number], stdin=subprocess.DEVNULL)
            theirs.close()
        return self._connection

    def _answer(self, slow: Callable[[], object] | None) -> tuple[str, Any]:
        connection = self._connection  # another thread may close this process meanwhile
        if connection is None:
            raise TooCostly("its parser was closed")
        try:
            ready = self._answers.poll(SLOW * 1000)
            if not ready:
                if slow:
                    slow()
                ready = self._answers.poll(PATIENCE * 1000)
            if ready:
                found: tuple[str, Any] = pickle.loads(connection.recv_bytes())
                return found
        except (EOFError, OSError):
            raise TooCostly(self._end()) from None
        self.close()
        raise TooCostly(f"no answer for {PATIENCE} s")

    def _end(self) -> str:
        """How the process ended."""
        process = self._process
        self.close()
        code = process.returncode if process else None
        if code == -signal.SIGXCPU:
            return f"it needs more than {self._seconds} s of CPU time"
        return f"it ended the parser (exit code {code})"

    def close(self) -> None:
        """Ends the process. Another thread may close it at the same time."""
        connection, process = self._connection, self._process
        self._connection = self._process = None
        if connection:
            connection.close()
        if process:
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Parsers:
    """The parser processes of an event loop: one, and a second one from the first time that a task has to wait."""

    def __init__(self, seconds: int = SECONDS, memory: int = MEMORY, module: str = MODULE) -> None:
        self._threads = ThreadPoolExecutor(PROCESSES, "parser")
        self._all = [ParserProcess(seconds, memory, module) for _ in range(PROCESSES)]
        self._idle: queue.LifoQueue[ParserProcess] = queue.LifoQueue()
        self._idle.put(self._all[0])
        self._spare = self._all[1:]

    async def feed(
        self, body: bytes, url: str, content_type: str, slow: Callable[[], object] | None = None
    ) -> ParsedFeed:
        """`parse_feed`. Raises NotAFeed, TooCostly and ParserBroke."""
        parsed: ParsedFeed = await self._run(slow, "feed", body, url, content_type)
        return parsed

    async def listing(
        self, body: bytes, url: str, content_type: str, select: Selectors, slow: Callable[[], object] | None = None
    ) -> ParsedFeed:
        """`parse_listing`. Raises NotAFeed, TooCostly and ParserBroke."""
        parsed: ParsedFeed = await self._run(slow, "listing", body, url, content_type, select)
        return parsed

    async def page(self, body: bytes, url: str, status: int, content_type: str) -> Judged:
        """`judge_page`. If it fails or exceeds the limits, the result has an error."""
        try:
            judged: Judged = await self._run(None, "page", body, url, status, content_type)
        except ConnectorError as error:
            return Judged(error=f"{error.kind}: {error}", failure=error.kind)
        return judged

    async def robots(self, text: str, url: str, robot: str) -> bool:
        """`robots_allow`. Raises TooCostly and ParserBroke."""
        allowed: bool = await self._run(None, "robots", text, url, robot)
        return allowed

    async def _run(self, slow: Callable[[], object] | None, *task: Any) -> Any:
        loop = asyncio.get_running_loop()
        told = (lambda: loop.call_soon_threadsafe(slow)) if slow else None
        return await loop.run_in_executor(self._threads, self._in_thread, told, task)

    def _in_thread(self, slow: Callable[[], object] | None, task: tuple[Any, ...]) -> Any:
        try:
            process = self._idle.get(timeout=SLOW)
        except queue.Empty:
            process = self._spare.pop() if self._spare else self._idle.get()
        try:
            return process.run(*task, slow=slow)
        finally:
            self._idle.put(process)

    def close(self) -> None:
        """Ends the processes. Tasks under way fail."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._all:
            process.close()

    def __enter__(self) -> "Parsers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
