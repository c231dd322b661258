"""Runs the routes, each in a thread of its own, and takes up changes of the routes file."""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import structlog
from kafka.errors import KafkaError
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from connectors.delivery.briefing_runner import BriefingRunner
from connectors.delivery.route_runner import Deliverer
from connectors.delivery.routes import BadRoutes, load_routes
from connectors.delivery.secrets import NoSecret
from connectors.errors import BrokerGone
from deploy.alerts.marks import Marks
from deploy.alerts.route_opening import opened_route
from deploy.machine.command import beat
from deploy.metrics.deliveries import COUNTERS, GAUGES, Figures, of_deliveries, write_figures
from deploy.metrics.http_server import Server
from schemas.delivery import Route
from schemas.running_file import Difference, FollowedFile, difference
from schemas.settings import Settings

log = structlog.get_logger()

#: Seconds between two attempts while Kafka is gone.
PAUSE = 2.0
#: Seconds until a route that failed by a bug is started again.
BROKEN = 30.0


class Worker(threading.Thread):
    """Runs one route until `stop` is set. While Kafka is gone it waits, and keeps what is not committed in memory.

    `after` is the earlier worker of this route: this one begins when it has ended.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        route: Route,
        marks: Marks,
        stop: threading.Event,
        after: threading.Thread | None = None,
    ) -> None:
        super().__init__(name=f"route-{name}", daemon=True)
        self.after = after
        self.settings, self.route_name, self.route, self.marks, self.stop = settings, name, route, marks, stop
        self.deliverer: Deliverer | BriefingRunner | None = None
        self.totals: dict[str, float] = dict.fromkeys(("delivered", "failures", "dead_letters", "muted"), 0)

    def run(self) -> None:
        while self.after and self.after.is_alive() and not self.stop.is_set():
            self.after.join(0.1)
        self.after = None
        while not self.stop.is_set():
            try:
                self.work()
            except (BrokerGone, KafkaError, LookupError, NoSecret, OSError) as error:
                log.warning("route cannot start", route=self.route_name, error=str(error), again_in_seconds=PAUSE)
                self.stop.wait(PAUSE)
            except Exception:  # a bug must not end this route for good, nor the others
                log.exception("route_broke", route=self.route_name, again_in_seconds=BROKEN)
                self.stop.wait(BROKEN)

    def work(self) -> None:
        """Run the route until it is stopped. Raises what opening it raises."""
        with contextlib.ExitStack() as closing:
            runner = opened_route(self.settings, self.route_name, self.route, self.marks, closing)
            self.deliverer = runner
            closing.callback(self.end, runner)
            self.loop(runner)

    def loop(self, runner: Deliverer | BriefingRunner) -> None:
        while not self.stop.is_set():
            try:
                runner.step()
            except (BrokerGone, KafkaError) as error:
                log.warning("kafka is gone", route=self.route_name, error=str(error), again_in_seconds=PAUSE)
                self.stop.wait(PAUSE)
            if isinstance(runner, BriefingRunner):
                self.stop.wait(1.0)  # a deliverer waits for records itself
            elif runner.tally.waiting:
                self.stop.wait(0.1)

    def end(self, runner: Deliverer | BriefingRunner) -> None:
        for name in self.totals:
            self.totals[name] += getattr(runner.tally, name)
        self.deliverer = None

    def total(self, name: str) -> float:
        now = self.deliverer
        return self.totals[name] + (getattr(now.tally, name) if now else 0)


class DeliveryFigures:
    """The routes' metrics, for Prometheus."""

    def __init__(self, workers: Mapping[str, Worker]) -> None:
        self._workers = workers

    def figures(self) -> Figures:
        found: dict[str, dict[str, float]] = {name: {} for name in (*COUNTERS, *GAUGES)}
        for worker in list(self._workers.values()):
            for name in COUNTERS:
                found[name][worker.route_name] = worker.total(name)
            now = worker.deliverer
            since = now.progress.failing_since if now else None
            found["waiting"][worker.route_name] = now.tally.waiting if now else 0
            found["failing_seconds"][worker.route_name] = (datetime.now(UTC) - since).total_seconds() if since else 0
        return found

    def collect(self) -> Iterator[Metric]:
        yield from of_deliveries(self.figures())


class RunningRoutes:
    """The workers of the routes, by name."""

    def __init__(self, settings: Settings, marks: Marks, routes: Mapping[str, Route]) -> None:
        self.settings, self.marks = settings, marks
        self.workers: dict[str, Worker] = {}
        self.take_up(difference({}, routes), routes)

    def take_up(self, found: Difference, routes: Mapping[str, Route]) -> None:
        """Run the routes of `routes` from now on. `found` says how they differ from those before.

        A changed route goes on where it was: its alerts that are not delivered yet go to the new destination.
        """
        ended = {name: self.workers.pop(name) for name in (*found.removed, *found.changed)}
        for worker in ended.values():
            worker.stop.set()
        for name in (*found.added, *found.changed):
            worker = Worker(self.settings, name, routes[name], self.marks, threading.Event(), ended.get(name))
            self.workers[name] = worker
            worker.start()

    def read(self, path: Path) -> None:
        """Take up a routes file. One that cannot be used changes nothing."""
        try:
            routes = load_routes(path, self.settings.pipeline.alert_topics)
        except BadRoutes as error:
            reason = "; ".join(str(error).splitlines())
            log.error("routes_refused", reason=reason, so="the routes stay as they are")
            return
        before = {name: worker.route for name, worker in self.workers.items()}
        if found := difference(before, routes):
            self.take_up(found, routes)
            log.info("routes_taken_up", **found.told(), routes=len(routes))
        else:
            log.info("routes_unchanged", routes=len(routes))

    def end(self) -> None:
        """Stop all routes, and wait up to 5 s for each."""
        for worker in self.workers.values():
            worker.stop.set()
        for worker in self.workers.values():
            worker.join(5)


def run_routes(
    running: RunningRoutes,
    file: FollowedFile,
    stop: threading.Event,
    again: threading.Event,
    metrics_port: int | None,
) -> None:
    """Run the routes until `stop` is set; each second, refresh the readers' marks and look for a changed routes file.

    `again` makes it read the file at once.
    """
    settings, marks = running.settings, running.marks
    registry = CollectorRegistry()
    told = DeliveryFigures(running.workers)
    registry.register(told)
    server = Server(settings.metrics.host, metrics_port, registry, {}) if metrics_port else None
    log.info("delivering", routes=list(running.workers), metrics=server.url if server else None)
    if server:
        server.__enter__()
    while not stop.wait(1.0):
        beat(settings.data, "deliver")
        with contextlib.suppress(OSError):  # a full disk; the figures of the next second replace these
            write_figures(settings.data, told.figures())
        if file.changed() or again.is_set():
            again.clear()
            running.read(file.path)
        try:
            marks.refresh()
        except (KafkaError, OSError) as error:
            log.debug("marks could not be read", error=str(error))
    running.end()
    if server:
        server.__exit__()
