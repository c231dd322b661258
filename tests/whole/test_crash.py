"""Kill things while articles flow: every raw record still gets an outcome, every alert is there, none twice."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest
import yaml

from connectors.feeds.feedlist import dump_feeds
from deploy import demo
from deploy.demo.__main__ import demo_settings
from deploy.demo.server import DemoServer
from deploy.machine.command import Command
from deploy.machine.instance import write_settings
from pipelines.newness.snapshots import NAME
from schemas.codec import decode
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import PipelineSettings
from schemas.statement import LedgerEntry
from tests.support.flow import Flow, twice_in_topic, wait_for
from tests.support.job_run import JobRun
from tests.support.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
PER_FLOW = 48
EXPECTED = yaml.safe_load((Path(demo.__file__).parent / "expected.yaml").read_text(encoding="utf-8"))


class Instance(JobRun):
    """The job, to which articles flow whose alerts are known beforehand; `sent` and `others` count raw records."""

    sent = 0
    others = 0

    def flow(self) -> Flow:
        flow = Flow(self.settings, self.sent, self.sent + PER_FLOW, rate=8)
        self.sent += PER_FLOW
        flow.start()
        return flow

    def settle(self, flow: Flow, timeout: float = 240) -> None:
        """Wait until everything sent has left the pipeline, then hold it against what was due."""
        wait_for(lambda: not flow.is_alive(), self.check, 60, "all articles were sent")
        self.wait_through(self.sent + self.others, timeout)
        assert [(dead.step, dead.error) for dead in self.tally.dead.values()] == []
        alerted = {alert.speaker.name for alert in self.tally.alerts.values() if alert.speaker}
        assert flow.speakers <= alerted
        assert twice_in_topic(self.settings) == []
        assert self.unrecorded() == set()

    def unrecorded(self) -> set[str]:
        """Statements that were alerted and are not in the ledger."""
        tail = TopicTail(self.settings.kafka, ["statements"])
        ledger = {decode(LedgerEntry, value).id for _, _, value in tail.read()}
        return {s.id for alert in self.tally.alerts.values() for s in alert.statements} - ledger

    def workers(self) -> list[int]:
        wait_for(lambda: len(self.stack.pool.pids()) >= 2, self.check, 60, "two workers run")
        return self.stack.pool.pids()


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    data = tmp_path_factory.mktemp("crash")
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ["BORDERWIRE_TEST_CRASH"] = str(data / "crash")
    pipeline = PipelineSettings(parallelism=2, workers=2)
    running = Instance(data, pipeline, "tests.support.crashing_job:build")
    flow = running.flow()
    running.settle(flow)
    yield running
    started = time.monotonic()
    running.stop()
    assert time.monotonic() - started < 10
    del os.environ["PYTHONPATH"]
    assert [p for p in psutil.process_iter(["cmdline"]) if str(data) in " ".join(p.info["cmdline"] or [])] == []


def halfway(instance: Instance, flow: Flow) -> None:
    """Return when some of the flow's articles are through and some are not."""
    before = instance.sent + instance.others - PER_FLOW
    wait_for(lambda: instance.tally.done >= before + PER_FLOW // 4, instance.check, 60, "a quarter is through")
    assert instance.tally.done < before + PER_FLOW


def test_a_worker_is_killed(instance):
    flow = instance.flow()
    halfway(instance, flow)
    os.kill(instance.workers()[0], signal.SIGKILL)
    instance.settle(flow)


def test_a_worker_is_stopped_for_15_seconds_and_goes_on(instance):
    flow = instance.flow()
    halfway(instance, flow)
    worker = instance.workers()[0]
    os.kill(worker, signal.SIGSTOP)
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > 15, instance.check, 30, "15 seconds passed")
    if psutil.pid_exists(worker):
        os.kill(worker, signal.SIGCONT)
    instance.settle(flow)


def test_flink_is_killed(instance):
    flow = instance.flow()
    halfway(instance, flow)
    os.kill(instance.stack.server.process.pid, signal.SIGKILL)
    instance.settle(flow)
    assert instance.stack.keeper.state.restored is not None


def test_the_broker_is_killed(instance):
    flow = instance.flow()
    halfway(instance, flow)
    os.kill(instance.stack.broker.process.pid, signal.SIGKILL)
    instance.settle(flow)


def test_the_job_is_submitted_again_several_times(instance):
    """As when too many subtasks share one worker. Articles flow meanwhile."""
    flow = instance.flow()
    halfway(instance, flow)
    keeper = instance.stack.keeper
    for _ in range(3):
        before = keeper.job.id
        if keeper.draw_again(keeper.clock(), keeper.job):
            os.kill(instance.stack.server.process.pid, signal.SIGKILL)
        wait_for(
            lambda old=before: keeper.job is not None and keeper.job.id != old and keeper.tasks_ran,
            instance.check,
            120,
            "the next job runs",
        )
    instance.settle(flow)


def test_the_connector_is_killed(instance, tmp_path):
    """The recorded feeds are polled while the connectors die twice: every entry arrives, no alert stands twice."""
    with DemoServer(hang=5) as server:
        entries = sum(by_edition[0] for by_edition in EXPECTED["entries"].values())
        (tmp_path / "feeds.yaml").write_text(dump_feeds(server.feeds), encoding="utf-8")
        connectors = demo_settings(instance.settings.data).connectors
        settings = instance.settings.model_copy(update={"feeds": tmp_path / "feeds.yaml", "connectors": connectors})
        path = write_settings(settings, tmp_path / "settings.json")
        part = Command("connectors", instance.settings.data, path, "poll")
        before = instance.tally.raw
        instance.stack.add(part)

        def articles() -> set[str]:
            return {o.article for o in instance.tally.outcomes.values() if o.feed.startswith(server.base)}

        for wanted in (1, entries // 2):
            wait_for(lambda n=wanted: instance.tally.raw >= before + n, instance.check, 60, f"{wanted} entries came")
            os.kill(part.process.pid, signal.SIGKILL)
        wait_for(lambda: len(articles()) >= entries, instance.check, 90, f"all entries; {len(articles())} of {entries}")
        wait_for(instance.tally.complete, instance.check, 60, "every raw record has an outcome")
        part.process.stop()
        instance.stack.remove("connectors")
        instance.others = instance.tally.raw - instance.sent
    assert len(articles()) == entries
    assert twice_in_topic(instance.settings) == []


def test_a_crash_between_an_alert_and_its_ledger_entry(instance):
    trigger = Path(os.environ["BORDERWIRE_TEST_CRASH"])
    flow = instance.flow()
    halfway(instance, flow)
    trigger.touch()
    instance.settle(flow)
    assert not trigger.exists(), "no worker crashed"


def test_snapshots_were_taken_meanwhile_and_none_was_damaged(instance):
    """After the first start every worker started with one (tests/support/crashing_job.py has them taken often)."""
    assert (instance.settings.data / "snapshots" / NAME).exists()
    log = (instance.settings.data / "logs" / "workers.log").read_text(encoding="utf-8")
    assert "snapshot taken" in log
    assert "snapshot thrown away" not in log
