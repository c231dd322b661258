"""An HTTP server on loopback that takes what is posted to it, as a destination of alerts does."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], object]
#: A Standard Webhooks secret for tests.
SECRET = "whsec_" + "bW9uZGF5dHVlc2RheXdlZG5lc2RheXRodXJzZGF5"


class Receiver:
    """Keeps (headers, body) of each request in `got`; answers `status` with `headers` and `body` after `delay` seconds,
    or lets `answer` do it."""

    def __init__(
        self,
        status: int = 200,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"thanks",
        answer: Answer | None = None,
    ) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status, self.headers, self.body, self.delay = status, headers, body, 0.0
        take = self._take
        answering = answer or self._answer

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                take(self)
                with contextlib.suppress(OSError):
                    answering(self)

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_port

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        content = request.rfile.read(int(request.headers.get("content-length", 0)))
        time.sleep(self.delay)
        self.got.append((dict(request.headers), content))

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(self.status)
        for name, value in self.headers:
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(self.body)

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
