"""Mail, Slack, Teams, Telegram, ntfy, Matrix and the rest, through Apprise. Delivery: at least once."""

import logging
import re
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from urllib.parse import unquote
from urllib.request import getproxies

import apprise

from connectors.delivery import message_text
from connectors.delivery.outgoing import Outgoing
from connectors.delivery.secrets import NoSecret, reveal, struck
from connectors.delivery.timing import Answer
from schemas.alert import Alert
from schemas.delivery import Secret

#: Messages name us as their sender. Redirects are not followed, unless the URL itself asks for it (?redirect=yes).
ASSET = apprise.AppriseAsset(app_id="Borderwire", app_desc="Borderwire", app_url="", http_redirects=False)
#: Seconds that a message may take, whatever the other side does.
TOTAL = 60.0
#: Bytes that a service takes, where that is less than Apprise says: ntfy makes an attachment of what is longer.
LIMITS = {"NotifyNtfy": 4000}
#: Share of its limit that a message fills: Apprise escapes some characters and adds marks of its own.
FULL = 0.9
#: HTTP status codes that mean this very message, and words that mean the destination all the same.
REFUSED = frozenset(("400", "413", "422"))
_DESTINATION = re.compile(r"not found|unauthori[sz]ed|forbidden|token|chat_id|webhook|kicked|deactivated", re.I)
#: How the lines begin by which Apprise tells what the other side said.
ANSWERS = ("Socket Exception", "I/O Exception", "Response Details")
LOGGER = logging.getLogger("apprise")
LOGGER.setLevel(logging.DEBUG)
LOGGER.propagate = False


class Notice:
    """Sends alerts as text to one Apprise URL.

    Private addresses are dialled only for the hosts that the URL, Apprise's own table or a proxy of the environment
    names.
    """

    def __init__(self, url: Secret) -> None:
        self._url = url
        self._begun: tuple[tuple[str, ...], int] = ((), 0)

    def check(self) -> None:
        """Raises NoSecret when Apprise does not know the URL."""
        if not apprise.Apprise().add(reveal(self._url)):
            raise NoSecret("apprise: no URL that Apprise knows, see https://appriseit.com/services/")

    def send(self, alerts: Sequence[Alert], now: datetime) -> Answer:
        try:
            url = reveal(self._url)
        except NoSecret as error:
            return Answer(False, str(error))
        service = apprise.Apprise(asset=ASSET)
        if not service.add(url):
            return Answer(False, "Apprise does not know the URL")
        ids = tuple(f"{alert.id} {alert.topic}" for alert in alerts)
        parts = message_text.messages(alerts, limit(service))
        first = self._begun[1] if self._begun[0] == ids else 0
        for number, (title, body) in enumerate(parts[first:], first):
            with Outgoing(hosts(url, *fixed(service)), TOTAL) as outgoing, Told() as told:
                taken = service.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
            if not taken:
                self._begun = (ids, number)  # a further try goes on from here
                said = "; ".join([f"no answer within {TOTAL:g} s"] if outgoing.over else told.lines)
                answer = struck(said or "not taken, and Apprise does not say why", url)
                return Answer(False, answer, refused=not outgoing.over and refused(said))
        self._begun = ((), 0)
        return Answer(True, "taken" if len(parts) == 1 else f"taken in {len(parts)} messages")

    def close(self) -> None:
        pass


def limit(service: apprise.Apprise) -> int:
    """How many bytes a message to these services may have, title and body together."""
    known = [LIMITS.get(type(one).__name__, one.body_maxlen) for one in service]
    return max(60, int(FULL * min(known, default=32_768)))


def refused(said: str) -> bool:
    """Whether what the other side said means this very message: another try would not help it."""
    codes = re.findall(r"\berror[=: ]+(\d{3})\b", said)
    return bool(codes) and REFUSED.issuperset(codes) and not _DESTINATION.search(said)


def fixed(service: apprise.Apprise) -> list[str]:
    """The addresses that Apprise itself has for these services."""
    return [found for one in service if isinstance(found := getattr(one, "notify_url", None), str)]


def hosts(url: str, *more: str) -> set[str]:
    """The hosts that an Apprise URL names, its further targets among them, and those of the environment's proxies;
    and those of `more` addresses."""
    texts = [url, *more, *getproxies().values()]
    parts = {part for text in texts for part in re.split(r"[/?&=,;#]+", text.partition("://")[2] or text)}
    named = {unquote(part).rpartition("@")[2] for part in parts}
    return (named | {host.rpartition(":")[0] for host in named}) - {""}


class Told(logging.Handler):
    """What Apprise logs for this call while the block runs: it is how it says what the other side answered.

    Its warnings, and of what it logs to debug the other side's words; the rest of that holds whole messages and goes
    nowhere. Apprise works in threads of its own, which inherit the caller's context.
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
