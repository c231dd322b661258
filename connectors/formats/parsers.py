"""Feeds and pages are parsed in processes of their own, within limits: what stops one of them stops nothing else.

A process that is ended is replaced at the next task. It costs some 50 MB and half a second to start.
"""

import asyncio
import pickle
import queue
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

#: CPU time of one task in seconds, and memory of a process in bytes. A feed of 10 MB needs 5 s and 300 MB at most.
SECONDS, MEMORY = 10, 768 * 1024 * 1024
#: A task that has no answer after so many seconds on the clock is given up, whatever CPU time it had.
PATIENCE = 120
#: A task is called slow after so many seconds; then, too, a second process is started for the others.
SLOW = 1.0
PROCESSES = 2
MODULE = "connectors.formats.parser_process"


class ParserProcess:
    """One process, started when it is needed. For one thread at a time."""

    def __init__(self, seconds: int = SECONDS, memory: int = MEMORY, module: str = MODULE) -> None:
        self._seconds, self._memory, self._module = seconds, memory, module
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None

    def run(self, name: str, *arguments: object, slow: Callable[[], object] | None = None) -> Any:
        """What the task gives back. Calls `slow` when it takes longer than `SLOW`.

        Raises the task's own ConnectorError; TooCostly when it used up its time or memory or ended the process;
        ParserBroke for any other error in it.
        """
        task = pickle.dumps((name, arguments), pickle.HIGHEST_PROTOCOL)
        try:
            self._ready().send_bytes(task)
        except OSError:  # it was ended while it had nothing to do
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
            number = theirs.fileno()
            limits = map(str, (number, self._seconds, self._memory))
            command = [sys.executable, "-m", self._module, *limits]
            self._process = subprocess.Popen(command, pass_fds=[number], stdin=subprocess.DEVNULL)
            theirs.close()
        return self._connection

    def _answer(self, slow: Callable[[], object] | None) -> tuple[str, Any]:
        assert self._connection
        try:
            ready = self._connection.poll(SLOW)
            if not ready:
                if slow:
                    slow()
                ready = self._connection.poll(PATIENCE)
            if ready:
                found: tuple[str, Any] = pickle.loads(self._connection.recv_bytes())
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
        """Ends the process."""
        if self._connection:
            self._connection.close()
        if self._process:
            try:
                self._process.wait(0.2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._connection = self._process = None


class Parsers:
    """Parser processes for an event loop: one, and a second while the first has a slow task."""

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
        """`judge_page`; a page that cannot be judged within the limits has an error."""
        try:
            judged: Judged = await self._run(None, "page", body, url, status, content_type)
        except ConnectorError as error:
            return Judged(error=f"{error.kind}: {error}", failure=error.kind)
        return judged

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
        """Ends the processes; what they were at fails."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._all:
            process.close()

    def __enter__(self) -> "Parsers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
