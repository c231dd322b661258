"""Compose file, Dockerfile and Kubernetes manifests as data, for the tests of each."""

from pathlib import Path
from typing import Any

import yaml

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
