"""Compose file, Kubernetes manifests and image, as far as they can be judged without a container engine.

Schemas: the Compose specification's (as check-jsonschema carries it) and Kubernetes' own (kubernetes-validate). For the
resources of Strimzi and of the Flink operator no package has one: what is checked of them is structure, as far as we
rely on it. The commands themselves are run by test_cluster.py.
"""

import json
import os
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy import compose_secrets as secrets
from deploy.cli import parser as cli
from deploy.config import load_settings
from deploy.jars.cache import CLUSTER, KAFKA_METRICS, read_lock
from deploy.machine.process import CALM
from deploy.metrics.probe import probe
from tests.support.paths import DEPLOY

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"].startswith("borderwire:")}
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
KUBERNETES = DEPLOY / "kubernetes"
CUSTOM = ("kafka.strimzi.io/", "flink.apache.org/", "monitoring.coreos.com/")


def documents(directory: Path = KUBERNETES / "base") -> list[dict[str, Any]]:
    """Every resource of the manifests."""
    names = yaml.safe_load((directory / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    return [doc for name in names for doc in yaml.safe_load_all((directory / name).read_text(encoding="utf-8"))]


MONITORING = documents(KUBERNETES / "monitoring")
PLAIN = [d for d in [*documents(), *documents(KUBERNETES / "delivery")] if not d["apiVersion"].startswith(CUSTOM)]


def pod_specs() -> dict[str, dict[str, Any]]:
    deployments = [doc for doc in PLAIN if doc["kind"] == "Deployment"]
    found = {doc["metadata"]["name"]: doc["spec"]["template"]["spec"] for doc in deployments}
    flink = next(doc["spec"] for doc in documents() if doc["kind"] == "FlinkDeployment")
    found |= {
        doc["metadata"]["name"]: doc["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        for doc in PLAIN
        if doc["kind"] == "CronJob"
    }
    return found | {"flink": flink["podTemplate"]["spec"], "taskmanager": flink["taskManager"]["podTemplate"]["spec"]}


def containers_of_ours() -> list[dict[str, Any]]:
    return [box for spec in pod_specs().values() for box in spec["containers"] if box.get("image") == "borderwire"]


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


class TestKubernetes:
    """deploy/kubernetes."""

    @pytest.mark.parametrize("doc", PLAIN, ids=lambda doc: f"{doc['kind']} {doc['metadata']['name']}")
    def test_plain_resources_follow_the_schema(self, doc: dict[str, Any]) -> None:
        kubernetes_validate.validate(doc, "1.33", strict=True)

    def test_the_pods_of_flink_follow_the_schema_too(self) -> None:
        for name, spec in pod_specs().items():
            boxes = [{"image": "flink", **box} for box in spec["containers"]]
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec | {"containers": boxes}}
            kubernetes_validate.validate(pod, "1.33", strict=True)

    def test_pods_may_do_little_and_have_limits(self) -> None:
        specs = pod_specs()
        for name in specs.keys() - {"taskmanager"}:  # whose template is laid over flink's
            assert specs[name]["securityContext"]["runAsNonRoot"]
        assert len(containers_of_ours()) == len(specs) - 1
        for box in containers_of_ours():
            assert box["securityContext"]["readOnlyRootFilesystem"]
            assert box["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert {"cpu", "memory", "ephemeral-storage"} <= box["resources"]["limits"].keys()
            assert "livenessProbe" in box or box["name"] == "backup"
            assert not box.get("env"), "secrets and settings are files"

    def test_every_pod_is_closed_but_to_those_that_are_named(self) -> None:
        policies = {doc["metadata"]["name"]: doc["spec"] for doc in PLAIN if doc["kind"] == "NetworkPolicy"}
        assert policies.pop("nobody-by-default") == {"podSelector": {}, "policyTypes": ["Ingress"]}
        pods = [doc["spec"]["template"]["metadata"]["labels"] for doc in PLAIN if doc["kind"] == "Deployment"]
        flink = next(doc["metadata"]["name"] for doc in documents() if doc["kind"] == "FlinkDeployment")
        pods.append({"app": flink})
        for name, spec in policies.items():
            assert spec["podSelector"]["matchLabels"] in pods, f"{name} is about no pod of ours"
            assert all(rule["from"] for rule in spec["ingress"]), f"{name} lets everybody in"
        names = {pod["app.kubernetes.io/name"] for pod in pods if "app.kubernetes.io/name" in pod}
        rest = policies["flink"]["ingress"][1]["from"][0]["podSelector"]["matchExpressions"][0]["values"]
        assert set(rest) == {"jobserver", "metrics"} < names
        assert {"page", "metrics", "delivery", "flink"} == policies.keys()
        kafka = next(doc for doc in documents() if doc["kind"] == "Kafka")
        peers = kafka["spec"]["kafka"]["listeners"][0]["networkPolicyPeers"]
        assert set(peers[0]["podSelector"]["matchExpressions"][0]["values"]) == names | {"backup"}
        assert peers[1]["podSelector"]["matchLabels"]["app"] == flink

    def test_commands_are_ones_that_the_program_takes(self) -> None:
        for box in containers_of_ours():
            assert cli.parser().parse_args(box["args"])

    def test_what_is_mounted_is_made_somewhere(self) -> None:
        claims = {doc["metadata"]["name"] for doc in documents() if doc["kind"] == "PersistentVolumeClaim"}
        maps = {"borderwire-settings", "borderwire-feeds", "borderwire-routes", "borderwire-taxonomy"}
        user = next(doc["metadata"]["name"] for doc in documents() if doc["kind"] == "KafkaUser")
        kafka = next(doc["metadata"]["name"] for doc in documents() if doc["kind"] == "Kafka")
        made = claims | maps | {user, f"{kafka}-cluster-ca-cert", "borderwire-desk"}
        for spec in pod_specs().values():
            for volume in spec["volumes"]:
                ways = (("persistentVolumeClaim", "claimName"), ("secret", "secretName"), ("configMap", "name"))
                names = {volume[kind][key] for kind, key in ways if kind in volume}
                assert names <= made
                assert names or "emptyDir" in volume

    @pytest.mark.parametrize("size", ["base", "large"])
    def test_settings_are_read_and_fit_the_manifests(self, size: str) -> None:
        settings = load_settings(KUBERNETES / size / "settings.yaml")
        kafka = next(doc for doc in documents() if doc["kind"] == "Kafka")
        (listener,) = kafka["spec"]["kafka"]["listeners"]
        name = kafka["metadata"]["name"]
        assert settings.kafka.bootstrap_servers == f"{name}-kafka-bootstrap:{listener['port']}"
        assert settings.kafka.sasl_mechanism == listener["authentication"]["type"].upper()
        flink = next(doc for doc in documents() if doc["kind"] == "FlinkDeployment")
        assert settings.pipeline.flink_master == f"{flink['metadata']['name']}-rest:8081"
        assert settings.kafka.partitions % settings.pipeline.parallelism == 0

    def test_flink_is_configured_as_in_the_compose_file(self) -> None:
        """State, checkpoints, restarts and heartbeats are those that the cluster test runs with."""
        flink = next(doc["spec"]["flinkConfiguration"] for doc in documents() if doc["kind"] == "FlinkDeployment")
        conf = yaml.safe_load((DEPLOY / "container" / "flink" / "flink-conf.yaml").read_text(encoding="utf-8"))
        common = flink.keys() & conf.keys()
        assert len(common) >= 10
        assert {key: str(conf[key]).lower() for key in common} == {key: str(flink[key]).lower() for key in common}

    def test_flinks_account_may_what_two_job_managers_need_and_no_more(self) -> None:
        """Flink's documentation names pods and config maps for native Kubernetes with high availability."""
        by_kind = {doc["kind"]: doc for doc in documents() if doc["metadata"]["name"] == "flink"}
        flink = next(doc["spec"] for doc in documents() if doc["kind"] == "FlinkDeployment")
        binding, role = by_kind["RoleBinding"], by_kind["Role"]
        assert binding["subjects"] == [
            {"kind": "ServiceAccount", "name": flink["serviceAccount"], "namespace": "borderwire"}
        ]
        assert binding["roleRef"]["name"] == role["metadata"]["name"] == by_kind["ServiceAccount"]["metadata"]["name"]
        allowed = {resource for rule in role["rules"] for resource in rule["resources"]}
        assert allowed == {"pods", "configmaps", "deployments", "deployments/finalizers"}
        assert flink["jobManager"]["replicas"] == 2
        conf = flink["flinkConfiguration"]
        assert conf["high-availability.type"] == "kubernetes"
        mounts = flink["podTemplate"]["spec"]["containers"][0]["volumeMounts"]
        shared = [mount["mountPath"] for mount in mounts if mount["name"] == "flink-state"]
        assert any(conf["high-availability.storageDir"].startswith(f"file://{path}/") for path in shared)

    def test_nodes_can_be_drained_and_no_node_holds_all_of_a_kind(self) -> None:
        flink = next(doc for doc in documents() if doc["kind"] == "FlinkDeployment")
        budgets = [doc["spec"] for doc in documents() if doc["kind"] == "PodDisruptionBudget"]
        spread = {}
        for part in ("jobManager", "taskManager"):
            affinity = flink["spec"][part]["podTemplate"]["spec"]["affinity"]["podAntiAffinity"]
            (rule,) = affinity["preferredDuringSchedulingIgnoredDuringExecution"]
            spread[part.lower()] = rule["podAffinityTerm"]["labelSelector"]["matchLabels"]
            assert rule["podAffinityTerm"]["topologyKey"] == "kubernetes.io/hostname"
        assert [budget["selector"]["matchLabels"] for budget in budgets] == list(spread.values())
        assert {budget["maxUnavailable"] for budget in budgets} == {1}
        assert all(labels["app"] == flink["metadata"]["name"] for labels in spread.values())
        assert all(labels["component"] == part for part, labels in spread.items())
        pool = next(doc for doc in documents() if doc["kind"] == "KafkaNodePool")
        (rule,) = pool["spec"]["template"]["pod"]["affinity"]["podAntiAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]
        cluster = pool["metadata"]["labels"]["strimzi.io/cluster"]
        assert rule["labelSelector"]["matchLabels"]["strimzi.io/cluster"] == cluster

    def test_what_prometheus_reads_is_what_is_served(self) -> None:
        services = {doc["metadata"]["name"]: doc for doc in PLAIN if doc["kind"] == "Service"}
        monitors = [doc["spec"] for doc in MONITORING if doc["kind"] == "ServiceMonitor"]
        jobs = {}
        for spec in monitors:
            (service,) = [
                doc for doc in services.values()
                if doc["metadata"].get("labels", {}).items() >= spec["selector"]["matchLabels"].items()
            ]  # fmt: skip
            (endpoint,) = spec["endpoints"]
            assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
            jobs[endpoint["relabelings"][0]["replacement"]] = service["metadata"]["name"]
        scraped = yaml.safe_load((DEPLOY / "container" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
        names = {config["job_name"] for config in scraped["scrape_configs"]}
        pods = {
            doc["spec"]["podMetricsEndpoints"][0]["relabelings"][0]["replacement"]
            for doc in MONITORING
            if doc["kind"] == "PodMonitor"
        }
        assert jobs.keys() | pods == names
        assert jobs == {"borderwire": "metrics", "delivery": "delivery"}

    def test_the_rules_are_those_of_the_compose_file(self) -> None:
        (rule,) = [doc for doc in MONITORING if doc["kind"] == "PrometheusRule"]
        rules = yaml.safe_load((DEPLOY / "container" / "prometheus" / "rules.yaml").read_text(encoding="utf-8"))
        assert rule["spec"] == rules

    def test_an_alert_reaches_a_person(self) -> None:
        (config,) = [doc["spec"] for doc in MONITORING if doc["kind"] == "AlertmanagerConfig"]
        receivers = {receiver["name"]: receiver for receiver in config["receivers"]}
        for route in [config["route"], *config["route"]["routes"]]:
            assert receivers[route["receiver"]]["emailConfigs"][0]["authPassword"]["name"] == "borderwire-alertmanager"
        conf = yaml.safe_load((DEPLOY / "container" / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8"))
        (webhook,) = conf["receivers"][0]["webhook_configs"]
        assert Path(webhook["url_file"]).name in COMPOSE["services"]["alertmanager"]["secrets"]
        assert conf["route"]["receiver"] == conf["receivers"][0]["name"]

    @pytest.mark.skipif(not shutil.which("amtool"), reason="amtool is not installed (Debian: prometheus-alertmanager)")
    def test_alertmanager_takes_its_configuration(self, tmp_path: Path) -> None:
        text = (DEPLOY / "container" / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8")
        path = tmp_path / "alertmanager.yml"
        path.write_text(text.replace("url_file: /run/secrets/alert_webhook", "url: http://127.0.0.1:1/"))  # new in 0.26
        result = subprocess.run(["amtool", "check-config", str(path)], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        run = [
            "amtool",
            "config",
            "routes",
            "test",
            f"--config.file={path}",
            "severity=critical",
            "alertname=NotHealthy",
        ]
        assert subprocess.run(run, capture_output=True, text=True).stdout.strip() == "on-call"

    @pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
    @pytest.mark.parametrize("size", ["base", "large"])
    def test_kustomize_renders_it(self, size: str) -> None:
        result = subprocess.run(["kubectl", "kustomize", str(KUBERNETES / size)], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        docs = list(yaml.safe_load_all(result.stdout))
        assert {doc["metadata"].get("namespace", "borderwire") for doc in docs} == {"borderwire"}
        images = set(re.findall(r"image: (\S+)", result.stdout))
        assert images == {"registry.example/borderwire:0.1.0", "flink:1.19.3-scala_2.12-java17"}
        if size == "large":
            flink = next(doc for doc in docs if doc["kind"] == "FlinkDeployment")
            assert flink["spec"]["flinkConfiguration"]["taskmanager.numberOfTaskSlots"] == "4"


def test_a_probe_tells_what_does_not_answer() -> None:
    assert "127.0.0.1:1" in str(probe("127.0.0.1:1"))
    assert "nonsense" in str(probe("nonsense"))
    assert "No such file" in str(probe("/nowhere/beat"))


def test_a_probe_takes_a_file_for_a_sign_of_life_while_it_is_fresh(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    beat.touch()
    assert probe(str(beat)) is None
    os.utime(beat, (0, 0))
    assert "s ago" in str(probe(str(beat)))
