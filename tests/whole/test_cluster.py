"""The job at parallelism 4 on the containers' own configuration, as processes: three Kafka nodes, a Flink cluster.

Things are killed while articles flow. Every raw record still gets an outcome, every alert is there, none twice.
"""

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from kafka.errors import KafkaError
from prometheus_client.parser import text_string_to_metric_families

from deploy.config import load_settings
from deploy.engine.flink_rest import Checkpoints, FlinkError, FlinkRest
from deploy.metrics.exporter import REFRESH
from deploy.metrics.tally import Tally
from schemas.kafka.clients import admin
from tests.support.composed import Composed
from tests.support.dashboard_queries import queries
from tests.support.flow import Flow, twice_in_topic, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.timeout(900)]
PARTS = (
    "jobmanager", "taskmanager-1", "taskmanager-2", "workers-1", "jobserver", "metrics", "page", "delivery", "connectors",
)  # fmt: skip
PER_FLOW = 120


class Cluster:
    """The composed services with the job on them, and a count of what has come out."""

    def __init__(self, root: Path) -> None:
        self.services = Composed(root)
        self.services.start("kafka-1", "kafka-2", "kafka-3")
        self.services.start(*PARTS, *(["prometheus"] if shutil.which("prometheus") else []))
        self.settings = load_settings(root / "jobserver" / "etc" / "settings.yaml")
        self.flink = FlinkRest(f"http://127.0.0.1:{self.services.ports['jobmanager', '8081']}")
        self.tally: Tally | None = None
        self.sent = 0

    def check(self) -> None:
        """Once a second: restart what ended, as the container engine would, and count."""
        time.sleep(0.5)
        self.services.restart_what_ended()
        with suppress(KafkaError, LookupError):
            self.tally = self.tally or Tally(self.settings)
            list(self.tally.update())

    def checkpoints(self) -> Checkpoints | None:
        with suppress(FlinkError):
            if jobs := self.flink.live_jobs():
                return self.flink.checkpoints(jobs[0].id)
        return None

    def runs(self) -> bool:
        """Whether the job that is there now has completed a checkpoint."""
        found = self.checkpoints()
        return bool(found and found.completed)

    def flow(self, every: int = 4) -> Flow:
        """Articles that arrive from now on, of which one in `every` is on topic."""
        flow = Flow(self.settings, self.sent, self.sent + PER_FLOW, rate=6, every=every)
        self.sent += PER_FLOW
        flow.start()
        return flow

    def done(self) -> int:
        return self.tally.done if self.tally else 0

    def settle(self, flow: Flow, timeout: float = 240) -> None:
        """Wait until everything sent has left the pipeline, then hold it against what was due."""
        wait_for(lambda: not flow.is_alive(), self.check, 120, "all articles were sent")
        tally = self.tally
        assert tally
        wait_for(lambda: tally.raw == self.sent and tally.complete(), self.check, timeout, f"all of {self.sent}")
        alerted = {alert.speaker.name for alert in tally.alerts.values() if alert.speaker}
        print(
            f"{tally.raw} raw = {len(tally.outcomes)} outcomes + {len(tally.dead)} dead letters; "
            f"{len(tally.alerts)} alerts, {len(twice_in_topic(self.settings))} twice, "
            f"{len(flow.speakers - alerted)} of {len(flow.speakers)} due in this flow missing"
        )
        assert not tally.dead
        assert flow.speakers <= alerted
        assert twice_in_topic(self.settings) == []

    def kill_halfway(self, flow: Flow, *names: str) -> None:
        """SIGKILL while some of the flow's articles are through and some are not."""
        wanted = self.sent - PER_FLOW + PER_FLOW // 4
        wait_for(lambda: self.done() >= wanted, self.check, 120, "a quarter is through")
        assert flow.is_alive()
        for name in names:
            pid = self.services.processes[name].pid
            assert pid
            os.kill(pid, signal.SIGKILL)
            print(f"killed {name} after {self.done()} of {self.sent}")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    root = tmp_path_factory.mktemp("cluster")
    running = Cluster(root)
    try:
        wait_for(running.runs, running.check, 240, f"the job runs; {running.services.processes['jobserver'].tail(20)}")
        yield running
    finally:
        running.services.stop()
    assert [p for p in psutil.process_iter(["cmdline"]) if str(root) in " ".join(p.info["cmdline"] or [])] == []


def test_work_is_spread_over_four_subtasks(cluster: Cluster) -> None:
    cluster.settle(cluster.flow(every=1))  # only what is on topic reaches the second step
    (job,) = cluster.flink.live_jobs()
    vertices = cluster.flink.vertices(job.id)
    assert {vertex.parallelism for vertex in vertices} == {4}, vertices
    for step in ("Clean", "Dedupe"):
        (vertex,) = [vertex for vertex in vertices if step in vertex.name]

        def counts(vertex: str = vertex.id) -> list[int]:
            return cluster.flink.records_in(job.id, vertex)

        # Flink asks its task managers for these figures every ten seconds.
        wait_for(lambda: sum(counts()) >= PER_FLOW, cluster.check, 60, f"figures of {vertex.name}")
        print(f"records into the four subtasks of {vertex.name}: {counts()}")
        assert min(counts()) > 0.4 * max(counts())


