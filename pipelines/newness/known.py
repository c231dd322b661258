"""What the alert step knows: the ledger and the stories, copied from Kafka."""

import structlog

from pipelines.item import Message
from pipelines.kafka.outbox import Outbox
from pipelines.newness.ledger import Ledger
from pipelines.newness.stories import Sketch, StoryIndex, sketch
from schemas.alert import Alert
from schemas.article import TaggedArticle
from schemas.codec import decode
from schemas.kafka.topic_tail import TopicTail
from schemas.limits import STATEMENT
from schemas.settings import Settings
from schemas.statement import LedgerEntry

#: An article is compared for its story with articles of the last this many seconds (14 days).
STORY_SECONDS = 14 * 86_400

log = structlog.get_logger()


class Known:
    """The ledger and the story index, filled record by record."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.stories = StoryIndex()

    def feed(self, topic: str, value: bytes | None) -> None:
        """Take one record of `statements`, `alerts.*` or `articles.tagged`; tombstones are skipped."""
        if value is None:
            return
        if topic == "statements":
            entry = decode(LedgerEntry, value)
            self.ledger.put(entry.model_copy(update={"text": entry.text[:STATEMENT]}))
        elif topic == "articles.tagged":
            tagged = decode(TaggedArticle, value)
            if tagged.story:
                self.stories.add(tagged.id, sketch_of(tagged), tagged.story, tagged.seen.timestamp())
        else:
            self.ledger.put_alert(decode(Alert, value))

    def story_of(self, tagged: TaggedArticle) -> str:
        seen = tagged.seen.timestamp()
        self.stories.expire(seen - STORY_SECONDS)
        return self.stories.assign(tagged.id, sketch_of(tagged), seen)


def sketch_of(tagged: TaggedArticle) -> Sketch:
    return sketch(tagged.article.title, tagged.article.text)


class KafkaStore:
    """The alert step's Kafka topics. `refresh` reads the ledger first, so an alert without entry means a crash."""

    def __init__(self, settings: Settings) -> None:
        self.outbox = Outbox(settings.kafka)
        alerts = [f"alerts.{topic}" for topic in settings.pipeline.alert_topics]
        self.tails = [TopicTail(settings.kafka, topics) for topics in (["statements"], [*alerts, "articles.tagged"])]

    def refresh(self, known: Known) -> bool:
        """Read all new records of the topics. A record that cannot be read is logged and skipped."""
        news = False
        for tail in self.tails:
            for topic, key, value in tail.read():
                news = True
                try:
                    known.feed(topic, value)
                except Exception as error:  # a bad record must not stop this process
                    words = f"{type(error).__name__}: {error}"[:300]
                    log.error("unreadable record skipped", topic=topic, key=(key or b"")[:100], error=words)
        return news

    def write(self, messages: list[Message]) -> None:
        for message in messages:
            self.outbox.send(message)
        self.outbox.flush()
