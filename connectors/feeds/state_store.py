"""The states of all feeds in memory, as encoded records of `feeds.state`: a tenth of the memory of decoded models."""

from collections.abc import Iterator, MutableMapping

import structlog

from connectors.feeds.departed import readable
from connectors.kafka import read_all
from schemas.codec import DecodeError, decode, encode
from schemas.feed import FeedState
from schemas.settings import KafkaSettings

log = structlog.get_logger()


class States(MutableMapping[str, FeedState]):
    """Feed URL → state. Each access decodes a new model, so a changed state must be stored again.

    `unreadable` counts the states that could not be read from Kafka, `unusable` has the keys of those among them."""

    def __init__(self, records: dict[str, bytes] | None = None) -> None:
        self.records = records or {}
        self.unreadable = 0
        self.unusable: tuple[str, ...] = ()

    def __getitem__(self, url: str) -> FeedState:
        return decode(FeedState, self.records[url])

    def __setitem__(self, url: str, state: FeedState) -> None:
        self.records[url] = encode(state)

    def __delitem__(self, url: str) -> None:
        del self.records[url]

    def __contains__(self, url: object) -> bool:
        return url in self.records

    def __iter__(self) -> Iterator[str]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)


def load_states(settings: KafkaSettings) -> States:
    """Reads the states that earlier runs wrote. Raises BrokerGone.

    A state that cannot be read, or that belongs to another feed, is skipped and counted in `unreadable`; its feed is
    then treated as new. All such states are logged in one line.
    """
    damaged: list[str] = []
    states = States(read_all(settings, "feeds.state", damaged))
    problems = {url: problem for url in states if (problem := unreadable(url, states.records[url]))}
    for url, problem in problems.items():
        damaged.append(f"{url[:200]}: {problem}")
        del states[url]
    states.unusable = tuple(problems)
    states.unreadable = len(damaged)
    if damaged:
        log.error("states_unreadable", count=len(damaged), first=damaged[:3], so="these feeds begin anew")
    return states


def unreadable(url: str, record: bytes) -> str | None:
    """Why a record is not a valid state of this feed; None if it is valid."""
    try:
        state = decode(FeedState, record)
    except DecodeError as error:
        return str(error)
    if state.url != url:
        return f"it is the state of {state.url[:200]}"
    return None if readable(state.left) else "its rows of entries that left the feed cannot be read"
