"""`make bench-deliver`: deliveries a second and the latency they add, beside a plain loop that posts the same bodies.

A real broker; a receiver of webhooks in a process of its own on loopback. Ours reads the topic, decodes, filters,
signs, posts and keeps its place after each message; the plain loop posts and remembers nothing. Added latency is from
when an alert is handed to Kafka until the receiver's answer is there. Figures are of this machine and this run; the
ratio is what to look at.
"""

import multiprocessing
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles

import httpx

from connectors.delivery.secrets import signing_key
from connectors.delivery.webhook_sink import signed
from connectors.kafka import Publisher
from deploy import logs
from deploy.alerts.marks import Marks
from deploy.alerts.route_workers import Worker
from schemas.codec import encode
from schemas.delivery import Route, Secret
from schemas.settings import Settings
from tests.support.alerts import alert
from tests.support.brokers import broker, publish

BACKLOG, ROUTES = 1000, 4
RATE, SECONDS = 20, 15
SECRET = "whsec_" + "b2JzZXJ2YXRvcmlvLWRlLWxhLWZyb250ZXJh"


class Taker(BaseHTTPRequestHandler):
    """Takes every POST, on connections that stay open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def receive(pipe) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        pipe.send(server.server_port)
        server.serve_forever()


def plain(url: str, count: int) -> float:
    """Alerts a second of the plain loop."""
    key = signing_key(Secret(value=SECRET))
    started = time.perf_counter()
    with httpx.Client() as client:
        for number in range(count):
            headers, body = signed([alert(number)], datetime.now(UTC), key)
            assert client.post(url, content=body, headers=headers).is_success
    return count / (time.perf_counter() - started)


def workers(settings: Settings, url: str, names: list[str], stop: threading.Event, start: str) -> list[Worker]:
    route = Route.model_validate({"webhook": url, "secret": SECRET, "start": start, "topics": ["merida"]})
    marks = Marks(settings)
    made = [Worker(settings, name, route, marks, stop) for name in names]
    for worker in made:
        worker.start()
    return made


def backlog(settings: Settings, url: str, names: list[str]) -> float:
    """Messages a second, over all routes, of a backlog."""
    stop = threading.Event()
    started = time.perf_counter()
    made = workers(settings, url, names, stop, "earliest")
    while sum(worker.total("delivered") for worker in made) < BACKLOG * len(names):
        time.sleep(0.01)
    rate = BACKLOG * len(names) / (time.perf_counter() - started)
    stop.set()
    for worker in made:
        worker.join()
    return rate


def latencies(settings: Settings, url: str) -> list[float]:
    """Seconds from Kafka to the answer, at a steady rate."""
    stop = threading.Event()
    [worker] = workers(settings, url, ["steady"], stop, "latest")
    while worker.deliverer is None:
        time.sleep(0.05)
    time.sleep(1)
    publisher = Publisher(settings.kafka)
    publisher.publish([("marks", "warm", None)])
    for number in range(RATE * SECONDS):
        due = time.perf_counter() + 1 / RATE
        one = alert(10_000 + number, alerted=datetime.now(UTC))
        publisher.publish([("alerts.merida", one.id, encode(one))])
        time.sleep(max(0.0, due - time.perf_counter()))
    publisher.close()
    time.sleep(2)
    delays = list(worker.deliverer.tally.delays)
    stop.set()
    worker.join()
    return delays


def main() -> int:
    logs.configure("error")
    here, there = multiprocessing.Pipe()
    receiver = multiprocessing.Process(target=receive, args=(there,), daemon=True)
    receiver.start()
    url = f"http://127.0.0.1:{here.recv()}/"
    with tempfile.TemporaryDirectory() as directory, broker(Path(directory)) as (_, settings):
        publish(settings, [alert(number) for number in range(BACKLOG)])
        loop = plain(url, BACKLOG)
        one = backlog(settings, url, ["one"])
        many = backlog(settings, url, [f"many-{n}" for n in range(ROUTES)])
        delays = latencies(settings, url)
    receiver.terminate()
    print(f"{'plain loop, posts only':34} {loop:8.0f} alerts/s")
    print(f"{'one route, place kept each time':34} {one:8.0f} alerts/s, {one / loop:.2f} of the plain loop")
    print(f"{f'{ROUTES} routes':34} {many:8.0f} alerts/s, {many / loop:.2f} of the plain loop")
    p95 = quantiles(delays, n=20)[-1]
    print(
        f"{f'added latency at {RATE}/s':34} median {median(delays) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms "
        f"({len(delays)} of {RATE * SECONDS} alerts)"
    )
    return 0 if len(delays) == RATE * SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
