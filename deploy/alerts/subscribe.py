"""Follows alert topics. Delivery: at least once; a group's offset is committed after each alert was passed on.

If the broker goes away and comes back, reading continues where it was.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata
from rich.console import Console

from deploy.alerts.terminal import show_alert
from deploy.output import complain, tell_json
from schemas.alert import Alert
from schemas.codec import DecodeError, decode
from schemas.delivery import Filter
from schemas.kafka.clients import consumer, offsets_since, partitions_of
from schemas.settings import Settings

#: How long one poll waits, in milliseconds.
POLL_MS = 200


@dataclass(frozen=True)
class Start:
    """Where to begin: at the group's committed offset, else at `since`, else at the beginning or end of the topics.

    With `all_topics`, a group that has read before begins a topic that it has not read with its first alert: the topic
    was added since."""

    from_beginning: bool = False
    since: datetime | None = None
    group: str | None = None
    all_topics: bool = False


class Subscription:
    """Reads alert topics with kafka-python. Raises NoTopic for a topic that does not exist."""

    def __init__(self, settings: Settings, topics: Sequence[str], start: Start) -> None:
        options = {"group_id": start.group} if start.group else {}
        self._client: KafkaConsumer = consumer(settings.kafka, **options)
        self._start = start
        self._places = partitions_of(self._client, settings.kafka, topics)
        self._client.assign(self._places)
        edges = self._edges()
        for place, offset in edges.items():
            self._client.seek(place, offset)
        if start.group:  # so that the next start misses nothing, also of a topic that has no alert yet
            self._client.commit({place: OffsetAndMetadata(offset, "", -1) for place, offset in edges.items()})

    def _edges(self) -> dict[TopicPartition, int]:
        begin, end = self._client.beginning_offsets(self._places), self._client.end_offsets(self._places)
        edges = dict(begin if self._start.from_beginning else end)
        if self._start.since:
            edges = offsets_since(self._client, self._places, self._start.since)
        if self._start.group:
            kept = {place: self._client.committed(place) for place in self._places}
            known = self._start.all_topics and any(offset is not None for offset in kept.values())
            for place, offset in kept.items():
                if offset is not None:
                    edges[place] = min(max(offset, begin[place]), end[place])
                elif known:
                    edges[place] = begin[place]
        return edges

    def at_end(self) -> bool:
        ends = self._client.end_offsets(self._places)
        return all(self._client.position(place) >= end for place, end in ends.items())

    def poll(self) -> Iterator[Alert]:
        """The new alerts; none while the broker does not answer. Unreadable records are reported on standard error."""
        try:
            batches = self._client.poll(timeout_ms=POLL_MS)
        except (KafkaError, OSError) as error:
            complain(f"Kafka does not answer, trying again: {type(error).__name__}")
            time.sleep(1)
            return
        for place, records in batches.items():
            for record in records:
                try:
                    yield decode(Alert, record.value)
                except DecodeError as error:
                    complain(f"unreadable alert {record.key!r:.100} left out: {error}")
                if self._start.group:
                    self._client.commit({place: OffsetAndMetadata(record.offset + 1, "", -1)})

    def backlog(self, wanted: Filter) -> list[Alert]:
        """The wanted alerts up to the end of the topics as it is now. Empty if the broker does not answer."""
        found: list[Alert] = []
        try:
            ends = self._client.end_offsets(self._places)
            while any(self._client.position(place) < end for place, end in ends.items()):
                found += filter(wanted.takes, self.poll())
        except (KafkaError, OSError) as error:
            complain(f"Kafka does not answer, trying again: {type(error).__name__}")
        return found

    def close(self) -> None:
        self._client.close(autocommit=False)


def in_order(alert: Alert) -> tuple[datetime, str, str]:
    return alert.alerted, alert.topic, alert.id


def subscribe(
    settings: Settings,
    wanted: Filter,
    start: Start,
    show_alert: Callable[[Alert], None],
    until_idle: float | None = None,
    until_end: bool = False,
) -> int:
    """Call `show_alert` for each wanted alert until interrupted, or until none came for `until_idle` seconds.

    With `until_end`, stop at the end of the topics. What is there at the start comes in order of time, over all topics;
    with a group, in the order of each partition, because the group's offsets are committed one by one.
    """
    names = [f"alerts.{topic}" for topic in wanted.topics or settings.pipeline.alert_topics]
    subscription = Subscription(settings, names, replace(start, all_topics=not wanted.topics))
    last = time.monotonic()
    try:
        if not start.group:
            for alert in sorted(subscription.backlog(wanted), key=in_order):
                show_alert(alert)
        while until_idle is None or time.monotonic() - last < until_idle:
            for alert in subscription.poll():
                last = time.monotonic()
                if wanted.takes(alert):
                    show_alert(alert)
            if until_end and subscription.at_end():
                break
    finally:
        subscription.close()
    return 0


def printer(as_json: bool) -> Callable[[Alert], None]:
    """A function that prints an alert, as a JSON line or formatted for a person."""
    if as_json:
        return lambda alert: tell_json(alert.model_dump_json(exclude_none=True))
    console = Console()
    return lambda alert: show_alert(alert, console)
