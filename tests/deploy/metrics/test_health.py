"""What is wrong with a run, from what was seen of it."""

from pathlib import Path

import pytest

from deploy.engine.flink_rest import Checkpoints
from deploy.metrics import read_progress as progress
from deploy.metrics.health import PartHealth, troubles
from deploy.metrics.observe import Looker
from deploy.metrics.read_progress import Place
from schemas.settings import Settings
from tests.support.counted import sight


def test_health_is_a_recent_checkpoint_and_a_recent_tick() -> None:
    assert troubles(sight()) == []
    old = Checkpoints(completed=5, failed=0, restored=0, completed_at=900.0, size=1, path=None)
    assert troubles(sight(checkpoints=old)) == ["checkpoint: the last one was completed 100 s ago"]
    silent = Place("articles.raw", 0, first=0, end=5, committed=5, ticked=800.0)
    assert troubles(sight(places=[silent]))[0].startswith("tick: ")
    assert troubles(sight(places=[]))[0].endswith("was never")
    assert troubles(sight(checkpoints=None))[0].startswith("checkpoint: Flink does not answer")
    assert troubles(sight(parts=[PartHealth("workers", False)])) == ["part workers is not running"]
    assert troubles(sight(still=61.0))[0].startswith("reading: records wait")
    assert troubles(sight(kafka="NoBrokers", places=[])) == ["kafka: NoBrokers"]
    aged = Place("articles.raw", 0, first=0, end=9, committed=5, ticked=990.0, waiting=1000.0 - 12.5 * 86_400)
    assert troubles(sight(places=[aged])) == ["expiring: oldest unread record of partition 0 is 12.5 days old"]
    lost = Place("articles.raw", 0, first=9, end=12, committed=5, ticked=990.0)
    assert troubles(sight(places=[lost])) == ["expired: 4 records of partition 0 unread"]


def test_topics_that_are_not_there_yet_are_looked_for_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Client:
        partitions: set[int] | None = None

        def partitions_for_topic(self, _topic: str) -> set[int] | None:
            return self.partitions

        def beginning_offsets(self, partitions: list[object]) -> dict[object, int]:
            return dict.fromkeys(partitions, 0)

        end_offsets = beginning_offsets

        def committed(self, *_place: object, **_how: object) -> None:
            return None

        def close(self, **_how: object) -> None:
            pass

    monkeypatch.setattr(progress, "consumer", lambda *_, **__: Client())
    looker = Looker(Settings(data=tmp_path))
    assert "articles.raw does not exist yet" in (looker.look().kafka or "")
    Client.partitions = {0, 1}
    assert [place.partition for place in looker.look().places] == [0, 1]
