"""What the links to mark an alert lead to, which messages carry: a page that asks, and the mark when a reader confirms.

Opening a link changes nothing, because mail scanners open links too. Each link marks once.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connectors.delivery.mark_links import LINKED_MARKS, MarkLink, card_address, read_link, why_refused
from connectors.errors import BrokerGone
from deploy.page.rows import Row
from schemas.write_whole import write_whole

log = structlog.get_logger()

#: Status of an answer that refuses a link.
REFUSED = {"link_changed": 403, "link_expired": 410, "link_used": 410, "link_gone": 404}


class UsedLinks:
    """The signatures of links that marked an alert, in a file, until they expire. Each line: time of expiry, signature.

    Without a path they are kept in memory only. Raises OSError when the file cannot be read.
    """

    def __init__(self, path: Path | None, now: datetime) -> None:
        self._path, self._lock = path, threading.Lock()
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        whole = [(int(until), name) for until, _, name in (line.partition(" ") for line in lines) if until.isdigit()]
        kept = [(until, name) for until, name in whole if until > now.timestamp()]
        self._names = {name for _, name in kept}
        if path and len(kept) < len(lines):
            write_whole(path, "".join(f"{until} {name}\n" for until, name in kept))

    def __contains__(self, signature: str) -> bool:
        return signature in self._names

    def use(self, signature: str, until: int, mark: Callable[[], object]) -> bool:
        """Call `mark` unless the link was used before; returns whether it was called. If `mark` raises, the link is not
        used, and this raises the same."""
        with self._lock:
            if signature in self._names:
                return False
            mark()
            self._names.add(signature)
            self._write(f"{until} {signature}\n")
            return True

    def _write(self, line: str) -> None:
        if self._path is None:
            return
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            log.warning("a used link could not be noted", error=str(error))


class LinkPages:
    """`render` fills a template; `find` finds an alert by topic and id; `mark` writes a mark and raises BrokerGone."""

    def __init__(
        self,
        address: str,
        key: bytes,
        used: UsedLinks,
        render: Callable[..., str],
        find: Callable[[str, str], Row | None],
        mark: Callable[..., object],
    ) -> None:
        self.address, self.key, self.used = address, key, used
        self.render, self.find, self.mark = render, find, mark

    async def answer(self, request: Request) -> Response:
        """GET asks the reader, POST marks. Everything else that a link must be is checked first."""
        names = request.path_params
        mark = next((one for one in LINKED_MARKS if one == names["mark"]), None)
        if mark is None:
            raise HTTPException(404)
        link, signature = read_link(mark, names["topic"], names["name"], request.query_params)
        why: str | None = why_refused(link, signature, self.key, datetime.now(UTC))
        if why is None and signature in self.used:
            why = "link_used"
        row = None if why == "link_changed" else self.find(link.topic, link.alert)
        if why is None and row is None:
            why = "link_gone"
        if why or row is None:
            return self._show(request, REFUSED[why or "link_gone"], link, row, state=why)
        if request.method != "POST":
            return self._show(request, 200, link, row, state="ask")
        return await self._mark(request, link, signature, row)

    async def _mark(self, request: Request, link: MarkLink, signature: str, row: Row) -> Response:
        alert = row.alert

        def mark() -> object:
            return self.mark(alert, link.mark, "", f"link of {link.route}")

        try:
            marked = await run_in_threadpool(self.used.use, signature, link.until, mark)
        except BrokerGone:
            raise HTTPException(503) from None
        status, state = (200, "done") if marked else (REFUSED["link_used"], "link_used")
        return self._show(request, status, link, row, state=state)

    def _show(self, request: Request, status: int, link: MarkLink, row: Row | None, **values: Any) -> Response:
        alert = row.alert if row else None
        card = card_address(self.address, alert) if alert else None
        text = self.render(request, "link.html", link=link, alert=alert, card=card, **values)
        return HTMLResponse(text, status, headers={"cache-control": "no-store"})
