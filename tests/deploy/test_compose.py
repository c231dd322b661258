"""Compose file and image, as far as they can be judged without a container engine.

The schema is the Compose specification's, as check-jsonschema carries it. The commands are run by test_cluster.py and
test_built_image.py.
"""

import json
import re
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from deploy import compose_secrets as secrets
from deploy.cli import parser as cli
from deploy.config import load_settings
from deploy.jars.cache import CLUSTER, KAFKA_METRICS, read_lock
from deploy.machine.process import CALM
from tests.support.manifests import (
    COMPOSE,
    DOCKERFILE,
    OURS,
)
from tests.support.paths import DEPLOY


class TestCompose:
    """deploy/compose.yaml."""

    def test_it_follows_the_compose_specification(self) -> None:
        schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
        jsonschema.validate(COMPOSE, json.loads(schema.read_text(encoding="utf-8")))

    def test_every_part_is_there(self) -> None:
        numbered = {"kafka-1", "kafka-2", "kafka-3", "taskmanager-1", "taskmanager-2", "workers-1", "workers-2"}
        others = {"jobmanager", "jobserver", "connectors", "delivery", "metrics", "page", "alertmanager"}
        others |= {"prometheus", "grafana", "kafka-metrics"}
        assert numbered | others <= COMPOSE["services"].keys()

    @pytest.mark.parametrize("name", COMPOSE["services"])
    def test_every_service_restarts_and_has_limits(self, name: str) -> None:
        service = COMPOSE["services"][name]
        assert service["restart"] == "unless-stopped"
        assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys()

    @pytest.mark.parametrize("name", [name for name in COMPOSE["services"] if not name.startswith("node-")])
    def test_every_service_has_a_health_check(self, name: str) -> None:
        assert COMPOSE["services"][name]["healthcheck"]["test"][0] == "CMD"

    def test_workers_keep_snapshots_where_the_settings_say_and_may_write_there(self) -> None:
        place = load_settings(DEPLOY / "container" / "settings.yaml").data / "snapshots"
        for name in ("workers-1", "workers-2"):
            assert f"snapshots:{place}" in COMPOSE["services"][name]["volumes"]
        assert "snapshots" in COMPOSE["volumes"]
        # A named volume takes the owner of the directory that it is mounted on.
        owned = re.search(r"install -d -o borderwire -g borderwire(.+?)\nCOPY", DOCKERFILE, re.DOTALL)
        assert owned and str(place) in owned[1]

    @pytest.mark.parametrize("name", OURS)
    def test_ours_may_do_little(self, name: str) -> None:
        assert OURS[name]["read_only"]
        assert OURS[name]["cap_drop"] == ["ALL"]
        assert "privileged" not in OURS[name]
        assert "user" not in OURS[name], "the image's own user, which is not root"

    @pytest.mark.parametrize("name", [name for name, service in OURS.items() if "command" in service])
    def test_commands_are_ones_that_the_program_takes(self, name: str) -> None:
        assert cli.parser().parse_args(OURS[name]["command"])

    @pytest.mark.parametrize("name", COMPOSE["services"])
    def test_no_secret_stands_in_the_environment(self, name: str) -> None:
        for key, value in COMPOSE["services"][name].get("environment", {}).items():
            assert "PASSWORD" not in key or (key.endswith("__FILE") and value.startswith("/run/secrets/"))
            assert "password=" not in str(value)

    def test_secrets_are_files_that_a_command_makes(self, tmp_path: Path) -> None:
        written = {path.name for path in secrets.make(tmp_path)}
        asked_of_the_operator = {"desk_url", "alert_webhook"}
        assert written | asked_of_the_operator == {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
        assert (tmp_path / "kafka_password").read_text() in (tmp_path / "kafka_jaas.conf").read_text()
        assert secrets.make(tmp_path) == [], "what is there stays"

    def test_volumes_and_secrets_that_are_used_are_declared(self) -> None:
        for service in COMPOSE["services"].values():
            assert set(service.get("secrets", ())) <= COMPOSE["secrets"].keys()
            named = {v.partition(":")[0] for v in service.get("volumes", ()) if re.match(r"[a-z]", v)}
            assert named <= COMPOSE["volumes"].keys()

    def test_only_what_must_reaches_out_of_its_internal_networks(self) -> None:
        networks = {name: (declared or {}).get("internal", False) for name, declared in COMPOSE["networks"].items()}
        assert [name for name, internal in networks.items() if not internal] == ["outside"]
        outside = set()
        for name, service in COMPOSE["services"].items():
            if "network_mode" in service:
                assert service["network_mode"].removeprefix("service:") in {"none", *COMPOSE["services"]}
                continue
            assert set(service["networks"]) <= networks.keys()
            outside |= {name} if "outside" in service["networks"] else set()
            for port in service.get("ports", ()):
                assert port.startswith("127.0.0.1:"), f"{name} is published to other machines"
        assert outside == {"connectors", "delivery", "page", "alertmanager", "prometheus", "grafana"}
        takes_orders = {name for name, service in COMPOSE["services"].items() if "flink" in service.get("networks", ())}
        assert takes_orders == {"jobmanager", "node-1", "node-2", "jobserver", "metrics"}

    def test_ports_that_others_connect_to_are_fixed(self) -> None:
        """A port that the system picks is bound to loopback, where no other container reaches it."""
        conf = yaml.safe_load((DEPLOY / "container" / "flink" / "flink-conf.yaml").read_text(encoding="utf-8"))
        fixed = {str(value) for key, value in conf.items() if key.endswith(".port")}
        exposed = {*COMPOSE["services"]["jobmanager"]["expose"], *COMPOSE["services"]["node-1"]["expose"]}
        assert fixed == exposed
        assert {"taskmanager.data.port", "taskmanager.rpc.port", "blob.server.port"} <= conf.keys()

    def test_slots_are_as_many_as_the_parallelism(self) -> None:
        conf = yaml.safe_load((DEPLOY / "container" / "flink" / "flink-conf.yaml").read_text(encoding="utf-8"))
        managers = sum(name.startswith("taskmanager-") for name in OURS)
        settings = load_settings(DEPLOY / "container" / "settings.yaml")
        assert managers * conf["taskmanager.numberOfTaskSlots"] == settings.pipeline.parallelism
        assert settings.kafka.partitions % settings.pipeline.parallelism == 0


class TestImage:
    """deploy/Dockerfile."""

    def test_it_has_two_stages_and_ends_as_another_user_than_root(self) -> None:
        stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
        assert stages == ["${BASE}", "${BASE}"]
        user = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
        assert user and user[-1] not in ("root", "0")

    def test_what_it_runs_and_copies_exists(self) -> None:
        for path in re.findall(r"^COPY (?!--from)(\S+) \S+$", DOCKERFILE, re.MULTILINE):
            assert (DEPLOY.parent / path).exists()
        (sets,) = re.findall(r"python -m deploy\.jars (.+)$", DOCKERFILE, re.MULTILINE)
        assert set(sets.split()) == {"flink", CLUSTER, KAFKA_METRICS} <= read_lock().keys()
        assert re.findall(r"^ENTRYPOINT (.+)$", DOCKERFILE, re.MULTILINE) == ['["borderwire"]']

    def test_malloc_is_told_what_it_is_told_on_one_machine(self) -> None:
        (told,) = re.findall(r"^ENV (MALLOC.+)$", DOCKERFILE, re.MULTILINE)
        assert dict(pair.split("=") for pair in told.split()) == CALM

    def test_directories_of_volumes_belong_to_its_user(self) -> None:
        (made,) = re.findall(
            r"install -d -o borderwire -g borderwire (.+)$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE
        )
        volumes = [volume for service in OURS.values() for volume in service.get("volumes", ())]
        written = {volume.split(":")[-1] for volume in volumes if not volume.endswith(":ro")}
        assert written <= set(made.split())
