"""Downloads files into a directory: concurrent, resumable, with retries and checksums. It works for any file."""

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from deploy.jars.intact import sha256

ATTEMPTS = 6
CONCURRENCY = 8


class DownloadError(RuntimeError):
    """A file could not be downloaded, or has other content than expected. The message names the file and the reason."""

    exit_code = 1


@dataclass(frozen=True)
class Download:
    """One file: its URL, its destination, and its expected SHA-256 and `size` in bytes."""

    url: str
    path: Path
    sha256: str
    size: int


#: Called with the number of bytes received (negative when a partial file was discarded).
Advance = Callable[[int], None]


def download(
    client: httpx.Client, item: Download, advance: Advance, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Download one file into `NAME.part`, then rename it. A later call continues a partial file.

    Raises DownloadError when the server refuses the request, ATTEMPTS attempts fail, the file cannot be written, or
    the checksum is wrong; in the last case the file is removed.
    """
    item.path.parent.mkdir(parents=True, exist_ok=True)
    part = item.path.with_name(item.path.name + ".part")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _transfer(client, item, part, advance)
            break
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            if attempt == ATTEMPTS or (status < 500 and status not in (408, 416, 429)):
                raise DownloadError(f"{item.path.name}: the server answered {status} for {item.url}") from None
        except OSError as error:
            raise DownloadError(f"{part}: {error.strerror}") from None
        except httpx.TransportError as error:
            if attempt == ATTEMPTS:
                raise DownloadError(
                    f"{item.path.name}: could not be fetched from {item.url} ({error or type(error).__name__}); "
                    "what came is kept and the next start continues there"
                ) from None
        sleep(0.5 * 2**attempt)
    got = sha256(part)
    if got != item.sha256:
        size = part.stat().st_size
        part.unlink()
        advance(-size)
        raise DownloadError(
            f"{item.path.name}: wrong checksum, expected sha256 {item.sha256} ({item.size} bytes), "
            f"got {got} ({size} bytes) from {item.url}; the file was removed"
        )
    part.replace(item.path)


def _transfer(client: httpx.Client, item: Download, part: Path, advance: Advance) -> None:
    have = part.stat().st_size if part.exists() else 0
    if have == item.size:
        return
    if have > item.size:
        part.unlink()
        have = 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with client.stream("GET", item.url, headers=headers) as response:
        if response.status_code == 416:
            part.unlink(missing_ok=True)
        response.raise_for_status()
        resumed = response.status_code == 206
        if have and not resumed:
            advance(-have)
        with part.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)
                advance(len(chunk))
    if part.stat().st_size < item.size:
        raise httpx.RemoteProtocolError("the connection ended early")


def download_all(items: Sequence[Download], title: str) -> None:
    """Download `items`, eight at a time, and show the progress on standard error.

    Raises DownloadError for the first file that fails, after the others have finished.
    """
    known = sum(p.stat().st_size for i in items if (p := i.path.with_name(i.path.name + ".part")).exists())
    total = sum(item.size for item in items)
    with (
        _bar(title, total, known) as advance,
        httpx.Client(follow_redirects=True, timeout=30) as client,
        ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="download") as pool,
    ):
        jobs = [pool.submit(download, client, item, advance) for item in items]
    for job in jobs:
        job.result()


class _bar:
    """A progress bar on a terminal; elsewhere a line every five seconds. As a context manager it yields the Advance."""

    def __init__(self, title: str, total: int, done: int) -> None:
        self.title, self.total, self.done = title, total, done
        self.lock = threading.Lock()
        self.last = time.monotonic()
        self.progress: Progress | None = None
        if sys.stderr.isatty() and not os.environ.get("NO_PROGRESS"):
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self.progress = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
            self.task = self.progress.add_task(title, total=total, completed=done)

    def __enter__(self) -> Advance:
        if self.progress:
            self.progress.start()
        else:
            self._line()
        return self.advance

    def __exit__(self, *_: object) -> None:
        if self.progress:
            self.progress.stop()
        else:
            self._line()

    def advance(self, count: int) -> None:
        with self.lock:
            self.done += count
            if self.progress:
                self.progress.update(self.task, completed=self.done)
            elif time.monotonic() - self.last > 5:
                self._line()

    def _line(self) -> None:
        self.last = time.monotonic()
        print(f"{self.title}: {self.done / 1e6:.0f} of {self.total / 1e6:.0f} MB", file=sys.stderr, flush=True)
