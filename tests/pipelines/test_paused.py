"""A worker that was paused between judging and writing looks again before it writes: its successor may have alerted."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from pipelines import alert_step as module
from pipelines.alert_step import PAUSED, Alerting
from pipelines.item import Item, Message
from pipelines.newness.known import Known
from pipelines.pure_steps import clean, find_statements, tag
from schemas.codec import encode
from schemas.outcome import RawRef
from schemas.settings import Settings
from tests.support.flow import article

ALERTS = frozenset(Settings().pipeline.alert_topics)


class Topics:
    """What two workers share; each has a store of its own, which knows how far it has read."""

    def __init__(self) -> None:
        self.written: list[Message] = []

    def store(self, _settings: Settings) -> SimpleNamespace:
        place = [0]

        def refresh(known: Known) -> bool:
            news = place[0] < len(self.written)
            for topic, _, value in self.written[place[0] :]:
                known.feed(topic, value)
            place[0] = len(self.written)
            return news

        return SimpleNamespace(refresh=refresh, write=self.written.extend)

    def alerts(self) -> list[str]:
        return [key for topic, key, _ in self.written if topic.startswith("alerts.")]


class Judged:
    def read(self) -> str:
        return "0"

    def write(self, _value: str) -> None:
        pass


def worker(topics: Topics) -> Alerting:
    step = Alerting(Settings(), topics.store)
    step.setup()
    step.start_bundle()
    return step


def element() -> tuple[str, bytes]:
    item = clean(RawRef(topic="articles.raw", partition=0, offset=0), encode(article(4, True)))
    assert isinstance(item, Item)
    tagged = tag(item, None, ALERTS)
    assert isinstance(tagged, Item)
    return "alerts", encode(find_statements(tagged, None))


def test_what_a_successor_alerted_meanwhile_is_not_alerted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    topics, now = Topics(), [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    paused, successor, sent = worker(topics), worker(topics), element()
    judge = paused.judging.judge
    calls: list[int] = []

    def judge_and_sleep(item: Item) -> object:
        calls.append(1)
        result = judge(item)
        if len(calls) == 1:
            outcomes(successor.process(sent, Judged()))
            now[0] += PAUSED + 1
        return result

    monkeypatch.setattr(paused.judging, "judge", judge_and_sleep)
    outcomes(paused.process(sent, Judged()))
    assert len(calls) == 2
    assert len(topics.alerts()) == 1


def outcomes(messages: Iterator[Message]) -> None:
    assert [topic for topic, _, _ in messages] == ["articles.outcomes"]


def test_after_a_pause_without_news_it_does_not_judge_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An article that takes long to judge must not be judged twice for that alone."""
    topics, now, calls = Topics(), [100.0], []
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    slow = worker(topics)
    judge = slow.judging.judge

    def judge_for_long(item: Item) -> object:
        calls.append(1)
        now[0] += PAUSED + 1
        return judge(item)

    monkeypatch.setattr(slow.judging, "judge", judge_for_long)
    outcomes(slow.process(element(), Judged()))
    assert len(calls) == 1 and len(topics.alerts()) == 1
