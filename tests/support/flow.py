"""A flow of articles whose alerts are known beforehand, for tests and benchmarks with real parts."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from schemas.article import FeedEntry, RawArticle
from schemas.codec import encode
from schemas.kafka.clients import producer
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import Settings

FIRST = ("Ana", "Luis", "Rosa", "Hugo", "Irma", "Raúl", "Elsa", "Noé", "Olga", "Saúl")
LAST = ("Ruiz", "Paz", "Gil", "Mora", "Vega", "Soto", "Luna", "Rico", "Cano", "Peña", "Lara", "Nava", "Ríos", "Salas")
THINGS = ("helicopters", "scanners", "court clerks", "police academies", "radios", "laboratories", "patrol boats")
FILLER = (
    "The road between the two towns was closed for most of the morning. Traders waited beside their lorries and said "
    "little. By noon the wind had turned and the first buses came through again.\n\n"
    "Nobody at the town hall could tell how long the repairs would take, nor what they would cost in the end."
)


def speaker(number: int) -> str:
    return f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"


def article(number: int, on_topic: bool) -> RawArticle:
    """Article `number`; on topic it holds one statement on the Mérida Initiative, by a speaker of its own."""
    lead = f"Report {number} from the border region was published today by the regional council."
    if on_topic:
        thing = THINGS[number % len(THINGS)]
        lead = (
            f"“The Mérida Initiative cost us {number + 100} million dollars for {thing} that never arrived,” "
            f"Senator {speaker(number)} told reporters in Ciudad Juárez."
        )
    now = datetime.now(UTC)
    url = f"https://news.example/{number}"
    entry = FeedEntry(id=url, url=url, title=f"Report {number}", content=f"{lead}\n\n{FILLER}", published=now)
    return RawArticle(
        id=f"article-{number}",
        version="v1",
        feed="https://news.example/feed",
        outlet="News Example",
        lang="en",
        entry=entry,
        seen=now,
    )


class Flow(threading.Thread):
    """Sends articles `first` to `last`, `rate` a second, every `every`th on topic; survives a restarting broker."""

    def __init__(self, settings: Settings, first: int, last: int, rate: float, every: int = 4) -> None:
        super().__init__(name="flow", daemon=True)
        self.producer = producer(settings.kafka, delivery_timeout_ms=120_000)
        self.topic = settings.kafka.topic("articles.raw")
        self.numbers = range(first, last)
        self.rate, self.every = rate, every

    @property
    def speakers(self) -> set[str]:
        """Of whom an alert is due."""
        return {speaker(number) for number in self.numbers if number % self.every == 0}

    def run(self) -> None:
        started = time.monotonic()
        sent = []
        for count, number in enumerate(self.numbers):
            time.sleep(max(0.0, started + count / self.rate - time.monotonic()))
            record = article(number, number % self.every == 0)
            sent.append(self.producer.send(self.topic, key=record.id.encode(), value=encode(record)))
        for future in sent:
            future.get(120)
        self.producer.close()


def wait_for(
    condition: Callable[[], bool], check: Callable[[], object], timeout: float, what: str, pause: float = 0.5
) -> None:
    """Call `check` every `pause` seconds until `condition` holds; AssertionError naming `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout:.0f} s: {what}"
        check()
        time.sleep(pause)


def twice_in_topic(settings: Settings) -> list[bytes]:
    """Keys that stand more than once in an alert topic."""
    topics = [f"alerts.{topic}" for topic in settings.pipeline.alert_topics]
    count = Counter((topic, key) for topic, key, _ in TopicTail(settings.kafka, topics).read())
    return [key for (_, key), times in count.items() if times > 1]
