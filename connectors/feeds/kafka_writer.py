"""From the event loop to Kafka: articles and events at once, states gathered; again and again until it is written."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from connectors.errors import BrokerGone, why
from connectors.kafka import Message
from connectors.limits import sound

log = structlog.get_logger()

#: Seconds between two tries while the broker is gone.
_PAUSES = (1.0, 2.0, 5.0, 10.0)


class Writes(Protocol):
    """What writes messages for good, as `connectors.kafka.Publisher` does."""

    def publish(self, messages: Sequence[Message]) -> None: ...


class Delivery:
    """Hands messages to a publisher in a thread; returns when they are acknowledged, however long that takes."""

    def __init__(self, publisher: Writes, lost: Callable[[], object] = lambda: None) -> None:
        self._publisher = publisher
        self._lost = lost
        self._states: dict[str, bytes] = {}
        self._saving = asyncio.Lock()

    async def send(self, messages: Sequence[Message]) -> None:
        """Returns when all are acknowledged. One that can never be written is given up, logged and told to `lost`."""
        tries = 0
        while messages:
            try:
                await asyncio.to_thread(self._publisher.publish, messages)
                return
            except BrokerGone as error:
                pause = _PAUSES[min(tries, len(_PAUSES) - 1)]
                tries += 1
                log.warning("broker_gone", error=str(error), records=len(messages), tries=tries, again_in_seconds=pause)
                await asyncio.sleep(pause)
            except Exception as error:  # of these messages, whatever it is: the others must not wait for ever
                if len(messages) > 1:
                    for message in messages:
                        await self.send([message])
                    return
                ((topic, key, value),) = messages
                size = len(value or b"")
                log.error("record_lost", topic=topic, key=sound(key)[:500], bytes=size, error=sound(why(error))[:500])
                self._lost()
                return

    def note(self, url: str, state: bytes) -> None:
        """A feed's state to be written with the next `save`: its entries have been acknowledged."""
        self._states[url] = state

    async def save(self) -> None:
        """Writes the states noted since the last time, the latest of each feed."""
        async with self._saving:
            states, self._states = self._states, {}
            try:
                await self.send([("feeds.state", url, state) for url, state in states.items()])
            except BaseException:
                self._states = {**states, **self._states}
                raise
