"""The command line of a Flink process; the job keeper when the cluster does not answer."""

import os
from pathlib import Path

import pytest
import structlog

from deploy.engine.flink_cluster import BadFlinkConf, bind_address, java_command, memory
from deploy.jars.cache import CLUSTER, fetch
from deploy.jars.java import find_java
from deploy.machine.ports import Ports
from deploy.supervise.cluster_job import keep
from schemas.settings import KafkaSettings, PipelineSettings, Settings
from tests.support.paths import DEPLOY

CONF = DEPLOY / "container" / "flink"


def test_the_command_line_has_options_main_class_and_arguments_in_order() -> None:
    command = java_command(Path("/java"), "taskmanager", Path("/conf"), (["-Xmx1m"], ["-D", "a=b"]))
    main = command.index("org.apache.flink.runtime.taskexecutor.TaskManagerRunner")
    assert command[0] == "/java"
    assert command.index("-Xmx1m") < main
    assert command[main + 1 :] == ["--configDir", "/conf", "-D", "a=b"]


def test_ports_for_others_are_bound_where_the_configuration_says(tmp_path: Path) -> None:
    (tmp_path / "flink-conf.yaml").write_text("taskmanager.bind-host: 10.1.2.3\n", encoding="utf-8")
    assert bind_address("taskmanager", tmp_path) == "10.1.2.3"
    assert bind_address("jobmanager", tmp_path) == "0.0.0.0"
    command = java_command(Path("/java"), "taskmanager", tmp_path, ([], []), bind_address("taskmanager", tmp_path))
    assert "-Dborderwire.bind=10.1.2.3" in command


def test_a_directory_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFlinkConf, match=r"there is no flink-conf\.yaml"):
        bind_address("jobmanager", tmp_path)


@pytest.mark.slow
@pytest.mark.light
class TestMemory:
    """As Flink itself works it out."""

    @pytest.fixture(autouse=True)
    def class_path(self, monkeypatch: pytest.MonkeyPatch) -> None:
        jars = fetch(sets=("flink", CLUSTER))
        monkeypatch.setenv("CLASSPATH", os.pathsep.join(map(str, jars["flink"] + jars[CLUSTER])))

    @pytest.mark.parametrize("role", ["jobmanager", "taskmanager"])
    def test_of_the_configuration_that_containers_have(self, role: str) -> None:
        jvm, dynamic = memory(find_java(), role, CONF)
        assert any(option.startswith("-Xmx") for option in jvm)
        assert any(argument.startswith(f"{role}.memory.") for argument in dynamic)

    def test_of_one_that_cannot_be(self, tmp_path: Path) -> None:
        text = (CONF / "flink-conf.yaml").read_text(encoding="utf-8")
        (tmp_path / "flink-conf.yaml").write_text(text.replace("1536m", "15m"), encoding="utf-8")
        with pytest.raises(BadFlinkConf, match="exceed configured Total Process Memory"):
            memory(find_java(), "taskmanager", tmp_path)


def test_the_keeper_says_what_is_missing_and_ends(tmp_path: Path) -> None:
    port = Ports(tmp_path / "ports.json").get("nobody")
    pipeline = PipelineSettings(flink_master=f"127.0.0.1:{port}")
    kafka = KafkaSettings(bootstrap_servers=f"127.0.0.1:{port}", answer_timeout=1)
    settings = Settings(data=tmp_path, kafka=kafka, pipeline=pipeline)
    with structlog.testing.capture_logs() as told:
        assert keep(settings, "127.0.0.1:8100") == 1
        assert keep(Settings(), "127.0.0.1:8100") == 2
    assert [line["event"] for line in told] == ["stopped", "stopped"]
    assert f"127.0.0.1:{port}: topics cannot be made" in told[0]["reason"]
    assert "set it to host:port" in told[1]["reason"]
