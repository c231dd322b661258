"""Logs: repeated lines are limited, secrets are masked, and the table in docs/logs.md is complete."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from deploy.logs import BURST, WINDOW, Repeats, hide_secrets
from tests.support.paths import ROOT

LEVELS = {"warning": "warning", "error": "error", "exception": "error", "critical": "error"}


def logged() -> Iterator[tuple[str, str]]:
    """(event, level) of every warning and error in the code."""
    for package in ("schemas", "connectors", "pipelines", "deploy"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                levels = [
                    part.attr
                    for part in ast.walk(node.func)
                    if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "log"
                ]
                for level in LEVELS.keys() & set(levels):
                    event = node.args[0]
                    assert isinstance(event, ast.Constant), f"{path}:{node.lineno}: an event is a constant"
                    yield str(event.value), LEVELS[level]


def test_the_table_has_every_warning_and_error_and_no_other() -> None:
    rows = [row.split(" | ") for row in (ROOT / "docs" / "logs.md").read_text().splitlines() if row.startswith("| `")]
    table = {(row[0].removeprefix("| ").strip("`"), row[1]) for row in rows}
    assert table == set(logged())
    assert all(len(row) == 4 and len(row[3]) > 8 for row in rows)
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), key=str.casefold)


def test_what_fails_a_thousand_times_is_told_a_few_times_and_counted() -> None:
    now = [0.0]
    repeats = Repeats(lambda: now[0])
    through = 0
    for _ in range(1000):
        try:
            repeats(None, "warning", {"event": "polled"})
            through += 1
        except structlog.DropEvent:
            pass
    assert through == BURST
    assert "left_out" not in repeats(None, "error", {"event": "polled"})
    assert "left_out" not in repeats(None, "info", {"event": "polled"})
    now[0] += WINDOW
    assert repeats(None, "warning", {"event": "polled"})["left_out"] == 1000 - BURST


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("sasl_password", "hunter2", "***"),
        ("api_key", "hunter2", "***"),
        ("feed", "https://me:hunter2@a.example/feed", "https://***@a.example/feed"),
        ("error", "https://a.example/f?page=2&token=hunter2 gave 403", "https://a.example/f?…79c6fa gave 403"),
        ("url", "https://a.example/key-west/x.html", "https://a.example/key-west/x.html"),
        ("key", "article-1", "article-1"),
    ],
)
def test_secrets_are_hidden(field: str, value: str, kept: str) -> None:
    assert hide_secrets(None, "info", {field: value})[field] == kept


def test_off_a_terminal_each_event_is_a_line_of_json_and_so_are_those_of_libraries() -> None:
    code = (
        "import logging, structlog; from deploy import logs; logs.configure(libraries=True);"
        "structlog.get_logger().warning('broker_gone', tries=1);"
        "logging.getLogger('apache_beam.x').warning('lost %s', 'it');"
        "\ntry: 1/0\nexcept ZeroDivisionError: structlog.get_logger().exception('poll_broke', feed='f')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["broker_gone", "lost it", "poll_broke"]
    assert [line["level"] for line in lines] == ["warning", "warning", "error"]
    assert "ZeroDivisionError" in lines[2]["exception"]
    assert result.stdout == ""
