"""A loopback web server for the demo: recorded feeds and pages of fictional outlets, in two editions.

`site/1/` is the first edition; `site/2/` has the files that changed or were added in the second. A path that is not in
the second edition is served from the first. Placeholders in the files (deploy/demo/recorded.py) are replaced when
served, so the recorded news is always a few hours old. While the server runs, each file keeps the same bytes and ETag.
Files keep the encoding that they declare.

To add a page: save it as `site/1/OUTLET/….html` (or under `site/2/` to make it appear later), copy the menus and boxes
of a page of that outlet, link it from the outlet's feed with the same H, and write in `expected.yaml` which alerts it
must raise, if any. `tests/deploy/test_demo_site.py` then checks that the words are in the page and that its links
resolve.
"""

import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from deploy.demo.recorded import content_type, render
from schemas.feed import Feed

SITE = Path(__file__).parent / "site"
EDITIONS = (1, 2)

#: path, outlet, language, kind
FEEDS = (
    ("/rio-grande-ledger/rss.xml", "Rio Grande Ledger", "en", "regional"),
    ("/potomac-courier/atom.xml", "Potomac Courier", "en", "news"),
    ("/sonoran-desk/feed.json", "Sonoran Desk", "en", "regional"),
    ("/el-mirador-de-juarez/rss.xml", "El Mirador de Juárez", "es", "regional"),
    ("/la-voz-del-bajio/atom.xml", "La Voz del Bajío", "es", "regional"),
    ("/relaciones-exteriores/comunicados.xml", "Secretaría de Relaciones Exteriores", "es", "official"),
    ("/atf-houston/releases.xml", "ATF Houston Field Division", "en", "official"),
    ("/fiscalia-de-la-franja/index.html", "Fiscalía de la Franja Norte", "es", "official"),
    ("/diario-del-desierto/rss.xml", "Diario del Desierto", "es", "regional"),
    ("/plaza-noticias/rss.xml", "Plaza Noticias", "es", "regional"),
    ("/gulf-coast-bulletin/rss.xml", "Gulf Coast Bulletin", "en", "regional"),
)
#: Pages of an outlet that has no feed. Their items are recognised automatically.
LISTINGS = frozenset({"/fiscalia-de-la-franja/index.html"})
#: Feeds without entries: one is a login page, one answers 500.
BROKEN = frozenset({"/plaza-noticias/rss.xml", "/gulf-coast-bulletin/rss.xml"})
#: Paths answered with this status instead of a file.
STATUS = {"/gulf-coast-bulletin/rss.xml": HTTPStatus.INTERNAL_SERVER_ERROR}
#: Paths whose requests are accepted but never answered.
HANGING = frozenset({"/sonoran-desk/stories/tucson-gun-shows.html"})


class Reply(NamedTuple):
    body: bytes
    content_type: str
    etag: str
    modified: datetime


class DemoServer:
    """Serves the recorded site on 127.0.0.1, on `port` or on a free port; also a context manager.

    `now` is the time from which the recorded hours count back (default: when `start` is called). `hang` is how many
    seconds a hanging page is held before the connection is closed; `stop` ends it at once. `counts` has the number of
    requests by path, `statuses` by (path, status); a request without an answer has status 0.
    """

    def __init__(self, now: datetime | None = None, port: int = 0, hang: float = 30.0, site: Path = SITE) -> None:
        self.now = now
        self.edition = EDITIONS[0]
        self.counts: Counter[str] = Counter()
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.stopping = threading.Event()
        self._port = port
        self._hang = hang
        self._site = site
        self._changed: dict[int, datetime] = {}
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    @property
    def base(self) -> str:
        """http://127.0.0.1:PORT, without a slash at the end. Raises RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("the demo server has not been started")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def feeds(self) -> list[Feed]:
        return [
            Feed.model_validate(
                {
                    "url": self.base + path,
                    "outlet": outlet,
                    "lang": lang,
                    "kind": kind,
                    "type": "listing" if path in LISTINGS else "feed",
                }
            )
            for path, outlet, lang, kind in FEEDS
        ]

    def start(self) -> None:
        """Bind and serve in the background. Raises OSError when a given port is taken."""
        if self.now is None:
            self.now = datetime.now(UTC).replace(microsecond=0)
        self._changed[EDITIONS[0]] = self.now - timedelta(hours=1)
        handler = type("Handler", (_Handler,), {"demo": self})
        self._server = _Server(("127.0.0.1", self._port), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo-server", daemon=True).start()

    def advance(self) -> None:
        """Serve the second edition from now on."""
        self._changed[EDITIONS[1]] = datetime.now(UTC).replace(microsecond=0)
        self.edition = EDITIONS[1]

    def stop(self) -> None:
        self.stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def __enter__(self) -> "DemoServer":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def answer(self, path: str) -> Reply | None:
        """The reply for a path in the current edition; None when there is no such file."""
        assert self.now is not None
        name = unquote(path).replace("\0", "").lstrip("/")
        for edition in range(self.edition, 0, -1):
            root = (self._site / str(edition)).resolve()
            file = (root / name).resolve()
            if file.is_dir():
                file = file / "index.html"
            if file.is_relative_to(root) and file.is_file():
                body = render(file.read_bytes(), self.base, self.now)
                etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
                return Reply(body, content_type(file, body), etag, self._changed[edition])
        return None

    def count(self, path: str, status: int) -> None:
        with self._lock:
            self.counts[path] += 1
            self.statuses[path, status] += 1

    def hang(self) -> None:
        """Block the calling request for `hang` seconds, or until `stop`."""
        self.stopping.wait(self._hang)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore connections closed by the client; print any other error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    demo: DemoServer
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True  # headers and body are two writes; the second must not wait for the ACK of the first

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path in HANGING:
            self.demo.count(path, 0)
            self.demo.hang()
            self.close_connection = True
            return
        if path in STATUS:
            self.reply(path, STATUS[path], b"Internal error: no database\n", {"Content-Type": "text/plain"})
            return
        found = self.demo.answer(path)
        if found is None:
            self.reply(path, HTTPStatus.NOT_FOUND, b"Not found\n", {"Content-Type": "text/plain"})
            return
        headers = {
            "Content-Type": found.content_type,
            "ETag": found.etag,
            "Last-Modified": format_datetime(found.modified, usegmt=True),
            "Cache-Control": "no-cache",
        }
        if self.unchanged(found):
            self.reply(path, HTTPStatus.NOT_MODIFIED, b"", headers)
        else:
            self.reply(path, HTTPStatus.OK, found.body, headers)

    do_HEAD = do_GET

    def unchanged(self, found: Reply) -> bool:
        """Whether the client has the current version. If-None-Match takes precedence (RFC 9110, 13.2.2)."""
        if tags := self.headers.get("If-None-Match"):
            return tags.strip() == "*" or found.etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        if since := self.headers.get("If-Modified-Since"):
            try:
                return found.modified <= parsedate_to_datetime(since)
            except (ValueError, TypeError):
                return False
        return False

    def reply(self, path: str, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self.demo.count(path, int(status))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are counted, not printed."""
