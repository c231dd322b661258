"""Links in messages: to an alert on the page, and to mark it from there as wrong or mute its story.

A link to mark is signed (HMAC-SHA256, RFC 2104) over all that it does: the mark, the alert, the route that sent it and
the time until which it holds. So it can do nothing else, and needs no login. No I/O besides `read_key`.
"""

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple, get_args
from urllib.parse import quote, urlencode

from connectors.delivery.secrets import NoSecret
from schemas.alert import Alert
from schemas.masking import register

#: What a link in a message can do.
LinkedMark = Literal["wrong", "mute"]
LINKED_MARKS: tuple[LinkedMark, ...] = get_args(LinkedMark)
#: The fewest characters of a key.
SHORTEST_KEY = 32
#: The time until which a link holds, in seconds since 1970, has at most so many digits.
DIGITS = 12

Refusal = Literal["link_changed", "link_expired"]


class AlertLinks(NamedTuple):
    """Addresses for one alert: on the page, and to mark it."""

    page: str
    wrong: str
    mute: str


#: Makes the links of an alert for a message that is sent at that time.
LinkMaker = Callable[[Alert, datetime], AlertLinks]


@dataclass(frozen=True)
class MarkLink:
    """What a link says: which mark, of which alert, sent by which route, and until when it holds (in seconds since
    1970)."""

    mark: LinkedMark
    topic: str
    alert: str
    route: str
    until: int

    def signature(self, key: bytes) -> str:
        """The signature in base64url, 43 characters."""
        text = json.dumps(["borderwire link 1", self.mark, self.topic, self.alert, self.route, self.until])
        return urlsafe_b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode().rstrip("=")

    def url(self, address: str, key: bytes) -> str:
        query = urlencode({"route": self.route, "until": self.until, "signature": self.signature(key)})
        return f"{address}/link/{self.mark}/{quote(self.topic, safe='')}/{quote(self.alert, safe='')}?{query}"


def read_link(mark: LinkedMark, topic: str, alert: str, query: Mapping[str, str]) -> tuple[MarkLink, str]:
    """The link with these parts of its path and this query, not verified yet, and the signature that it has."""
    until = query.get("until", "")
    number = int(until) if until.isascii() and until.isdigit() and len(until) <= DIGITS else 0
    return MarkLink(mark, topic, alert, query.get("route", ""), number), query.get("signature", "")


def why_refused(link: MarkLink, signature: str, key: bytes, now: datetime) -> Refusal | None:
    """Why a link is refused; None if its signature is right and it has not expired."""
    if not hmac.compare_digest(link.signature(key).encode(), signature.encode("utf-8", "replace")):
        return "link_changed"
    return "link_expired" if now.timestamp() >= link.until else None


def link_maker(address: str, key: bytes, route: str, lasting: timedelta) -> LinkMaker:
    """`address` is that of the page, without a final slash. A link holds for `lasting`, to the end of that day (UTC):
    another try on the same day sends the same link."""

    def make(alert: Alert, now: datetime) -> AlertLinks:
        end = (now + lasting).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        until = int(end.timestamp())
        marks = (MarkLink(mark, alert.topic, alert.id, route, until).url(address, key) for mark in LINKED_MARKS)
        return AlertLinks(card_address(address, alert), *marks)

    return make


def card_address(address: str, alert: Alert) -> str:
    return f"{address}/alert/{quote(alert.topic, safe='')}/{quote(alert.id, safe='')}"


def read_key(path: Path, make: bool) -> bytes:
    """The key in a file. With `make`, a file that is missing is made, with a new key that only its owner can read.

    Several processes may do this at once: all get the same key. Raises NoSecret.
    """
    try:
        if make and not path.exists():
            _make_key(path)
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NoSecret(f"{path}: {getattr(error, 'strerror', None) or 'no text'}") from None
    if len(text) < SHORTEST_KEY:
        raise NoSecret(f"{path}: a key of {len(text)} characters: it must have {SHORTEST_KEY} at least")
    register(text)
    return text.encode()


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    number, new = tempfile.mkstemp(prefix="links.", dir=path.parent)  # only its owner can read it
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(number)
    try:
        os.link(new, path)  # fails where another process or thread was first
    except FileExistsError:
        pass
    finally:
        Path(new).unlink()
