"""Mail, Slack, Teams, Telegram, ntfy, Matrix and the rest, through Apprise. Delivery: at least once."""
import logging
import threading
from collections.abc import Sequence
from datetime import datetime

import apprise

from connectors import wording
from connectors.due import Answer
from connectors.secrets import NoSecret, reveal, struck
from schemas.alert import Alert
from schemas.delivery import Secret


class Notice:
    """Sends alerts as text to one Apprise URL."""

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
        service = apprise.Apprise()
        if not service.add(url):
            return Answer(False, "Apprise does not know the URL")
        with Told() as told:
            taken = service.notify(
                title=wording.title(alerts), body=wording.body(alerts), body_format=apprise.NotifyFormat.TEXT
            )
        if taken:
            return Answer(True, "taken")
        return Answer(False, struck("; ".join(told.lines) or "not taken, and Apprise does not say why", url))

    def close(self) -> None:
        pass


class Told(logging.Handler):
    """What Apprise logs in this thread while the block runs: it is how it says what the other side answered."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())

    def __enter__(self) -> "Told":
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)
