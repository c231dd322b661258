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
#: How the lines begin by which Apprise tells what the other side said.
ANSWERS = ("Socket Exception", "I/O Exception", "Response Details")
LOGGER = logging.getLogger("apprise")
LOGGER.setLevel(logging.DEBUG)
LOGGER.propagate = False


class Notice:
    """Sends alerts as text to one Apprise URL.

    Private addresses are dialled only for the hosts that the URL, or a proxy of the environment, names.
    """

    def __init__(self, url: Secret) -> None:
        self._url = url

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
        with Outgoing(hosts(url), TOTAL) as outgoing, Told() as told:
            taken = service.notify(
                title=message_text.title(alerts), body=message_text.body(alerts), body_format=apprise.NotifyFormat.TEXT
            )
        if taken:
            return Answer(True, "taken")
        said = [f"no answer within {TOTAL:g} s"] if outgoing.over else told.lines
        return Answer(False, struck("; ".join(said) or "not taken, and Apprise does not say why", url))

    def close(self) -> None:
        pass


def hosts(url: str) -> set[str]:
    """The hosts that an Apprise URL names, its further targets among them, and those of the environment's proxies."""
    texts = [url, *getproxies().values()]
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
