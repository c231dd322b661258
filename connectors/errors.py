"""The exceptions of the connectors, from feed to Kafka. `kind` is the label under which an error is counted."""

from datetime import datetime


class ConnectorError(Exception):
    """Base of all errors of the connectors. Can be pickled: the constructor's arguments are the fields."""

    kind = "error"


class FetchError(ConnectorError):
    """No complete response was received from a server.

    `kind` is one of dns, connect, timeout, tls, protocol, too-large, bad-encoding, refused-address, refused-url,
    redirects, waiting.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


class RobotsRefuse(FetchError):
    """The host's robots.txt forbids the request. `kind` is `robots-unreachable` if robots.txt cannot be fetched."""

    def __init__(self, detail: str, kind: str = "robots") -> None:
        super().__init__(kind, detail)

    def __str__(self) -> str:
        return self.detail

    def __reduce__(self) -> tuple[type["RobotsRefuse"], tuple[str, str]]:
        return RobotsRefuse, (self.detail, self.kind)


class DomainWaits(FetchError):
    """No request was sent, because the domain had asked us to wait `until` some time (Retry-After, 429)."""

    def __init__(self, until: datetime) -> None:
        super().__init__("waiting", f"the domain asked to wait until {until:%H:%M:%SZ}")
        self.until = until

    def __reduce__(self) -> tuple[type["DomainWaits"], tuple[datetime]]:
        return DomainWaits, (self.until,)


class NotAFeed(ConnectorError):
    """The bytes are not a feed. `wall` is set when they are a page that blocks readers: captcha, consent, login."""

    kind = "not-a-feed"

    def __init__(self, reason: str, wall: str | None = None) -> None:
        super().__init__(reason, wall)
        self.reason = reason
        self.wall = wall

    def __str__(self) -> str:
        return self.reason


class TooCostly(ConnectorError):
    """Parsing exceeded its time or memory limit, or ended the process it ran in."""

    kind = "too-costly"


class ParserBroke(ConnectorError):
    """A bug in our parser: an exception that it does not handle. The message ends with the traceback."""

    kind = "our-mistake"


class BadFeedList(ConnectorError):
    """A feed list that cannot be used. The message names the field, the value and what would be valid."""

    mistake = True

    kind = "feed-list"


class BrokerGone(ConnectorError):
    """Kafka did not acknowledge a record or did not answer; the message says which and why."""

    kind = "kafka"


class RecordRefused(ConnectorError):
    """Kafka will never accept the record, because it is too large. The message names the record."""

    kind = "kafka"


class WrongPartitions(ConnectorError):
    """The configured number of partitions is not the real one. The message names the setting and the right value."""

    mistake = True

    kind = "kafka"


def why(error: BaseException) -> str:
    """An error as "Type: message", or only its type if it has no message."""
    return f"{type(error).__name__}: {error}".rstrip(": ")
