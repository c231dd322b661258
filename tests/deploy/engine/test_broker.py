"""The broker of one machine: what other tests with a broker do not cover."""

import subprocess
import uuid
from collections import Counter
from pathlib import Path

import pytest

from connectors.kafka import Publisher
from deploy.engine import broker as deployed
from deploy.engine import kafka_storage
from deploy.engine.class_data import ClassData
from deploy.jars.cache import fetch
from deploy.jars.java import find_java
from deploy.machine.ports import Ports
from tests.support.brokers import broker
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.light, pytest.mark.timeout(180)]


def test_a_cluster_id_may_begin_with_a_dash(tmp_path, monkeypatch) -> None:
    """One in 64 does: Kafka's tool took it for an option, and the first start of `borderwire run` failed."""
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(bytes=b"\xf8" + bytes(15)))
    with broker(tmp_path) as (_, settings):
        written = (settings.data / "kafka" / "meta.properties").read_text()
    assert "cluster.id=-" in written


def test_what_is_acknowledged_is_on_the_disk(tmp_path, monkeypatch) -> None:
    """Kafka's recovery point is where its flushed records end; it tells of it each minute, here each half second."""
    told = {"log.flush.offset.checkpoint.interval.ms": 500, "log.initial.task.delay.ms": 500}
    monkeypatch.setattr(deployed, "PROPERTIES", deployed.PROPERTIES | told)
    with broker(tmp_path) as (_, settings):
        publisher = Publisher(settings.kafka)
        for number in range(40):
            publisher.publish([("articles.raw", str(number), b"x"), ("feeds.state", str(number), b"x")])
        until(lambda: flushed(settings.data) == {"articles.raw": 40, "feeds.state": 40})
        publisher.close()


def flushed(data: Path) -> dict[str, int]:
    """Records on the disk by topic, of those that have any: lines of "topic partition offset" after two of a header."""
    counted: Counter[str] = Counter()
    for line in (data / "kafka" / "recovery-point-offset-checkpoint").read_text().splitlines()[2:]:
        topic, _, offset = line.split()
        counted[topic] += int(offset)
    return {topic: count for topic, count in counted.items() if count}


def test_the_second_data_directory_is_formatted_without_kafkas_tool(tmp_path, monkeypatch) -> None:
    """With what the tool wrote for the first one; a copy in the cache that changed since is not used."""
    jars, java = fetch(sets=("kafka",))["kafka"], find_java()
    cache = ClassData("kafka", java, jars, tmp_path / "cache", tmp_path / "kafka.classes")
    cache.cache.mkdir()

    def start(name: str) -> dict[str, str]:
        server = deployed.Broker(tmp_path / name, jars, Ports(tmp_path / name / "ports.json"), java, cache)
        try:
            server.start()
            server.wait_ready()
        finally:
            server.stop()
        lines = (tmp_path / name / "kafka" / "meta.properties").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if not line.startswith("#"))

    first = start("first")
    with monkeypatch.context() as without:
        without.setattr(subprocess, "run", None)
        second = start("second")
    assert first.keys() == second.keys()
    assert not {first["cluster.id"], first["directory.id"]} & {second["cluster.id"], second["directory.id"]}
    (kept,) = cache.cache.glob("*.bootstrap")
    kept.write_bytes(kept.read_bytes()[:-1])
    assert not kafka_storage.format_from(cache, tmp_path / "third", 1)
    assert not (tmp_path / "third").exists()
