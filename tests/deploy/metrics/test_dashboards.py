"""Dashboards and alert rules ask only for what the exporter serves, in PromQL that Prometheus reads."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.metrics_core import Metric

from deploy.alerts.route_workers import DeliveryFigures
from deploy.engine.flink_rest import Checkpoints
from deploy.metrics import dashboards
from deploy.metrics.counts import Counts
from deploy.metrics.families import of_counts, of_feeds, of_sight
from deploy.metrics.health import Sight
from tests.support.dashboard_queries import CONTAINER, RULES, queries
from tests.support.paths import ROOT

RUNBOOK = ROOT / "docs" / "runbook.md"
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",), "info": ("_info",)}


def families() -> list[Metric]:
    checkpoints = Checkpoints(completed=1, failed=0, restored=0, completed_at=1.0, size=1, path="", seconds=1.0)
    sight = Sight(at=1.0, checkpoints=checkpoints, free=1, paused=None)
    return [*of_counts(Counts()), *of_feeds([]), *of_sight(sight, {}, {}), *DeliveryFigures({}).collect()]


def served() -> dict[str, set[str]]:
    """Metric name as Prometheus has it → its labels."""
    labels = {family.name: set(getattr(family, "_labelnames", ())) for family in families()}
    return {
        family.name + suffix: labels[family.name] | ({"le"} if suffix == "_bucket" else set())
        for family in families()
        for suffix in SUFFIXES[family.type]
    }


@pytest.mark.parametrize(("where", "query"), queries())
def test_queries_ask_for_metrics_and_labels_that_are_served(where: str, query: str) -> None:
    known = served()
    recorded = {rule["record"] for group in RULES for rule in group["rules"] if "record" in rule}
    names = re.findall(r"borderwire(?:_\w+|:[\w:]+)", query)
    # What Flink and Kafka serve is looked at in tests/whole/test_cluster.py.
    assert names or re.search(r"flink_|kafka_|up\{", query)
    assert set(names) <= known.keys() | recorded, where
    labels = set().union(*(known.get(name, set()) for name in names))
    grouped = {label for group in re.findall(r"by \(([^)]*)\)", query) for label in re.split(r",\s*", group)}
    inside = " ".join(re.findall(r"borderwire_\w+\{([^}]*)\}", query))
    matched = set(re.findall(r"(\w+)[=!]", inside))
    assert grouped | matched <= labels, where


def test_the_files_are_what_the_table_says() -> None:
    for name in dashboards.BOARDS:
        file = json.loads((dashboards.DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))
        assert file == dashboards.board(name), "run python -m deploy.metrics.dashboards"


@pytest.mark.parametrize("name", dashboards.BOARDS)
def test_panels_fill_rows_without_overlap(name: str) -> None:
    cells: set[tuple[int, int]] = set()
    for panel in dashboards.board(name)["panels"]:
        at = panel["gridPos"]
        own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= dashboards.WIDTH
        assert not own & cells, panel["title"]
        cells |= own


def test_the_runbook_has_a_part_for_each_alert_and_no_other() -> None:
    alerts = [rule for group in RULES for rule in group["rules"] if "alert" in rule]
    headings = re.findall(r"^## (\w+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [rule["alert"] for rule in alerts], "in the order of the rules"
    for rule in alerts:
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("warning", "critical")


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)")
class TestByPromtool:
    """What Prometheus itself says."""

    def test_rules_fire_when_they_should_and_only_then(self) -> None:
        run = ["promtool", "test", "rules", "rules_test.yaml"]
        result = subprocess.run(run, cwd=CONTAINER / "prometheus", capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr

    def test_each_alert_is_tried(self) -> None:
        tried = (CONTAINER / "prometheus" / "rules_test.yaml").read_text(encoding="utf-8")
        for group in RULES:
            for rule in group["rules"]:
                assert "record" in rule or f'alertname="{rule["alert"]}"' in tried

    def test_the_configuration_is_read(self) -> None:
        run = ["promtool", "check", "config", str(CONTAINER / "prometheus" / "prometheus.yml")]
        result = subprocess.run(run, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr

    def test_the_queries_of_all_panels_parse(self, tmp_path: Path) -> None:
        shown = [query.replace("$__rate_interval", "1m") for _, query in queries()]
        rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(shown)]
        (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
        run = ["promtool", "check", "rules", str(tmp_path / "panels.yaml")]
        result = subprocess.run(run, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
