"""The web page as an ASGI application: stories, speakers, single alerts, sources, feeds, marks. Its data is in a
`PageStore`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from connectors.errors import BrokerGone
from deploy.page import feeds
from deploy.page.access import Networks, origin_of, reader_of
from deploy.page.answers import Answers, Made
from deploy.page.limits import Bounded
from deploy.page.links import LinkPages, UsedLinks
from deploy.page.marking import source_paragraphs
from deploy.page.query import Query, UnknownValue
from deploy.page.reading import form_of, only, unchanged
from deploy.page.rendering import Titles, environment
from deploy.page.rows import Row
from deploy.page.safe_headers import SafeHeaders
from deploy.page.sources import sources_view
from deploy.page.store import PageStore
from deploy.page.views import index_view, speaker_view, speakers
from deploy.page.words import WORDS, language
from schemas.alert import Alert
from schemas.mark import JUDGEMENTS, Judgement
from schemas.printable import printable

log = structlog.get_logger()

STATIC = Path(__file__).parent / "static"
#: If the store was last refreshed longer ago than this, the page says so.
LATE = timedelta(minutes=1)
#: The longest note on a mark, in characters.
LONGEST_NOTE = 500

WriteMark = Callable[[Alert, Judgement | None, str, str | None], object]


class PageApp:
    """`hosts` are the accepted host names; another one could be an attack by DNS rebinding. `titles` are those of the
    topics, `trusted` the addresses of proxies that say who the reader is. `links`: the page's address, the key of the
    links in messages, and which of them were used; None where messages have none."""

    def __init__(
        self,
        store: PageStore,
        write_mark: WriteMark,
        hosts: tuple[str, ...],
        titles: Titles | None = None,
        trusted: Networks = (),
        links: tuple[str, bytes, UsedLinks] | None = None,
    ) -> None:
        self.store, self.write_mark, self.trusted = store, write_mark, trusted
        self.titles = titles or {lang: {topic: topic for topic in store.topics} for lang in WORDS}
        self.templates, self.answers = environment(), Answers()
        marking = [LinkPages(*links, self.text, store.find, write_mark)] if links else []
        self.app = Starlette(
            routes=[
                *(Route("/link/{mark}/{topic}/{name}", pages.answer, methods=["GET", "POST"]) for pages in marking),
                Route("/", self.index),
                Route("/speaker", self.speaker),
                Route("/sources", self.sources),
                Route("/alert/{topic}/{name}", self.alert),
                Route("/mark", self.mark, methods=["POST"]),
                Route("/feeds/{name}.{form}", self.feed),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
            middleware=[
                Middleware(SafeHeaders),
                Middleware(Bounded),
                Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
            ],
            exception_handlers={HTTPException: self.failed, UnknownValue: self.unknown, Exception: broke},  # type: ignore[dict-item]
        )

    def text(self, request: Request, name: str, **values: Any) -> str:
        """A template with what all templates need."""
        ui = language_of(request)
        shared = {
            "w": WORDS[ui],
            "ui": ui,
            "late": self.late,
            "titles": self.titles[ui],
            "topics": self.store.topics,
            "marks": self.store.marks,
            "judgements": tuple(JUDGEMENTS),
            "path": request.url.path,
            "query": Query(),
        }
        return self.templates.get_template(name).render(shared | values)

    @property
    def late(self) -> bool:
        refreshed = self.store.refreshed
        return refreshed is None or datetime.now(UTC) - refreshed > LATE

    async def respond(self, request: Request, make: Callable[[], Made], kind: str, **headers: str) -> Response:
        """A response that is kept until the store changes; 304 where the client has it.

        Its entity tag is weak, because packed and plain bytes have the same one.
        """
        ui = language_of(request)
        today = datetime.now(UTC).date()
        key = (request.url.path, request.url.query, ui, self.late, today, origin_of(request, self.trusted))
        answer = await self.answers.get(self.store.versions, key, make)
        vary = "accept-encoding, accept-language" if kind == "text/html" else "accept-encoding"
        sent = {"etag": f"W/{answer.tag}", "cache-control": "no-cache", "vary": vary, **headers}
        if answer.changed:
            sent["last-modified"] = format_datetime(answer.changed, usegmt=True)
        if unchanged(request, answer.tag, answer.changed):
            return Response(status_code=304, headers=sent)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(answer.packed, headers=sent | {"content-encoding": "gzip"}, media_type=kind)
        return Response(answer.body, headers=sent, media_type=kind)

    async def index(self, request: Request) -> Response:
        def make() -> Made:
            query = Query.read(request.query_params, self.store.topics)
            view = index_view(self.store, query, datetime.now(UTC).date())
            return Made(self.text(request, "index.html", query=query, **view).encode())

        return await self.respond(request, make, "text/html")

    async def speaker(self, request: Request) -> Response:
        def make() -> Made:
            query = Query.read(request.query_params, self.store.topics)
            if not query.speaker:
                unmarked = Query().select(self.store.rows, self.store.held)
                raise UnknownValue("speaker", "", [name for name, _ in speakers(unmarked)])
            view = speaker_view(self.store, query)
            return Made(self.text(request, "speaker.html", query=query, **view).encode())

        return await self.respond(request, make, "text/html")

    async def sources(self, request: Request) -> Response:
        def make() -> Made:
            only(request, "ui")
            return Made(self.text(request, "sources.html", **sources_view(self.store.feeds)).encode())

        return await self.respond(request, make, "text/html")

    async def alert(self, request: Request) -> Response:
        only(request, "ui")
        row = self._find(request.path_params)
        alert = row.alert
        text = self.store.text(alert)
        mark = self.store.marks.get(alert.id)
        shown = self.text(
            request,
            "alert.html",
            row=row,
            alert=alert,
            mark=mark,
            held=self.store.held(row),
            twins=list(self.store.twins(row)),
            sightings=self.store.sightings(alert),
            paragraphs=source_paragraphs(alert, text),
            whole=text is not None,
            reader=reader_of(request, self.trusted),
        )
        return HTMLResponse(shown, headers={"cache-control": "no-cache"})

    async def mark(self, request: Request) -> Response:
        if request.headers.get("origin") != origin_of(request, self.trusted):
            raise HTTPException(403)
        form = await form_of(request)
        alert = self._find({"topic": form.get("topic", ""), "name": form.get("id", "")}).alert
        said = form.get("verdict", "")
        judgement = next((name for name in JUDGEMENTS if name == said), None)
        if judgement is None and said != "clear":
            raise UnknownValue("verdict", said[:100], (*JUDGEMENTS, "clear"))
        note = printable(form.get("note", "")).strip()[:LONGEST_NOTE]
        try:
            await run_in_threadpool(self.write_mark, alert, judgement, note, reader_of(request, self.trusted))
        except BrokerGone:
            raise HTTPException(503) from None
        ui = language(form.get("ui", ""), "")
        back = form.get("back", "")
        mine = back.startswith(("/?", "/speaker?")) and back.isprintable() and "\\" not in back
        return RedirectResponse(back if mine else f"/alert/{alert.topic}/{alert.id}?ui={ui}", 303)

    async def feed(self, request: Request) -> Response:
        name, form = request.path_params["name"], request.path_params["form"]
        makers = {"atom": (feeds.atom, "application/atom+xml"), "json": (feeds.json_feed, "application/feed+json")}
        if form not in makers:
            raise HTTPException(404)
        if name not in ("all", *self.store.topics):
            raise UnknownValue("feed", name[:100], ("all", *self.store.topics))
        write, kind = makers[form]
        base = origin_of(request, self.trusted)

        def make() -> Made:
            topic = {} if name == "all" else {"topic": name}
            query = Query.read({**request.query_params, **topic}, self.store.topics)
            rows = newest_alerted(query.select(self.store.rows, self.store.held))
            return Made(write([row.alert for row in rows], query, base), feeds.updated([row.alerted for row in rows]))

        return await self.respond(request, make, kind, **{"cache-control": "max-age=60"})

    async def failed(self, request: Request, error: HTTPException) -> Response:
        text = "not_found" if error.status_code in (404, 405) else "refused"
        return HTMLResponse(self.text(request, "error.html", text=text), error.status_code)

    async def unknown(self, request: Request, error: UnknownValue) -> Response:
        """A filter or a value that there is not: the answer names those that there are."""
        text = self.text(request, "unknown.html", error=error)
        return HTMLResponse(text, 404 if error.name == "feed" else 400)

    def _find(self, names: dict[str, str]) -> Row:
        if found := self.store.find(names["topic"], names["name"]):
            return found
        raise HTTPException(404)


def language_of(request: Request) -> str:
    """The language of the interface: that in the URL, else the browser's."""
    return language(request.query_params.get("ui", ""), request.headers.get("accept-language", ""))


def newest_alerted(rows: list[Row]) -> list[Row]:
    """The alerts of a feed: those that were raised last."""
    return sorted(rows, key=lambda row: row.alerted, reverse=True)[: feeds.LENGTH]


async def broke(request: Request, error: Exception) -> Response:
    """Handle a bug: the visitor gets a short message, the log has the traceback."""
    log.error("page_broke", path=request.url.path[:200], exc_info=error)
    return PlainTextResponse("The page could not be made. It is a mistake of ours.\n", 500)
