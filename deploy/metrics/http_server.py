"""A small HTTP server for /metrics of a Prometheus registry and further paths with JSON answers."""

import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

#: HTTP status and JSON text.
Answer = tuple[int, str]


class _Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server:
    """A context manager that serves from a thread of its own. Raises OSError when the port is taken.

    `answers` maps a path to the function that answers it.
    """

    def __init__(
        self, host: str, port: int, registry: CollectorRegistry, answers: Mapping[str, Callable[[], Answer]]
    ) -> None:
        self._metrics = make_wsgi_app(registry)
        self._answers = answers
        self._server = make_server(host, port, self._app, _Threading, handler_class=_Quiet)
        self.url = f"http://{host}:{self._server.server_port}"

    def _app(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return self._metrics(environ, start_response)
        status, text = self._answers[path]() if path in self._answers else (404, '{"error": "no such page"}\n')
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [text.encode("utf-8")]

    def __enter__(self) -> "Server":
        threading.Thread(target=self._server.serve_forever, name="http", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
