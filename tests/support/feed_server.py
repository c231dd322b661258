"""A server of feeds on loopback. The body is made at each request; other paths give 404."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FeedServer:
    """Answers from its making until `close`. `body` is told the path, and returns a feed or None for 404."""

    def __init__(self, body: Callable[[str], bytes | None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                feed = body(self.path)
                answer = b"not found" if feed is None else feed
                self.send_response(404 if feed is None else 200)
                self.send_header("Content-Type", "text/plain" if feed is None else "application/rss+xml")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
