"""What can go wrong between a feed and Kafka: one small tree. `kind` is the word an error is counted under."""

from datetime import datetime


class ConnectorError(Exception):
    """Anything the connectors report. Pickles: its arguments are its fields."""

    kind = "error"


class FetchError(ConnectorError):
    """No whole answer was had from a server.

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
    """The robots.txt of the host does not allow the request; `kind` is `robots-unreachable` where it cannot be had."""

    def __init__(self, detail: str, kind: str = "robots") -> None:
        super().__init__(kind, detail)

    def __str__(self) -> str:
        return self.detail

    def __reduce__(self) -> tuple[type["RobotsRefuse"], tuple[str, str]]:
        return RobotsRefuse, (self.detail, self.kind)


class DomainWaits(FetchError):
    """Nothing was asked: the domain had asked to be left alone `until` some time."""

    def __init__(self, until: datetime) -> None:
        super().__init__("waiting", f"the domain asked to wait until {until:%H:%M:%SZ}")
        self.until = until

    def __reduce__(self) -> tuple[type["DomainWaits"], tuple[datetime]]:
        return DomainWaits, (self.until,)


class NotAFeed(ConnectorError):
    """The bytes are no feed. `wall` is set when they are a page that keeps readers out: captcha, consent, login."""

    kind = "not-a-feed"

    def __init__(self, reason: str, wall: str | None = None) -> None:
        super().__init__(reason, wall)
        self.reason = reason
        self.wall = wall

    def __str__(self) -> str:
        return self.reason


class TooCostly(ConnectorError):
    """Parsing took more time or memory than it may have, or ended the process it ran in."""

    kind = "too-costly"


class ParserBroke(ConnectorError):
    """A mistake of ours: an error in the parser that it does not expect. The message ends with the trace."""

    kind = "our-mistake"


class BadFeedList(ConnectorError):
    """A feed list that cannot be used; the message names the field, the value and what would be right."""

    kind = "feed-list"


class BrokerGone(ConnectorError):
    """Kafka did not acknowledge a record or did not answer; the message says which and why."""

    kind = "kafka"


class RecordRefused(ConnectorError):
    """Kafka takes no such record, now or later: it is too large. The message names it."""

    kind = "kafka"


class WrongPartitions(ConnectorError):
    """The job would read other partitions than there are; the message names the setting and what would be right."""

    kind = "kafka"


def why(error: BaseException) -> str:
    """An error in one line, by its name when it says nothing."""
    return f"{type(error).__name__}: {error}".rstrip(": ")
