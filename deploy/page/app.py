"""The web page as an ASGI application: list of alerts, single alert, feeds, marks. Its data is in a `PageStore`."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.errors import BrokerGone
from connectors.http_headers import http_date
from deploy.page import feeds
from deploy.page.limits import Bounded
from deploy.page.marking import around, marked_paragraphs
from deploy.page.query import PER_PAGE, Query, common, shown, timeline
from deploy.page.store import PageStore
from deploy.page.words import WORDS, language
from schemas.alert import Alert
from schemas.attribution import verb
from schemas.mark import Verdict
from schemas.printable import is_web, printable

log = structlog.get_logger()

HERE = Path(__file__).parent
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
#: If the store was last refreshed longer ago than this, the page says so.
LATE = timedelta(minutes=1)
#: Characters of context shown before and after a statement in the list.
BESIDE = 80
#: Limits of a form: bytes, and number of fields.
LONGEST_FORM, MOST_FIELDS = 10_000, 10
#: The verdicts a reader may give; `clear` removes the mark.
VERDICTS: dict[str, Verdict | None] = {"wrong": "wrong", "mute": "mute", "clear": None}

WriteMark = Callable[[Alert, Verdict | None], None]


class SafeHeaders:
    """Adds HEADERS to every response, including errors and static files."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class PageApp:
    """`hosts` are the accepted host names; another one could be an attack by DNS rebinding."""

    def __init__(self, store: PageStore, write_mark: WriteMark, hosts: tuple[str, ...]) -> None:
        self.store, self.write_mark = store, write_mark
        templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=shown_safely,
        )
        templates.filters |= {"web": safe_link, "clock": lambda t: f"{t:%Y-%m-%d %H:%M} UTC"}
        templates.filters |= {"start": start, "end": end, "verb": verb}
        self.templates = templates
        self.app = Starlette(
            routes=[
                Route("/", self.index),
                Route("/alert/{topic}/{name}", self.alert),
                Route("/mark", self.mark, methods=["POST"]),
                Route("/feeds/{name}.{form}", self.feed),
                Mount("/static", StaticFiles(directory=HERE / "static")),
            ],
            middleware=[
                Middleware(SafeHeaders),
                Middleware(Bounded),
                Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
            ],
            exception_handlers={HTTPException: self.failed, Exception: broke},  # type: ignore[dict-item]
        )

    def render(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        ui = language(request.query_params.get("ui", ""), request.headers.get("accept-language", ""))
        refreshed = self.store.refreshed
        late = refreshed is None or datetime.now(UTC) - refreshed > LATE
        topics = self.store.topics
        query = values.pop("query", Query())
        text = self.templates.get_template(name).render(
            w=WORDS[ui],
            ui=ui,
            late=late,
            topics=topics,
            feed_names=("all", *topics),
            query=query,
            marks=self.store.marks,
            **values,
        )
        return HTMLResponse(text, status, headers={"cache-control": "no-cache", "content-language": ui})

    async def index(self, request: Request) -> Response:
        query = Query.read(request.query_params)
        everything = self.store.alerts
        found = [alert for alert in everything if query.takes(alert)]
        every_day = replace(query, day="")
        undated = [alert for alert in everything if every_day.takes(alert)] if query.day else found
        return self.render(
            request,
            "index.html",
            query=query,
            alerts=[(alert, self.store.sightings(alert)) for alert in shown(found, query)],
            count=len(found),
            last=max(1, -(-len(found) // PER_PAGE)),
            days=timeline(undated, datetime.now(UTC).date()),
            speakers=common(a.speaker.name if a.speaker else "" for a in found),
            outlets=sorted({a.article.outlet for a in everything}),
        )

    async def alert(self, request: Request) -> Response:
        alert = self._find(request.path_params)
        text = self.store.text(alert)
        return self.render(
            request,
            "alert.html",
            alert=alert,
            sightings=self.store.sightings(alert),
            paragraphs=marked_paragraphs(text or around(alert), [s.text for s in alert.statements]),
            whole=text is not None,
        )

    async def mark(self, request: Request) -> Response:
        if request.headers.get("origin") != f"{request.url.scheme}://{request.headers['host']}":
            raise HTTPException(403)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LONGEST_FORM:
                raise HTTPException(413)
        try:
            form = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS))
        except ValueError:
            raise HTTPException(400) from None
        alert = self._find({"topic": form.get("topic", ""), "name": form.get("id", "")})
        if form.get("verdict") not in VERDICTS:
            raise HTTPException(400)
        try:
            await run_in_threadpool(self.write_mark, alert, VERDICTS[form["verdict"]])
        except BrokerGone:
            raise HTTPException(503) from None
        ui = language(form.get("ui", ""), "")
        return RedirectResponse(f"/alert/{alert.topic}/{alert.id}?ui={ui}", 303)

    async def feed(self, request: Request) -> Response:
        name, form = request.path_params["name"], request.path_params["form"]
        makers = {"atom": (feeds.atom, "application/atom+xml"), "json": (feeds.json_feed, "application/feed+json")}
        if form not in makers or name not in ("all", *self.store.topics):
            raise HTTPException(404)
        make, kind = makers[form]
        marks = self.store.marks
        alerts = [a for a in self.store.alerts if name in ("all", a.topic) and a.id not in marks][: feeds.LENGTH]
        body = make(alerts, name, str(request.base_url).rstrip("/"))
        changed = feeds.updated(alerts)
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers = {
            "etag": tag,
            "last-modified": format_datetime(changed, usegmt=True),
            "cache-control": "max-age=60",
        }
        if unchanged(request, tag, changed):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=kind)

    async def failed(self, request: Request, error: HTTPException) -> Response:
        text = "not_found" if error.status_code in (404, 405) else "refused"
        return self.render(request, "error.html", error.status_code, text=text)

    def _find(self, names: dict[str, str]) -> Alert:
        if found := self.store.find(names["topic"], names["name"]):
            return found
        raise HTTPException(404)


def unchanged(request: Request, tag: str, changed: datetime) -> bool:
    """Whether the client of a conditional GET has the current version.

    If-None-Match takes precedence over If-Modified-Since (RFC 9110, 13.2.2).
    """
    if wanted := request.headers.get("if-none-match"):
        return wanted == "*" or tag in (part.strip().removeprefix("W/") for part in wanted.split(","))
    since = http_date(request.headers.get("if-modified-since"))
    return since is not None and changed <= since


async def broke(request: Request, error: Exception) -> Response:
    """Handle a bug: the visitor gets a short message, the log has the traceback."""
    log.error("page_broke", path=request.url.path[:200], exc_info=error)
    return PlainTextResponse("The page could not be made. It is a mistake of ours.\n", 500)


def start(text: str) -> str:
    """The first words of the text after a statement."""
    return text if len(text) <= BESIDE else text[:BESIDE].rsplit(None, 1)[0] + " …"


def end(text: str) -> str:
    """The last words of the text before a statement."""
    return text if len(text) <= BESIDE else "… " + text[-BESIDE:].split(None, 1)[-1]


def shown_safely(value: Any) -> Any:
    """Remove control characters from every value that a template prints. Escaping comes later."""
    if isinstance(value, Markup):
        return Markup(printable(str(value)))
    return printable(value) if isinstance(value, str) else value


def safe_link(url: str) -> str:
    """The URL if it is http or https, else "#": a page can claim any text as its address."""
    return url if is_web(url) else "#"
