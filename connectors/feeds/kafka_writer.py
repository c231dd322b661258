"""Writes to Kafka from the event loop, with retries. Articles and events are written at once, states in batches."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from connectors.errors import BrokerGone, why
from connectors.kafka import Message
from schemas.limits import sound

log = structlog.get_logger()

#: Back-off while the broker is unreachable: seconds before each retry; the last value is repeated.
_PAUSES = (1.0, 2.0, 5.0, 10.0)


class Writes(Protocol):
    """Writes messages and waits for acknowledgement, as `connectors.kafka.Publisher` does."""

    def publish(self, messages: Sequence[Message]) -> None: ...


class Delivery:
    """Passes messages to a publisher in a thread and retries until they are acknowledged, without a time limit."""

    def __init__(self, publisher: Writes, lost: Callable[[], object] = lambda: None) -> None:
        self._publisher = publisher
        self._lost = lost
        self._states: dict[str, bytes | None] = {}
        self._saving = asyncio.Lock()

    async def send(self, messages: Sequence[Message]) -> None:
        """Returns when all are acknowledged. A message that can never be written is logged and dropped; `lost` is
        called for it."""
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
            except Exception as error:  # a problem of the messages, not of the broker: other messages must go on
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
        """Queues a feed's state for the next `save`. Call it only after the feed's entries were acknowledged."""
        self._states[url] = state

    def forget(self, url: str) -> None:
        """Queues the removal of a feed's state from the table."""
        self._states[url] = None

    async def save(self) -> None:
        """Writes the states queued since the last call, only the latest of each feed. On an error they stay queued."""
        async with self._saving:
            states, self._states = self._states, {}
            try:
                await self.send([("feeds.state", url, state) for url, state in states.items()])
            except BaseException:
                self._states = {**states, **self._states}
                raise
