"""The server behind WorkerPool: starts the worker processes that Flink requests, and supervises them.

`python -m deploy.engine.pool_server PORT [DIRECTORY [SPARES]]` runs it. DIRECTORY holds the workers' marks, which
survive the workers and the server. The default is a temporary directory. SPARES workers are started at once, before
Flink asks for any: they load program and models while the other servers start.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import psutil
import structlog

from deploy import logs
from deploy.engine.pool_messages import StartWorkerResponse, StopWorkerResponse, handler
from deploy.engine.worker_watch import Deaths, Patience, see
from deploy.machine.listeners import own_user
from deploy.machine.process import TETHER
from pipelines.guard import MARK, SIZE
from pipelines.kafka.subtask_notes import SUFFIX, note_of

#: Seconds between two checks of the workers.
LOOK = 0.5

log = structlog.get_logger()


@dataclass
class PoolWorker:
    """A worker process, the file (mark) with the record that it works on, and the limits for that record."""

    process: subprocess.Popen[bytes]
    mark: Path
    patience: Patience = field(default_factory=Patience)

    def tell(self, address: str, worker: str) -> None:
        """Give the worker the address of its control server and its id. Raises OSError when it has ended."""
        assert self.process.stdin
        with self.process.stdin as pipe:
            pipe.write(json.dumps([address, worker]).encode() + b"\n")

    def clear(self) -> None:
        """Remove what an ended worker has left: its mark and the note of its subtasks."""
        self.mark.unlink(missing_ok=True)
        note_of(self.mark).unlink(missing_ok=True)


class Servicer:
    """Starts and stops a worker process for each worker id of Flink. Workers write to the pool's own output.

    Calls of other users are refused, because a worker obeys the server whose address the call names. Call `look` twice
    a second: it kills workers that exceed a limit, and counts deaths.
    """

    def __init__(self, port: int, directory: Path) -> None:
        self.port = port
        self.workers: dict[str, PoolWorker] = {}
        self._spares: list[PoolWorker] = []
        self._directory = directory
        self._deaths = Deaths(directory)
        for left in directory.glob(f"*{SUFFIX}"):
            left.unlink(missing_ok=True)
        self._numbers = itertools.count()
        self._lock = threading.RLock()
        self._looked = time.monotonic()

    def start_spares(self, count: int) -> None:
        """Start workers that load program and models and then wait for their address. Raises OSError.

        Call it from a thread that lives as long as the process.
        """
        with self._lock:
            self._spares += [self._start() for _ in range(count)]

    def StartWorker(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Give the address of the request to a spare worker, or to a new one if there is none."""
        self._refuse_strangers(context)
        with self._lock:
            self.look()  # count the last worker's death before the next worker gets the same record
            try:
                worker = self._spares.pop(0) if self._spares else self._start()
                worker.tell(request.control_endpoint.url, request.worker_id)
            except OSError as error:
                return StartWorkerResponse(error=str(error))
            self.workers[request.worker_id] = worker
        return StartWorkerResponse()

    def _start(self) -> PoolWorker:
        command = [sys.executable, "-ISs", str(TETHER), str(os.getpid()), "0", sys.executable]
        mark = self._directory / f"{next(self._numbers)}.mark"
        environment = os.environ | {MARK: str(mark)}
        process = subprocess.Popen([*command, "-m", "deploy.engine.worker"], stdin=subprocess.PIPE, env=environment)
        return PoolWorker(process, mark)

    def StopWorker(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._refuse_strangers(context)
        with self._lock:
            self.look()
            worker = self.workers.pop(request.worker_id, None)
        if worker:
            worker.process.terminate()
            try:
                worker.process.wait(2)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            worker.clear()  # it was told to stop: its record is not to blame
        return StopWorkerResponse()

    def _refuse_strangers(self, context: grpc.ServicerContext) -> None:
        if not own_user(context.peer(), self.port):
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "only the user who runs this pool may use it")

    def look(self) -> None:
        """Kill the workers that exceed a limit for one record, and count the deaths of workers by record."""
        with self._lock:
            now = time.monotonic()
            passed, self._looked = now - self._looked, now
            self._spares = [spare for spare in self._spares if spare.process.poll() is None]
            for name, worker in list(self.workers.items()):
                if (status := worker.process.poll()) is not None:
                    del self.workers[name]
                    self._ended(worker, status)
                elif reason := self._too_much(worker, passed):
                    del self.workers[name]
                    worker.process.kill()
                    worker.process.wait()
                    self._deaths.ended(worker.mark, reason)
                    worker.clear()

    def _too_much(self, worker: PoolWorker, passed: float) -> str | None:
        try:
            mark = worker.mark.read_bytes()[:SIZE]
            seen = see(psutil.Process(worker.process.pid), mark) if mark[:1] != b"\0" else None
        except (OSError, psutil.NoSuchProcess):
            return None
        return worker.patience.look(seen, passed) if seen else None

    def _ended(self, worker: PoolWorker, status: int) -> None:
        """A worker ended: any signal but SIGTERM and SIGINT counts as a death against its record."""
        if status < 0 and -status not in (signal.SIGTERM, signal.SIGINT):
            self._deaths.ended(worker.mark, f"killed by {signal.Signals(-status).name}")
        worker.clear()


def serve_workers(port: int, directory: Path | None = None, spares: int = 0) -> int:
    """Serve until SIGTERM. Exit code 1 when the port is taken. Raises OSError when a spare worker cannot be started."""
    logs.configure(libraries=True)
    servicer = Servicer(port, directory or Path(tempfile.mkdtemp(prefix="borderwire-marks-")))
    # The workers die with the thread that started them; this executor's threads live as long as the process.
    server = grpc.server(futures.ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((handler(servicer.StartWorker, servicer.StopWorker),))
    try:
        server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError:
        print(f"port {port} of 127.0.0.1 is taken", file=sys.stderr)
        return 1
    servicer.start_spares(spares)
    server.start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.wait(LOOK):
        servicer.look()
    return 0


if __name__ == "__main__":
    port, directory, spares, *_ = [*sys.argv[1:], None, None]
    sys.exit(serve_workers(int(port or 0), Path(directory) if directory else None, int(spares or 0)))
