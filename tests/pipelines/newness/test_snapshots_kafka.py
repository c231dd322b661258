"""The store of the alert step on a real broker: it starts with a snapshot, and notices topics that are not the same."""

import pytest
from structlog.testing import capture_logs

from connectors.kafka_topics import ensure_topics
from pipelines.newness.judging import Judging
from pipelines.newness.kafka_store import KafkaStore, KafkaTopics, with_snapshots
from pipelines.newness.snapshots import NAME, Snapshots
from schemas.kafka.clients import admin
from schemas.settings import Settings
from tests.support.brokers import broker
from tests.support.flow import wait_for
from tests.support.known_topics import content
from tests.support.many_statements import RULES, different, item

pytestmark = [pytest.mark.slow, pytest.mark.light, pytest.mark.timeout(240)]


def started(settings: Settings, snapshots: bool) -> tuple[Judging, list[str]]:
    """A worker that has read all there is, and the warnings that it logged."""
    with capture_logs() as logs:
        judging = Judging(with_snapshots(settings) if snapshots else KafkaStore(settings), RULES)
        judging.refresh()
    return judging, [line["reason"] for line in logs if line["log_level"] == "warning"]


def test_a_worker_starts_with_a_snapshot_and_without_one_when_topics_were_made_anew(tmp_path) -> None:
    with broker(tmp_path) as (_, settings):
        texts = different(9)
        judging, reasons = started(settings, snapshots=True)
        assert reasons == []
        for number, text in enumerate(texts):
            judging.write(*judging.judge(item([text], name=f"a{number}")))
        Snapshots(tmp_path / "snapshots", lambda: KafkaTopics(settings)).take()
        judging.write(*judging.judge(item(["the harbor is closed because of the storm of last night"], name="b")))
        with_one, reasons = started(settings, snapshots=True)
        without, _ = started(settings, snapshots=False)
        assert content(with_one.known) == content(without.known) and reasons == []
        assert len(with_one.known.ledger) == 10
        again = item([texts[4]], name="c")
        assert with_one.judge(again)[1].outcome == without.judge(again)[1].outcome == "duplicate"

        with admin(settings.kafka) as client:
            client.delete_topics(["statements"])
            wait_for(lambda: "statements" not in client.list_topics(), lambda: None, 60, "the topic is gone")
        ensure_topics(settings)
        anew, reasons = started(settings, snapshots=True)
        assert len(reasons) == 1 and "made anew" in reasons[0]
        assert content(anew.known) == content(started(settings, snapshots=False)[0].known)
        assert (tmp_path / "snapshots" / NAME).exists()
