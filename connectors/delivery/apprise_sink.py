"""Sends alerts through Apprise: mail, Slack, Teams, Telegram, ntfy, Matrix and others. Delivery: at least once."""

import logging
import re
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from urllib.parse import parse_qs, quote, unquote, urlencode
from urllib.request import getproxies

import apprise

from connectors.delivery import message_text
from connectors.delivery.briefing_text import BriefingMessage, Format, briefing_parts
from connectors.delivery.mark_links import AlertLinks, LinkMaker
from connectors.delivery.message_html import html_messages
from connectors.delivery.message_text import Links, link_words, no_links
from connectors.delivery.outgoing import Outgoing
from connectors.delivery.secrets import NoSecret, reveal, struck
from connectors.delivery.timing import Answer
from schemas.alert import Alert
from schemas.delivery import Secret

#: Messages name Borderwire as sender. Redirects are not followed unless the URL asks for it (?redirect=yes).
ASSET = apprise.AppriseAsset(app_id="Borderwire", app_desc="Borderwire", app_url="", http_redirects=False)
#: Time limit for one message, in seconds.
TOTAL = 60.0
#: Bytes that a service accepts, if fewer than Apprise says. ntfy turns a longer message into an attachment.
LIMITS = {"NotifyNtfy": 4000}
#: Fraction of the limit that a message may use, because Apprise escapes some characters and adds markup.
FULL = 0.9
HTML, MARKDOWN = apprise.NotifyFormat.HTML, apprise.NotifyFormat.MARKDOWN
#: HTTP status codes that reject this particular message, and words that show that the destination is the problem.
REFUSED = frozenset(("400", "413", "422"))
_DESTINATION = re.compile(r"not found|unauthori[sz]ed|forbidden|token|chat_id|webhook|kicked|deactivated", re.I)
#: How Apprise's log lines begin that contain the server's response.
ANSWERS = ("Socket Exception", "I/O Exception", "Response Details")
LOGGER = logging.getLogger("apprise")
LOGGER.setLevel(logging.DEBUG)
LOGGER.propagate = False


class Notice:
    """Sends alerts to one Apprise URL: as HTML by mail, as text to every other service. With `links`, each alert has
    links to the page.

    Private addresses are allowed only for hosts that are named in the URL, in Apprise itself or as a proxy in the
    environment.
    """

    def __init__(self, url: Secret, links: LinkMaker | None = None) -> None:
        self._url, self._links = url, links
        self._begun: tuple[tuple[str, ...], int] = ((), 0)

    def check(self) -> None:
        """Raises NoSecret if the secret cannot be read or Apprise does not support the URL."""
        if not apprise.Apprise().add(reveal(self._url)):
            raise NoSecret("apprise: no URL that Apprise knows, see https://appriseit.com/services/")

    def send(self, alerts: Sequence[Alert], now: datetime) -> Answer:
        try:
            url = reveal(self._url)
        except NoSecret as error:
            return Answer(False, str(error))
        make = self._links
        links: Links = (lambda alert: make(alert, now)) if make else no_links
        service = apprise.Apprise(asset=ASSET)
        if not service.add(with_buttons(url, alerts[0].lang, links(alerts[0])) if len(alerts) == 1 else url):
            return Answer(False, "Apprise does not know the URL")
        ids = tuple(f"{alert.id} {alert.topic}" for alert in alerts)
        if takes_html(service):
            return self._notify(url, service, ids, html_messages(alerts, limit(service), links), "html")
        return self._notify(url, service, ids, message_text.messages(alerts, limit(service), links), "text")

    def send_briefing(self, briefing: BriefingMessage, now: datetime) -> Answer:
        """As HTML by mail, as Markdown to services that show it, as text to others."""
        try:
            url = reveal(self._url)
        except NoSecret as error:
            return Answer(False, str(error))
        service = apprise.Apprise(asset=ASSET)
        if not service.add(url):
            return Answer(False, "Apprise does not know the URL")
        form: Format = "html" if takes_html(service) else "markdown" if takes_markdown(service) else "text"
        return self._notify(url, service, (briefing.id,), briefing_parts(briefing, form, limit(service)), form)

    def _notify(
        self, url: str, service: apprise.Apprise, ids: tuple[str, ...], parts: Sequence[tuple[str, str]], form: Format
    ) -> Answer:
        """Send the messages (title, body) of these ids, without those that an earlier try has sent."""
        first = self._begun[1] if self._begun[0] == ids else 0
        for number, (title, body) in enumerate(parts[first:], first):
            with Outgoing(hosts(url, *fixed(service)), TOTAL) as outgoing, Told() as told:
                taken = service.notify(title=title, body=body, body_format=apprise.NotifyFormat(form))
            if not taken:
                self._begun = (ids, number)  # the next try resumes here
                said = "; ".join([f"no answer within {TOTAL:g} s"] if outgoing.over else told.lines)
                answer = struck(said or "not taken, and Apprise does not say why", url)
                return Answer(False, answer, refused=not outgoing.over and refused(said))
        self._begun = ((), 0)
        return Answer(True, "taken" if len(parts) == 1 else f"taken in {len(parts)} messages")

    def close(self) -> None:
        pass


