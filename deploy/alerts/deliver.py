"""`borderwire deliver`: runs every route of the routes file, each in a thread of its own."""

import base64
import fcntl
import os
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import structlog
from kafka.errors import KafkaError
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from connectors.delivery.route_runner import Deliverer
from connectors.delivery.routes import BadRoutes, load_routes, sink_of
from connectors.delivery.timing import Progress
from connectors.errors import BrokerGone
from connectors.kafka import Publisher
from connectors.kafka_topics import ensure_topics
from deploy.alerts.alert_source import AlertSource
from deploy.alerts.marks import Marks
from deploy.alerts.sample_alert import sample_alert
from deploy.machine.command import beat
from deploy.machine.signals import stop_on_signals
from deploy.metrics.http_server import Server
from deploy.output import complain, tell
from pipelines.fit import fitted
from schemas.codec import encode
from schemas.delivery import Route, Undelivered
from schemas.settings import Settings

log = structlog.get_logger()

#: Seconds between two attempts while Kafka is gone.
PAUSE = 2.0
#: Seconds until a route that failed by a bug is started again.
BROKEN = 30.0


class Worker(threading.Thread):
    """Runs one route until `stop` is set. While Kafka is gone it waits, and keeps what is not committed in memory."""

    def __init__(self, settings: Settings, name: str, route: Route, marks: Marks, stop: threading.Event) -> None:
        super().__init__(name=f"route-{name}", daemon=True)
        self.settings, self.route_name, self.route, self.marks, self.stop = settings, name, route, marks, stop
        self.deliverer: Deliverer | None = None
        self.totals: dict[str, float] = dict.fromkeys(("delivered", "failures", "dead_letters", "muted"), 0)

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.work()
            except (BrokerGone, KafkaError, LookupError, OSError) as error:
                log.warning("route cannot start", route=self.route_name, error=str(error), again_in_seconds=PAUSE)
                self.stop.wait(PAUSE)
            except Exception:  # a bug must not end this route for good, nor the others
                log.exception("route_broke", route=self.route_name, again_in_seconds=BROKEN)
                self.stop.wait(BROKEN)

    def work(self) -> None:
        topics = [f"alerts.{t}" for t in self.route.topics or self.settings.pipeline.alert_topics]
        group = f"{self.settings.kafka.group}.deliver.{self.route_name}"
        source = AlertSource(self.settings, topics, group, self.route.start)
        publisher, sink = Publisher(self.settings.kafka), sink_of(self.route)

        def bury(letter: Undelivered) -> None:
            key = f"{letter.route} {letter.topic} {letter.alert or letter.offset}"[:1000]
            topic = "deliveries.dead-letter"
            value = fitted(topic, key, encode(letter), self.settings.kafka.max_record_bytes)
            publisher.publish([(topic, key, value)])

        deliverer = Deliverer(
            self.route_name,
            self.route,
            source,
            sink,
            bury,
            lambda: self.marks.muting,
            Progress.load(source.note),
            lambda: datetime.now(UTC),
            random.random,
        )
        self.deliverer = deliverer
        try:
            while not self.stop.is_set():
                try:
                    deliverer.step()
                except BrokerGone as error:
                    log.warning("kafka is gone", route=self.route_name, error=str(error), again_in_seconds=PAUSE)
                    self.stop.wait(PAUSE)
                if deliverer.tally.waiting:
                    self.stop.wait(0.1)
        finally:
            for name in self.totals:
                self.totals[name] += getattr(deliverer.tally, name)
            self.deliverer = None
            source.close()
            sink.close()
            publisher.close()

    def total(self, name: str) -> float:
        now = self.deliverer
        return self.totals[name] + (getattr(now.tally, name) if now else 0)