def test_topics_are_kept_three_times(cluster: Cluster) -> None:
    with admin(cluster.settings.kafka) as client:
        found = {topic["name"]: topic["partitions"] for topic in client.describe_topics()}
    assert len(found["articles.raw"]) == cluster.settings.kafka.partitions
    assert all(len(partition["replica_nodes"]) == 3 for partitions in found.values() for partition in partitions)


def test_a_task_manager_is_killed_in_mid_stream(cluster: Cluster) -> None:
    flow = cluster.flow()
    cluster.kill_halfway(flow, "taskmanager-2")
    cluster.settle(flow)
    found = cluster.checkpoints()
    assert found and found.restored >= 1, "the job went on from a checkpoint"


def test_a_kafka_node_is_killed_in_mid_stream(cluster: Cluster) -> None:
    flow = cluster.flow()
    cluster.kill_halfway(flow, "kafka-2")
    cluster.settle(flow)


def test_who_reads_hears_of_a_leader_that_came_back(cluster: Cluster) -> None:
    """kafka-python's `end_offsets` goes on asking the old leader for as long as it believes what it knows."""
    with admin(cluster.settings.kafka) as client:

        def partitions() -> list[dict[str, Any]]:
            return [partition for topic in client.describe_topics() for partition in topic["partitions"]]

        def led_by_two() -> int:
            return sum(partition["leader_id"] == 2 for partition in partitions())

        synced = "all are in sync"
        wait_for(lambda: all(len(found["isr_nodes"]) == 3 for found in partitions()), cluster.check, 90, synced)
        before = led_by_two()
        client.elect_leaders(0, raise_errors=False)
        wait_for(lambda: led_by_two() > before, cluster.check, 30, f"kafka-2 leads more than {before} partitions")
        print(f"kafka-2 led {before} partitions, and leads {led_by_two()}")
    cluster.settle(cluster.flow(), timeout=90)


def test_the_job_manager_is_killed_and_the_job_is_submitted_again(cluster: Cluster) -> None:
    (before,) = cluster.flink.live_jobs()
    flow = cluster.flow()
    cluster.kill_halfway(flow, "jobmanager")
    cluster.settle(flow)
    wait_for(cluster.runs, cluster.check, 120, "the new job completes checkpoints")
    (after,) = cluster.flink.live_jobs()
    assert after.id != before.id
    log = cluster.services.processes["jobserver"].log.read_text(encoding="utf-8")
    assert '"restored_from": "/' in log


def test_the_exporter_counts_every_record_once_and_calls_it_healthy(cluster: Cluster) -> None:
    url = f"http://127.0.0.1:{cluster.services.ports['metrics', '9464']}"

    flow = cluster.flow()
    cluster.settle(flow)
    told = []

    def healthy() -> bool:
        answer = httpx.get(f"{url}/healthz", timeout=30)
        told.append(answer.text)
        return answer.status_code == 200

    try:
        wait_for(healthy, cluster.check, 120, "the run is healthy")
    finally:
        print(f"/healthz: {told[-1].strip()}")
    time.sleep(REFRESH + 2)
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(httpx.get(f"{url}/metrics").text)
        for sample in family.samples
    }
    outcomes = sum(value for key, value in samples.items() if key[0] == "borderwire_outcomes_total")
    alerts = sum(value for key, value in samples.items() if key[0] == "borderwire_alerts_total")
    print(f"exporter: {outcomes:.0f} outcomes, {alerts:.0f} alerts")
    assert cluster.tally
    assert outcomes == cluster.sent
    assert alerts == len(cluster.tally.alerts)


def test_each_kafka_node_serves_the_figures_that_the_rules_ask_for(cluster: Cluster) -> None:
    asked = {name for _, query in queries() for name in re.findall(r"kafka_\w+", query)}
    for node in ("kafka-1", "kafka-2", "kafka-3"):
        text = httpx.get(f"http://127.0.0.1:{cluster.services.ports[node, '9404']}/metrics", timeout=30).text
        served = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
        print(f"{node}: {len(served)} metrics; bytes on disk: {'kafka_log_log_size' in served}")
        assert asked <= served
        assert "kafka_log_log_size" in served


@pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus is not installed")
def test_prometheus_answers_every_query_of_the_dashboards(cluster: Cluster) -> None:
    """Each query is valid; those about what has happened here have an answer."""
    url = f"http://127.0.0.1:{cluster.services.ports['prometheus', '9090']}"
    wait_for(lambda: len(ask(url, "rate(borderwire_outcomes_total[5m])")) > 0, cluster.check, 90, "two scrapes")
    empty = [where for where, query in queries() if not ask(url, query.replace("$__rate_interval", "5m"))]
    print(f"{len(queries())} queries, {len(empty)} without an answer: {', '.join(empty)}")
    answered = {"operations: Healthy", "operations: Lag by partition", "news: Alerts, 24 h", "news: Statements, 24 h"}
    assert answered.isdisjoint(empty)
    targets = httpx.get(f"{url}/api/v1/targets").json()["data"]["activeTargets"]
    assert {target["health"] for target in targets} == {"up"}, targets


def ask(url: str, query: str) -> list[object]:
    answer = httpx.get(f"{url}/api/v1/query", params={"query": query}).json()
    assert answer["status"] == "success", f"{query}: {answer}"
    return list(answer["data"]["result"])
