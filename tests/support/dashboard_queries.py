"""The panels of the dashboards, the alert rules, and every query that they hold."""

from typing import Any

import yaml

from deploy.metrics import dashboards
from tests.support.paths import DEPLOY

CONTAINER = DEPLOY / "container"
RULES = yaml.safe_load((CONTAINER / "prometheus" / "rules.yaml").read_text(encoding="utf-8"))["groups"]


def panels() -> list[tuple[str, dict[str, Any]]]:
    return [(name, panel) for name in dashboards.BOARDS for panel in dashboards.board(name)["panels"]]


def queries() -> list[tuple[str, str]]:
    shown = [(f"{name}: {panel['title']}", target["expr"]) for name, panel in panels() for target in panel["targets"]]
    return shown + [(rule.get("alert") or rule["record"], rule["expr"]) for group in RULES for rule in group["rules"]]
