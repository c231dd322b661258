"""Connects a route with Kafka, its destination, the readers' marks and the clock."""

import random
from contextlib import ExitStack
from datetime import UTC, datetime

from connectors.delivery.briefing_runner import BriefingRunner
from connectors.delivery.briefing_text import BriefingMessage
from connectors.delivery.briefing_times import BriefingProgress, DueBriefing
from connectors.delivery.route_runner import Deliverer, Sink
from connectors.delivery.routes import links_of, sink_of
from connectors.delivery.timing import Progress
from connectors.kafka import Publisher
from deploy.alerts.alert_source import AlertSource
from deploy.alerts.brief import briefing_message
from deploy.alerts.marks import Marks
from pipelines.fit import fitted
from schemas.codec import encode
from schemas.delivery import Route, Undelivered
from schemas.settings import Settings


def opened_route(
    settings: Settings, name: str, route: Route, marks: Marks, closing: ExitStack
) -> Deliverer | BriefingRunner:
    """What runs the route, from where its group stopped; `closing` closes what is opened for it.

    Raises NoSecret, BrokerGone, KafkaError, LookupError and OSError.
    """
    sink = sink_of(route, links_of(settings, name))
    closing.callback(sink.close)
    group = f"{settings.kafka.group}.deliver.{name}"
    if route.kind == "alerts":
        return opened_deliverer(settings, name, route, group, sink, marks, closing)
    notes = AlertSource(settings, ["statements"], group, "latest")  # its records are not read here, only its note is
    closing.callback(notes.close)

    def write(due: DueBriefing) -> BriefingMessage:
        return briefing_message(settings, name, route, due, marks.muting)

    return BriefingRunner(name, route, notes, sink, write, BriefingProgress.load(notes.note), lambda: datetime.now(UTC))


def opened_deliverer(
    settings: Settings, name: str, route: Route, group: str, sink: Sink, marks: Marks, closing: ExitStack
) -> Deliverer:
    topics = [f"alerts.{topic}" for topic in route.topics or settings.pipeline.alert_topics]
    source = AlertSource(settings, topics, group, route.start)
    closing.callback(source.close)
    publisher = Publisher(settings.kafka)
    closing.callback(publisher.close)

    def bury(letter: Undelivered) -> None:
        key = f"{letter.route} {letter.topic} {letter.alert or letter.offset}"[:1000]
        topic = "deliveries.dead-letter"
        value = fitted(topic, key, encode(letter), settings.kafka.max_record_bytes)
        publisher.publish([(topic, key, value)])

    progress = Progress.load(source.note)
    return Deliverer(
        name, route, source, sink, bury, lambda: marks.muting, progress, lambda: datetime.now(UTC), random.random
    )
