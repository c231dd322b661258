"""A thread that follows a run: prints alerts as they are written, and detects when nothing is left to do."""

import threading
import time
from collections.abc import Callable, Iterable

import structlog
from kafka.errors import KafkaError
from rich.console import Console

from deploy.alerts.terminal import show_alert
from deploy.metrics.read_progress import ReadProgress
from deploy.metrics.tally import Tally
from deploy.output import tell_json
from schemas.alert import Alert
from schemas.settings import Settings

log = structlog.get_logger()

#: Seconds between two reads of the topics, and between two queries for the last tick.
INTERVAL = 3.0
TICKS = 10.0


class Watch(threading.Thread):
    """Reads the topics regularly. A phase ends after `until_idle` quiet seconds, or never if that is None.

    `phases` are called one after the other, each when the phase before it has ended; after the last, `done` is set.
    A phase ends when every raw record has left the pipeline, every healthy feed was polled since the phase began, and
    no new record came for `until_idle` seconds. While `busy()` is true, no phase ends.
    """

    def __init__(
        self,
        settings: Settings,
        feeds: int,
        until_idle: float | None,
        phases: Iterable[Callable[[], object]] = (),
        on_alert: Callable[[Alert], object] | None = None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(name="watch", daemon=True)
        self.tally = Tally(settings, keep=until_idle is not None)
        self.done = threading.Event()
        self.feeds = feeds
        self._until_idle = until_idle
        self._phases = list(phases)
        self._on_alert = on_alert or print_alerts()
        self._busy = busy
        self._ended = threading.Event()
        self._quiet_since = time.monotonic()
        self._last: object = None
        self._polls_needed: dict[str, int] = {}
        #: The heartbeats of Kafka and the job: how often Kafka answered, and the last tick that a checkpoint confirmed.
        self.answers = 0
        self.ticked: float | None = None
        self._progress = ReadProgress(settings.kafka)
        self._asked = 0.0

    def run(self) -> None:
        while not self._ended.wait(INTERVAL if self._until_idle is None else 0.5):
            try:
                for alert in self.tally.update():
                    self._on_alert(alert)
                if time.monotonic() - self._asked > TICKS:
                    self._asked = time.monotonic()
                    self.ticked = self._progress.ticked()
            except KafkaError as error:
                log.debug("kafka did not answer", error=str(error))
                continue
            self.answers += 1
            if self._until_idle is not None and self._quiet():
                if not self._phases:
                    self.done.set()
                    return
                self._phases.pop(0)()
                self._polls_needed = {s.url: s.polls + 2 for s in self.tally.feeds.values() if not s.failures}
                self._quiet_since = time.monotonic()

    def end(self) -> None:
        """Stop reading; return when the thread has ended, or after two seconds."""
        self._ended.set()
        if self.is_alive():
            self.join(2)

    def _quiet(self) -> bool:
        now = time.monotonic()
        state = (self.tally.raw, self.tally.done)
        if state != self._last or self._busy():
            self._last, self._quiet_since = state, now
        feeds = self.tally.feeds
        polled = len(feeds) >= self.feeds and all(feeds[url].polls >= n for url, n in self._polls_needed.items())
        long_enough = now - self._quiet_since >= (self._until_idle or 0)
        return polled and self.tally.complete() and long_enough


def print_alerts() -> Callable[[Alert], None]:
    """A function that shows an alert: formatted on a terminal, otherwise as one line of JSON."""
    console = Console()
    if console.is_terminal:
        return lambda alert: show_alert(alert, console)
    return lambda alert: tell_json(alert.model_dump_json(exclude_none=True))
