"""What is known of each feed, kept as the bytes that stand in `feeds.state`: a tenth of the memory of the models."""
from collections.abc import Iterator, MutableMapping

import structlog

from connectors.kafka import read_all
from schemas.codec import DecodeError, decode, encode
from schemas.feed import FeedState
from schemas.settings import KafkaSettings

log = structlog.get_logger()


class States(MutableMapping[str, FeedState]):
    """Feed URL → state. Each look makes a new model; a state that was changed is put back."""

    def __init__(self, records: dict[str, bytes] | None = None) -> None:
        self.records = records or {}

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
    """What earlier runs knew of their feeds. A state that cannot be read is left out and logged. Raises BrokerGone."""
    records = {}
    for url, value in read_all(settings, "feeds.state").items():
        try:
            decode(FeedState, value)
            records[url] = value
        except DecodeError as error:
            log.error("state_unreadable", feed=url, error=str(error))
    return States(records)
