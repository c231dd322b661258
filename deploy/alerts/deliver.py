"""`borderwire deliver`: runs every route of the routes file, and sends samples."""

import base64
import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path

from connectors.delivery.routes import BadRoutes, links_of, load_routes, sink_of
from connectors.kafka_topics import ensure_topics
from deploy.alerts.marks import Marks
from deploy.alerts.route_workers import RunningRoutes, run_routes
from deploy.alerts.sample_alert import sample_alert, sample_briefing
from deploy.machine.signals import on_hangup, stop_on_signals
from deploy.output import complain, tell
from schemas.running_file import FollowedFile
from schemas.settings import Settings


def routes_file(routes: Path | None) -> Path:
    """The path of the routes file of the settings. Raises BadRoutes when they name none."""
    if routes is None:
        raise BadRoutes("no routes file: name one with --routes, or `routes:` in the settings")
    return routes


def deliver(settings: Settings, metrics_port: int | None = None) -> int:
    """Deliver until SIGINT or SIGTERM. Exit code 1 when another `deliver` uses the data directory.

    Raises BadRoutes, NoSecret, BrokerGone and KafkaError.
    """
    path = routes_file(settings.routes)
    stop, again = stop_on_signals(), on_hangup()
    file = FollowedFile(path)  # made before the routes are read, so that no change is missed
    routes = load_routes(path, settings.pipeline.alert_topics)
    links_of(settings, "")  # a key that cannot be used is told now
    ensure_topics(settings)
    marks = Marks(settings)
    marks.refresh()
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / "deliver.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            complain(f"another `deliver` works on {settings.data}")
            return 1
        run_routes(RunningRoutes(settings, marks, routes), file, stop, again, metrics_port)
    return 0


def send_sample(settings: Settings, name: str) -> int:
    """Send a sample to one route and print the destination's answer.

    Exit code 0 when it was accepted, 1 when not. Raises BadRoutes, also when there is no such route.
    """
    routes = load_routes(routes_file(settings.routes), settings.pipeline.alert_topics)
    if name not in routes:
        raise BadRoutes(f"no route {name!r}: there are {', '.join(routes)}")
    route, sink, now = routes[name], sink_of(routes[name], links_of(settings, name)), datetime.now(UTC)
    if route.kind == "briefing":
        answer = sink.send_briefing(sample_briefing(name, route), now)
    else:
        answer = sink.send([sample_alert(route)], now)
    tell(f"{name}: {'delivered' if answer.taken else 'NOT delivered'}: {answer.told}")
    return 0 if answer.taken else 1


def new_secret() -> int:
    """Print a new Standard Webhooks secret."""
    print("whsec_" + base64.b64encode(os.urandom(32)).decode("ascii"))
    return 0
