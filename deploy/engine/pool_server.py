"""The server behind WorkerPool: starts the worker processes that Flink requests, and supervises them.

`python -m deploy.engine.pool_server PORT [DIRECTORY]` runs it. DIRECTORY holds the workers' marks, which survive the
workers and the server. The default is a temporary directory.
"""

import itertools
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

import grpc  # type: ignore[import-untyped]
import psutil
import structlog
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc

from deploy import logs
from deploy.engine.worker_watch import Deaths, Patience, see
from deploy.machine.listeners import own_user
from deploy.machine.process import TETHER
from pipelines.guard import MARK, SIZE

#: Seconds between two checks of the workers.
LOOK = 0.5

log = structlog.get_logger()


@dataclass
class PoolWorker:
    """A worker process, the file (mark) with the record that it works on, and the limits for that record."""

    process: subprocess.Popen[bytes]
    mark: Path
    patience: Patience = field(default_factory=Patience)


class Servicer(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """Starts and stops a worker process for each worker id of Flink. Workers write to the pool's own output.

    Calls of other users are refused, because a worker obeys the server whose address the call names. Call `look` twice
    a second: it kills workers that exceed a limit, and counts deaths.
    """

    def __init__(self, port: int, directory: Path) -> None:
        self.port = port
        self.workers: dict[str, PoolWorker] = {}
        self._directory = directory
        self._deaths = Deaths(directory)
        self._numbers = itertools.count()
        self._lock = threading.RLock()
        self._looked = time.monotonic()

    def StartWorker(
        self, request: beam_fn_api_pb2.StartWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StartWorkerResponse:
        self._refuse_strangers(context)
        command = [sys.executable, "-ISs", str(TETHER), str(os.getpid()), "0", sys.executable]
        command += ["-m", "deploy.engine.worker", request.control_endpoint.url, request.worker_id]
        with self._lock:
            self.look()  # count the last worker's death before the next worker gets the same record
            mark = self._directory / f"{next(self._numbers)}.mark"
            try:
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=os.environ | {MARK: str(mark)})
            except OSError as error:
                return beam_fn_api_pb2.StartWorkerResponse(error=str(error))
            self.workers[request.worker_id] = PoolWorker(process, mark)
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(
        self, request: beam_fn_api_pb2.StopWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StopWorkerResponse:
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
            worker.mark.unlink(missing_ok=True)  # it was told to stop: its record is not to blame
        return beam_fn_api_pb2.StopWorkerResponse()

    def _refuse_strangers(self, context: grpc.ServicerContext) -> None:
        if not own_user(context.peer(), self.port):
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "only the user who runs this pool may use it")

    def look(self) -> None:
        """Kill the workers that exceed a limit for one record, and count the deaths of workers by record."""
        with self._lock:
            now = time.monotonic()
            passed, self._looked = now - self._looked, now
            for name, worker in list(self.workers.items()):
                if (status := worker.process.poll()) is not None:
                    del self.workers[name]
                    self._ended(worker, status)
                elif reason := self._too_much(worker, passed):
                    del self.workers[name]
                    worker.process.kill()
                    worker.process.wait()
                    self._deaths.ended(worker.mark, reason)

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
        else:
            worker.mark.unlink(missing_ok=True)


def serve_workers(port: int, directory: Path | None = None) -> int:
    """Serve until SIGTERM. Exit code 1 when the port is taken."""
    logs.configure(libraries=True)
    servicer = Servicer(port, directory or Path(tempfile.mkdtemp(prefix="borderwire-marks-")))
    # The workers die with the thread that started them; this executor's threads live as long as the process.
    server = grpc.server(futures.ThreadPoolExecutor(8))
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(servicer, server)
    try:
        server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError:
        print(f"port {port} of 127.0.0.1 is taken", file=sys.stderr)
        return 1
    server.start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.wait(LOOK):
        servicer.look()
    return 0


if __name__ == "__main__":
    sys.exit(serve_workers(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
