"""A routes file that changes while alerts are delivered: what is taken up, what is refused, and from where it goes on."""

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from connectors.delivery.route_runner import Place, QueuedAlert
from connectors.delivery.routes import load_routes
from deploy.alerts import route_opening
from deploy.alerts.route_workers import RunningRoutes, run_routes
from schemas.codec import encode
from schemas.running_file import FollowedFile
from schemas.settings import Settings
from tests.support.alerts import alert
from tests.support.receiver import SECRET, Receiver
from tests.support.waiting import until

PLACE = ("alerts.merida", 0)


class Source:
    """The topic of a test, read by a group. Groups keep their places, as in Kafka; one reader at a time."""

    values: list[bytes] = []
    places: dict[str, int] = {}
    reading: set[str] = set()

    def __init__(self, settings: Settings, topics: Sequence[str], group: str, start: str) -> None:
        assert group not in self.reading
        self.reading.add(group)
        self.group, self.note = group, ""
        self.at = self.places.setdefault(group, 0)
        self.start: Mapping[Place, int] = {PLACE: self.at}

    def poll(self) -> list[QueuedAlert]:
        time.sleep(0.01)
        new = [QueuedAlert.read(*PLACE, self.at + n, value) for n, value in enumerate(self.values[self.at :])]
        self.at += len(new)
        return new

    def keep(self, places: Mapping[Place, int], note: str) -> None:
        self.places[self.group] = places[PLACE]

    def close(self) -> None:
        self.reading.discard(self.group)


class Marks:
    muting: dict[str, object] = {}

    def refresh(self) -> None:
        pass


def write(path: Path, **ports: int) -> None:
    rows = [f"  {name}: {{webhook: 'http://127.0.0.1:{port}/', secret: '{SECRET}'}}\n" for name, port in ports.items()]
    path.write_text("routes:\n" + "".join(rows))


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> type[Source]:
    source = type("Topic", (Source,), {"values": [], "places": {}, "reading": set()})
    monkeypatch.setattr(route_opening, "AlertSource", source)
    monkeypatch.setattr(route_opening, "Publisher", lambda _: SimpleNamespace(close=lambda: None))
    return source


def told(receiver: Receiver) -> list[str]:
    return [{k.lower(): v for k, v in headers.items()}["webhook-id"].split("-")[0] for headers, _ in receiver.got]


def test_routes_are_added_changed_and_removed_while_alerts_come(topic, tmp_path):
    path = tmp_path / "routes.yaml"
    settings = Settings(data=tmp_path)
    settings = settings.model_copy(
        update={"pipeline": settings.pipeline.model_copy(update={"alert_topics": ("merida",)})}
    )
    stop, again = threading.Event(), threading.Event()
    alerts = [alert(number) for number in range(6)]
    with Receiver() as one, Receiver() as two, Receiver() as three:
        write(path, desk=one.port, chat=two.port)
        file = FollowedFile(path)
        running = RunningRoutes(settings, Marks(), load_routes(path, ("merida",)))
        loop = threading.Thread(target=run_routes, args=(running, file, stop, again, None))
        loop.start()
        try:
            topic.values += [encode(one) for one in alerts[:2]]
            until(lambda: len(one.got) == len(two.got) == 2)
            with capture_logs() as logs:
                write(path, desk=three.port, mail=one.port)
                until(lambda: [line for line in logs if line["event"] == "routes_taken_up"])
            (line,) = [line for line in logs if line["event"] == "routes_taken_up"]
            assert (line["added"], line["changed"], line["removed"]) == (["mail"], ["desk"], ["chat"])
            topic.values += [encode(one) for one in alerts[2:4]]
            until(lambda: len(three.got) == 2 and len(one.got) == 2 + 4)  # `desk` goes on, `mail` begins
            with capture_logs() as logs:
                path.write_text("routes: {desk: {webhook: 7}, x: []}")
                until(lambda: [line for line in logs if line["event"] == "routes_refused"])
            (line,) = [line for line in logs if line["event"] == "routes_refused"]
            assert "\n" not in line["reason"] and "desk" in line["reason"]
            topic.values += [encode(one) for one in alerts[4:]]
            until(lambda: len(three.got) == 4)
        finally:
            stop.set()
            loop.join(20)
        assert told(three) == [one.id for one in alerts[2:]]
        assert len(two.got) == 2
        assert not topic.reading


def test_a_changed_route_waits_for_the_message_that_is_under_way(topic, tmp_path):
    path = tmp_path / "routes.yaml"
    settings = Settings(data=tmp_path)
    settings = settings.model_copy(
        update={"pipeline": settings.pipeline.model_copy(update={"alert_topics": ("merida",)})}
    )
    with Receiver() as slow, Receiver() as fast:
        slow.delay = 1.5
        write(path, desk=slow.port)
        running = RunningRoutes(settings, Marks(), load_routes(path, ("merida",)))
        alerts = [alert(number) for number in range(2)]
        topic.values += [encode(alerts[0])]
        until(lambda: topic.places)
        time.sleep(0.3)
        write(path, desk=fast.port)
        running.read(path)
        topic.values += [encode(alerts[1])]
        until(lambda: fast.got)
        running.end()
        assert (told(slow), told(fast)) == ([alerts[0].id], [alerts[1].id])