def takes_html(service: apprise.Apprise) -> bool:
    """Whether these are mails, and the URL does not ask for text (`format=text`). Other services that take HTML, such
    as Telegram, know few of its tags."""
    mail = (type(one).__name__ == "NotifyEmail" or type(one).notify_format == HTML for one in service)
    return all(mail) and all(one.resolve_format(HTML) == HTML for one in service)


def takes_markdown(service: apprise.Apprise) -> bool:
    return all(one.resolve_format(MARKDOWN) == MARKDOWN for one in service)


def with_buttons(url: str, lang: str | None, links: AlertLinks | None) -> str:
    """The URL of ntfy with what a tap opens and two buttons, unless it has its own; other URLs are not changed."""
    if links is None or not url.lower().startswith(("ntfy://", "ntfys://")):
        return url
    _, wrong, mute = link_words(lang)
    wanted = {"click": links.page, "actions": f"view, {wrong}, {links.wrong}; view, {mute}, {links.mute}"}
    own = parse_qs(url.partition("?")[2])
    added = {name: quote(value, safe="") for name, value in wanted.items() if name not in own}  # Apprise unquotes twice
    return f"{url}{'&' if '?' in url else '?'}{urlencode(added, quote_via=quote)}"


def limit(service: apprise.Apprise) -> int:
    """Largest message for these services in bytes, title and body together."""
    known = [LIMITS.get(type(one).__name__, one.body_maxlen) for one in service]
    return max(60, int(FULL * min(known, default=32_768)))


def refused(said: str) -> bool:
    """Whether the response rejects this particular message, so that another try would not help."""
    codes = re.findall(r"\berror[=: ]+(\d{3})\b", said)
    return bool(codes) and REFUSED.issuperset(codes) and not _DESTINATION.search(said)


def fixed(service: apprise.Apprise) -> list[str]:
    """The URLs of these services that are built into Apprise."""
    return [found for one in service if isinstance(found := getattr(one, "notify_url", None), str)]


def hosts(url: str, *more: str) -> set[str]:
    """The hosts that are named in an Apprise URL (including its additional targets), in the proxies of the environment
    and in `more` URLs."""
    texts = [url, *more, *getproxies().values()]
    parts = {part for text in texts for part in re.split(r"[/?&=,;#]+", text.partition("://")[2] or text)}
    named = {unquote(part).rpartition("@")[2] for part in parts}
    return (named | {host.rpartition(":")[0] for host in named}) - {""}


class Told(logging.Handler):
    """Collects what Apprise logs for this call while the block runs. Apprise reports a server's response only there.

    Kept are warnings, and the debug lines with the server's response. Other debug lines contain whole messages and are
    dropped. Apprise uses its own threads, which inherit the caller's context.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        told = record.getMessage()
        if _TOLD.get() is self and (record.levelno >= logging.WARNING or told.startswith(ANSWERS)):
            self.lines.append(told)

    def __enter__(self) -> "Told":
        self._before = _TOLD.set(self)
        LOGGER.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        LOGGER.removeHandler(self)
        _TOLD.reset(self._before)


_TOLD: ContextVar[Told | None] = ContextVar("told", default=None)
