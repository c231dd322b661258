"""`borderwire deliver`: runs every route of the routes file, and sends samples."""

import base64
import fcntl
import os
from datetime import UTC, datetime

from kafka.errors import KafkaError

from connectors.delivery.routes import BadRoutes, load_routes, sink_of
from connectors.errors import BrokerGone
from connectors.kafka_topics import ensure_topics
from deploy.alerts.marks import Marks
from deploy.alerts.route_workers import RunningRoutes, run_routes
from deploy.alerts.sample_alert import sample_alert
from deploy.machine.signals import on_hangup, stop_on_signals
from deploy.output import complain, tell
from schemas.running_file import FollowedFile
from schemas.settings import Settings


def deliver(settings: Settings, metrics_port: int | None = None) -> int:
    """Deliver until SIGINT or SIGTERM. Exit code 2 when the routes file cannot be used; 1 when Kafka cannot be used,
    or another `deliver` uses the data directory."""
    if settings.routes is None:
        complain("no routes file: name one with --routes, or `routes:` in the settings")
        return 2
    stop, again = stop_on_signals(), on_hangup()
    file = FollowedFile(settings.routes)  # made before the routes are read, so that no change is missed
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
        run_routes(RunningRoutes(settings, marks, routes), file, stop, again, metrics_port)
    return 0


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
