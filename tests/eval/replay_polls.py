"""`make replay`: ten days of hourly polls of two government feeds, served in their order to `borderwire run`.

Each request gets the next recorded poll, so an hour passes in half a second. What must have come out is counted from
the recordings themselves: an item is new when its guid is, revised when its words change.
"""

import hashlib
import html
import re
import sys
import tarfile
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import feedparser

from deploy import logs
from deploy.config import load_settings
from deploy.supervise.run import run_everything
from schemas.feed import Feed
from schemas.ids import text_version
from tests.support.paths import SHARED

ARCHIVE = SHARED / "eval" / "feeds" / "polls-2021-07.tar.xz"
INTERVAL = 0.5


def read_polls(archive: Path) -> dict[str, list[bytes]]:
    """Feed name → its polls in the order of their times, which their file names begin with."""
    polls: dict[str, list[tuple[str, bytes]]] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            feed, _, name = member.name.removeprefix("./").partition("/")
            if name.endswith(".xml") and (file := tar.extractfile(member)):
                polls.setdefault(feed, []).append((name, file.read()))
    return {feed: [data for _, data in sorted(named)] for feed, named in polls.items()}


class PollServer:
    """Serves each feed's polls one after the other, then the last one for ever; ETags tell what is unchanged."""

    def __init__(self, polls: dict[str, list[bytes]]) -> None:
        self.polls = polls
        self.place = dict.fromkeys(polls, 0)
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                feed = self.path.strip("/")
                if feed not in served.polls:
                    self.send_error(404)
                    return
                body = served.next(feed)
                tag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
                same = self.headers.get("If-None-Match") == tag
                self.send_response(304 if same else 200)
                self.send_header("ETag", tag)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", "0" if same else str(len(body)))
                self.end_headers()
                if not same:
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, feed: str) -> bytes:
        polls, place = self.polls[feed], self.place[feed]
        self.place[feed] = min(place + 1, len(polls))
        return polls[min(place, len(polls) - 1)]

    def finished(self) -> bool:
        return all(self.place[feed] >= len(polls) for feed, polls in self.polls.items())

    @property
    def feeds(self) -> list[Feed]:
        base = f"http://127.0.0.1:{self.server.server_address[1]}"
        names = {"state": "Department of State", "whitehouse": "The White House"}
        return [
            Feed(url=f"{base}/{feed}", outlet=names.get(feed, feed), lang="en", kind="official") for feed in self.polls
        ]


def count_items(polls: list[bytes]) -> tuple[int, int, int]:
    """(new, revised, unchanged polls) of a feed, from the recordings alone. A version that returns is not revised."""
    versions: dict[str, set[str]] = {}
    new = revised = unchanged = 0
    before = b""
    for data in polls:
        unchanged += data == before
        before = data
        for entry in feedparser.parse(data).entries:
            guid = entry.get("id") or entry.get("link")
            texts = [entry.get("title", ""), entry.get("summary", ""), *(c.value for c in entry.get("content", []))]
            plain = [html.unescape(re.sub(r"<[^>]+>", " ", text)) for text in texts]
            version = text_version(re.sub(r"\W+", " ", text).casefold() for text in plain)
            known = versions.setdefault(guid, set())
            new += not known
            revised += bool(known) and version not in known
            known.add(version)
    return new, revised, unchanged


def main() -> int:
    if not ARCHIVE.exists():
        print(f"skipped: {ARCHIVE} is not there")
        return 0
    logs.configure("warning")
    polls = read_polls(ARCHIVE)
    server = PollServer(polls)
    with tempfile.TemporaryDirectory() as data:
        connectors = {
            "interval": INTERVAL,
            "min_interval": INTERVAL,
            "adaptive": False,
            "fetch_pages": False,
            "allow_networks": ["127.0.0.0/8"],
        }
        settings = load_settings(overrides={"data": data, "connectors": connectors})
        count = sum(map(len, polls.values()))
        print(f"serving {count} polls of {len(polls)} feeds, one every {INTERVAL} s", flush=True)
        tally = run_everything(settings, server.feeds, 5, busy=lambda: not server.finished())
        for name, figure in tally.lines():
            print(f"{name:24} {figure}")
    print(f"all polls were served: {server.finished()}")
    print("counted from the recordings:")
    for feed, recorded in polls.items():
        new, revised, unchanged = count_items(recorded)
        print(f"  {feed}: {len(recorded)} polls, {unchanged} unchanged; items: {new} new, {revised} revised")
    return 0 if tally.complete() and server.finished() else 1


if __name__ == "__main__":
    sys.exit(main())
