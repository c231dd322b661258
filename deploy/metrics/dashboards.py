"""Writes the Grafana dashboards as JSON, from the tables in `panels.py`.

`python -m deploy.metrics.dashboards` writes the files that Grafana loads. A test compares them with the tables.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.metrics.panels import COVERAGE, NEWS, OPERATIONS, Panel

DIRECTORY = Path(__file__).parents[1] / "container" / "grafana" / "dashboards"
SOURCE = {"type": "prometheus", "uid": "prometheus"}
WIDTH = 24
BOARDS = {
    "operations": ("Borderwire: operations", "now-6h", OPERATIONS),
    "coverage": ("Borderwire: coverage", "now-24h", COVERAGE),
    "news": ("Borderwire: news", "now-7d", NEWS),
}


def board(name: str) -> dict[str, Any]:
    """A dashboard in Grafana's JSON format."""
    title, since, panels = BOARDS[name]
    return {
        "uid": f"borderwire-{name}",
        "title": title,
        "tags": ["borderwire"],
        "timezone": "browser",
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": since, "to": "now"},
        "links": [{"type": "dashboards", "tags": ["borderwire"], "title": "Borderwire", "asDropdown": False}],
        "templating": {"list": []},
        "annotations": {"list": []},
        "panels": [drawn(number, panel, place) for number, (panel, place) in enumerate(placed_panels(panels), 1)],
    }


def placed_panels(panels: Sequence[Panel]) -> list[tuple[Panel, dict[str, int]]]:
    """Each panel with its grid position, row by row."""
    found, x, y, tallest = [], 0, 0, 0
    for panel in panels:
        if x + panel.width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        found.append((panel, {"x": x, "y": y, "w": panel.width, "h": panel.height}))
        x, tallest = x + panel.width, max(tallest, panel.height)
    return found


def drawn(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    table = panel.kind == "table"
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad is not None:
        steps = [
            {"color": "red" if panel.low else "green", "value": None},
            {"color": "green" if panel.low else "red", "value": panel.bad},
        ]
    shown = {key: {"text": text, "index": index} for index, (key, text) in enumerate(panel.mappings.items())}
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if shown:
        defaults["mappings"] = [{"type": "value", "options": shown}]
    drawing: dict[str, Any] = {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + at),
                "datasource": SOURCE,
                "expr": query,
                "legendFormat": legend,
                "instant": panel.kind != "timeseries",
                "range": panel.kind == "timeseries",
                **({"format": "table"} if table else {}),
            }
            for at, (legend, query) in enumerate(panel.queries.items())
        ],
    }
    if panel.kind == "bargauge":
        drawing["options"] = {
            "orientation": "horizontal",
            "displayMode": "basic",
            "reduceOptions": {"calcs": ["lastNotNull"], "values": False},
        }
    if table:
        hidden = {"Time": True, "__name__": True, "instance": True, "job": True}
        drawing["transformations"] = [
            {"id": "organize", "options": {"excludeByName": hidden}},
            {"id": "sortBy", "options": {"sort": [{"field": "Value", "desc": True}]}},
        ]
    return drawing


def write(directory: Path = DIRECTORY) -> list[Path]:
    """Write every dashboard; returns the paths."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for name in BOARDS:
        files.append(directory / f"{name}.json")
        files[-1].write_text(json.dumps(board(name), indent=1) + "\n", encoding="utf-8")
    return files


if __name__ == "__main__":
    for written in write():
        print(written)