class DeliveryFigures:
    """The routes' metrics, for Prometheus."""

    def __init__(self, workers: list[Worker]) -> None:
        self.workers = workers

    def collect(self) -> Iterator[Metric]:
        what = {
            "delivered": "Alerts that the other side took.",
            "failures": "Tries that failed.",
            "dead_letters": "Alerts given up on; they stand in deliveries.dead-letter.",
            "muted": "Alerts held back because readers marked them.",
        }
        for name, text in what.items():
            family = CounterMetricFamily(f"borderwire_delivery_{name}", text, labels=["route"])
            for worker in self.workers:
                family.add_metric([worker.route_name], worker.total(name))
            yield family
        waiting = GaugeMetricFamily("borderwire_delivery_waiting", "Alerts read and not delivered.", labels=["route"])
        failing = GaugeMetricFamily(
            "borderwire_delivery_failing_seconds",
            "Since when the destination fails; 0 when it does not.",
            labels=["route"],
        )
        for worker in self.workers:
            now = worker.deliverer
            since = now.progress.failing_since if now else None
            waiting.add_metric([worker.route_name], now.tally.waiting if now else 0)
            failing.add_metric([worker.route_name], (datetime.now(UTC) - since).total_seconds() if since else 0)
        yield waiting
        yield failing


def deliver(settings: Settings, metrics_port: int | None = None) -> int:
    """Deliver until SIGINT or SIGTERM. Exit code 2 when the routes file cannot be used; 1 when Kafka cannot be used,
    or another `deliver` uses the data directory."""
    if settings.routes is None:
        complain("no routes file: name one with --routes, or `routes:` in the settings")
        return 2
    stop = stop_on_signals()
    try:
        routes = load_routes(settings.routes, settings.pipeline.alert_topics)
        ensure_topics(settings)
        marks = Marks(settings)
        marks.refresh()
    except BadRoutes as error:
        complain(f"{settings.routes}: {error}")
        return 2
    except (BrokerGone, KafkaError) as error:
        complain(str(error))
        return 1
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / "deliver.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            complain(f"another `deliver` works on {settings.data}")
            return 1
        run_workers([Worker(settings, name, route, marks, stop) for name, route in routes.items()], metrics_port)
    return 0


def run_workers(workers: list[Worker], metrics_port: int | None) -> None:
    """Run the routes until their `stop` is set, and refresh the readers' marks every second."""
    stop, marks = workers[0].stop, workers[0].marks
    registry = CollectorRegistry()
    registry.register(DeliveryFigures(workers))
    server = Server(workers[0].settings.metrics.host, metrics_port, registry, {}) if metrics_port else None
    for worker in workers:
        worker.start()
    log.info("delivering", routes=[worker.route_name for worker in workers], metrics=server.url if server else None)
    if server:
        server.__enter__()
    while not stop.wait(1.0):
        beat(workers[0].settings.data, "deliver")
        try:
            marks.refresh()
        except (KafkaError, OSError) as error:
            log.debug("marks could not be read", error=str(error))
    for worker in workers:
        worker.join(5)
    if server:
        server.__exit__()


def send_sample(settings: Settings, name: str) -> int:
    """Send a sample to one route and print the destination's answer.

    Exit code 0 when it was accepted, 1 when not, 2 when the route or the routes file cannot be used.
    """
    if settings.routes is None:
        complain("no routes file: name one with --routes, or `routes:` in the settings")
        return 2
    try:
        routes = load_routes(settings.routes, settings.pipeline.alert_topics)
    except BadRoutes as error:
        complain(f"{settings.routes}: {error}")
        return 2
    if name not in routes:
        complain(f"no route {name!r}: there are {', '.join(routes)}")
        return 2
    answer = sink_of(routes[name]).send([sample_alert(routes[name])], datetime.now(UTC))
    tell(f"{name}: {'delivered' if answer.taken else 'NOT delivered'}: {answer.told}")
    return 0 if answer.taken else 1


def new_secret() -> int:
    """Print a new Standard Webhooks secret."""
    print("whsec_" + base64.b64encode(os.urandom(32)).decode("ascii"))
    return 0
