"""The topics that the alert step reads, as lists; starts of it with and without a snapshot, and what is then known."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

from structlog.testing import capture_logs

from pipelines.newness.judge import judge
from pipelines.newness.known import STORY_SECONDS, Known
from pipelines.newness.snapshot_file import SnapshotUnusable
from pipelines.newness.snapshots import Snapshots, take_new
from schemas.codec import encode
from tests.support.many_statements import NOW, RULES, different, item

NAMES = ("statements", "alerts.merida", "articles.tagged")


class Log:
    """What Kafka holds: each topic's id and its records. `make_anew` deletes a topic and makes it again."""

    def __init__(self) -> None:
        self.records: dict[str, list[bytes | None]] = {name: [] for name in NAMES}
        self.ids = dict.fromkeys(NAMES, "1")

    def add(self, topic: str, value: bytes | None) -> None:
        self.records[topic].append(value)

    def make_anew(self, topic: str) -> None:
        self.records[topic], self.ids[topic] = [], self.ids[topic] + "1"


class ListTopics:
    """Reads a log from where it was told to begin."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.places: dict[str, int] = dict.fromkeys(NAMES, 0)

    def ids(self) -> dict[str, str]:
        return dict(self._log.ids)

    def begin(self, places: Mapping[str, int]) -> None:
        self.places = {name: places.get(name, 0) for name in NAMES}
        if any(place > len(self._log.records[name]) for name, place in self.places.items()):
            raise SnapshotUnusable("a topic ends before the offset up to which it was read")

    def read(self) -> Iterator[tuple[str, bytes | None, bytes | None]]:
        for name in NAMES:
            for value in self._log.records[name][self.places[name] :]:
                self.places[name] += 1
                yield name, b"key", value

    def close(self) -> None:
        pass


def content(known: Known) -> dict[str, object]:
    """All that is known, without the numbers of rows; of stories what is not older than their time."""
    database = known.ledger._entries._database
    index = known.stories
    index.expire(max((at for _, _, at in index._articles.values()), default=0.0) - STORY_SECONDS)
    tables = {
        "entries": "SELECT id, story, lang, record FROM entries",
        "pairs": "SELECT pair, id FROM pairs JOIN entries USING (number)",
        "names": "SELECT day, word, id FROM names JOIN entries USING (number)",
        "told": "SELECT * FROM told",
        "alerts": "SELECT * FROM alerts",
    }
    found: dict[str, object] = {name: sorted(database.execute(f"{rule} ORDER BY 1")) for name, rule in tables.items()}
    found["count"] = [database.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("pairs", "names")]
    found["articles"] = index._articles
    found["keys"] = {key: sorted(articles) for key, articles in index._by_key.items()}
    return found


@cache
def records() -> list[tuple[str, bytes | None]]:
    """Records as the alert step writes them: of articles of one story, one edited, one an old one; and some that no
    program can read."""
    known, found = Known(), [("statements", b"{"), ("articles.tagged", b""), ("statements", None)]
    for number, text in enumerate(different(8)):
        one = item([text, f"{text} and more of it {number // 2}"], name=f"a{number % 6}")
        age = timedelta(days=30 if number == 2 else number)
        one = one.with_tagged(seen=NOW - age, story=f"s{number % 3}")
        judgement = judge(one, known.ledger, RULES, NOW)
        found += [("statements", encode(entry)) for entry in judgement.entries]
        found += [("alerts.merida", encode(alert)) for alert in judgement.alerts]
        found.append(("articles.tagged", encode(one.tagged)))
        named = judgement.entries[0].model_copy(update={"speaker": None})
        found.append(("statements", encode(named)))
    return found


def filled(chosen: list[int]) -> Log:
    log = Log()
    for number in chosen:
        log.add(*records()[number % len(records())])
    return log


def read_all(log: Log) -> dict[str, object]:
    known, topics = Known(), ListTopics(log)
    for _ in take_new(topics, known.ledger, known.stories):
        pass
    return content(known)


def started(log: Log, directory: Path) -> tuple[dict[str, object], ListTopics, list[str]]:
    """What is known after a start, the topics, and the reasons why a snapshot was not used or not taken."""
    known, topics = Known(), ListTopics(log)
    with capture_logs() as logs:
        Snapshots(directory, partial(ListTopics, log)).start(known, topics)
    assert not list(directory.glob("making-*"))
    return content(known), topics, [line["reason"] for line in logs if line["event"].startswith("snapshot thrown")]


def take(log: Log, directory: Path) -> None:
    Snapshots(directory, partial(ListTopics, log)).take()


class ListOutbox:
    """Writes to a log at once."""

    def __init__(self, log: Log) -> None:
        self.send = lambda message: log.add(message[0], message[2])

    def flush(self) -> None:
        pass
