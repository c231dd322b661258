"""Kubernetes manifests, as far as they can be judged without a cluster.

The schemas are Kubernetes' own (kubernetes-validate). For the resources of Strimzi and of the Flink operator no package
has one: what is checked of them is structure, as far as we rely on it.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.cli import parser as cli
from deploy.config import load_settings
from tests.support.manifests import COMPOSE, KUBERNETES, MONITORING, PLAIN, containers_of_ours, documents, pod_specs
from tests.support.paths import DEPLOY


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

    def test_workers_keep_snapshots_where_the_settings_say_and_may_write_there(self) -> None:
        spec = pod_specs()["taskmanager"]
        (workers,) = [box for box in spec["containers"] if box["name"] == "workers"]
        (mount,) = [mount for mount in workers["volumeMounts"] if mount["name"] == "snapshots"]
        data = load_settings(KUBERNETES / "base" / "settings.yaml").data
        assert mount == {"name": "snapshots", "mountPath": f"{data}/snapshots"}
        (volume,) = [volume for volume in spec["volumes"] if volume["name"] == "snapshots"]
        assert "emptyDir" in volume

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
