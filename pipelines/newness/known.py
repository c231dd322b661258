"""What the alert step knows: the ledger and the stories, copied from Kafka."""

from typing import Protocol

from pipelines.newness.ledger import Ledger
from pipelines.newness.stories import Sketch, StoryIndex, sketch
from schemas.alert import Alert
from schemas.article import TaggedArticle
from schemas.codec import decode
from schemas.limits import STATEMENT
from schemas.statement import LedgerEntry

#: An article is compared for its story with articles of the last this many seconds (14 days).
STORY_SECONDS = 14 * 86_400


class Stories(Protocol):
    """What takes articles with their stories: the index of them, or the rows of a snapshot."""

    def add(self, article: str, new: Sketch, story: str, at: float) -> None:
        """Take an article in the place of an earlier version of it."""


class Known:
    """The ledger and the story index, filled record by record."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.stories = StoryIndex()

    def feed(self, topic: str, value: bytes | None) -> None:
        """Take one record of `statements`, `alerts.*` or `articles.tagged`; tombstones are skipped."""
        take_record(topic, value, self.ledger, self.stories)

    def story_of(self, tagged: TaggedArticle) -> str:
        seen = tagged.seen.timestamp()
        self.stories.expire(seen - STORY_SECONDS)
        return self.stories.assign(tagged.id, sketch_of(tagged), seen)


def take_record(topic: str, value: bytes | None, ledger: Ledger, stories: Stories) -> None:
    """Put one record of `statements`, `alerts.*` or `articles.tagged` where it belongs; tombstones are skipped."""
    if value is None:
        return
    if topic == "statements":
        entry = decode(LedgerEntry, value)
        ledger.put(entry.model_copy(update={"text": entry.text[:STATEMENT]}))
    elif topic == "articles.tagged":
        tagged = decode(TaggedArticle, value)
        if tagged.story:
            stories.add(tagged.id, sketch_of(tagged), tagged.story, tagged.seen.timestamp())
    else:
        ledger.put_alert(decode(Alert, value))


def sketch_of(tagged: TaggedArticle) -> Sketch:
    return sketch(tagged.article.title, tagged.article.text)
