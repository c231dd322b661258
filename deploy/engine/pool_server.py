"""The server behind WorkerPool: starts a worker process for each that Flink asks for.

`python -m deploy.engine.pool_server PORT` runs it.
"""
import os
import signal
import subprocess
import sys
import threading
from concurrent import futures

import grpc  # type: ignore[import-untyped]
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc

from deploy.machine.listeners import own_user
from deploy.machine.process import TETHER


class Servicer(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """Starts and stops a worker process for each id Flink names. Output goes where the pool's goes.

    Calls of other users are refused: a worker does whatever the address it is started with asks of it.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    def StartWorker(
        self, request: beam_fn_api_pb2.StartWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StartWorkerResponse:
        self._refuse_strangers(context)
        command = [sys.executable, "-ISs", str(TETHER), str(os.getpid()), "0", sys.executable]
        command += ["-m", "deploy.engine.worker", request.control_endpoint.url, request.worker_id]
        try:
            self.workers[request.worker_id] = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        except OSError as error:
            return beam_fn_api_pb2.StartWorkerResponse(error=str(error))
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(
        self, request: beam_fn_api_pb2.StopWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StopWorkerResponse:
        self._refuse_strangers(context)
        if worker := self.workers.pop(request.worker_id, None):
            worker.terminate()
            try:
                worker.wait(2)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        return beam_fn_api_pb2.StopWorkerResponse()

    def _refuse_strangers(self, context: grpc.ServicerContext) -> None:
        if not own_user(context.peer(), self.port):
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "only the user who runs this pool may use it")


def serve_workers(port: int) -> int:
    """Serve until SIGTERM. Exit code 1 when the port is taken."""
    # The workers are tied to the thread that started them; this executor's threads live as long as the process.
    server = grpc.server(futures.ThreadPoolExecutor(8))
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(Servicer(port), server)
    try:
        server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError:
        print(f"port {port} of 127.0.0.1 is taken", file=sys.stderr)
        return 1
    server.start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.wait(1):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(serve_workers(int(sys.argv[1])))
