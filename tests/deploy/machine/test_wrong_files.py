"""Files with unexpected content: one line of error and an exit code, never a traceback."""

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connectors.delivery.routes import BadRoutes, load_routes
from connectors.errors import BadFeedList
from connectors.feeds.feedlist import load_feeds
from deploy.cli.parser import main
from deploy.machine.instance import BadNote, kill_leftovers, read_note
from deploy.machine.ports import Ports
from deploy.metrics.exporter import load_counts
from deploy.supervise.stop import read_result, take_request
from schemas.yaml_file import BadYaml, read_yaml
from tests.support.paths import ROOT

GOOD = {"pid": 1, "started": 1.0, "version": "0.1.0", "kafka": "127.0.0.1:9", "parts": {}}
WRONG = [
    "[]", "5", "null", '{"pid": "x"}', "{}", json.dumps(GOOD | {"pid": None}),
    json.dumps(GOOD | {"pid": -4}), json.dumps(GOOD | {"started": "noon"}), json.dumps(GOOD | {"kafka": [1]}),
    json.dumps(GOOD | {"parts": [1]}), json.dumps(GOOD | {"parts": {"flink": 7}}), json.dumps(GOOD | {"restarts": "x"}),
    json.dumps(GOOD | {"parts": {"flink": {"pid": "1"}}}), json.dumps(GOOD | {"version": 3}),
]  # fmt: skip
COMMANDS = [
    ["status"], ["stop"], ["feeds"], ["subscribe"], ["export"], ["trace", "x"], ["mark", "x", "wrong"], ["metrics"],
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_run_json_of_other_types_is_one_line_and_exit_code_2(text, tmp_path, capsys):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(BadNote, match="run.json"):
        read_note(tmp_path)
    for command in COMMANDS:
        assert main([*command, "--data", str(tmp_path)]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1 and "run.json" in err and len(err) < 700
    with capture_logs() as logs:
        kill_leftovers(tmp_path)
    assert [log["event"] for log in logs] == ["run.json is written anew"]


OTHER = ["", "{", "\\ud800", "[" * 100_000, '{"a": "x"}', '{"counts": {}, "places": []}', '{"a": 1e999}']


@pytest.mark.parametrize("text", [*WRONG, *OTHER])
def test_other_files_are_left_aside(text, tmp_path):
    for name in ("ports.json", "metrics.json", "run/stop.json", "run/stopped.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with capture_logs():
        Ports(tmp_path / "ports.json")
        load_counts(tmp_path / "metrics.json")
    assert take_request(tmp_path) is False
    assert isinstance(read_result(tmp_path), dict)


@pytest.mark.parametrize("text", ["kafka:", "kafka: [", "5", "data: 2026-13-45", "page: {port: x}", "[" * 20_000, "\0"])
def test_wrong_settings_are_said_in_a_line_each(text, tmp_path, capsys):
    (tmp_path / "settings.yaml").write_text(text)
    for command in (*COMMANDS, ["run"], ["poll"], ["deliver"], ["page"], ["doctor"]):
        assert main([*command, "--data", str(tmp_path), "--config", str(tmp_path / "settings.yaml")]) == 2
        err = capsys.readouterr().err
        assert err.startswith("borderwire: ") and "Traceback" not in err


@given(st.binary() | st.text().map(str.encode))
def test_whatever_a_yaml_file_holds_there_is_one_error(data):
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(data)
        file.flush()
        path = Path(file.name)
        for read, error in ((read_yaml, BadYaml), (load_feeds, BadFeedList), (lambda p: load_routes(p, ()), BadRoutes)):
            with contextlib.suppress(error):
                read(path)


def test_a_file_without_an_end_and_names_that_are_none():
    for name in ("/dev/zero", "/nothing", "/", "x\0y"):
        with pytest.raises(BadYaml):
            read_yaml(Path(name))


def test_a_mistake_of_ours_is_one_line_with_its_place(tmp_path):
    code = (
        "import deploy.supervise.status as s\ndef broken(*_): raise TypeError('https://me:hunter2@a.example')\n"
        "s.status = broken\nfrom deploy.cli.parser import main\nimport sys\nsys.exit(main(sys.argv[1:]))"
    )
    for level, traced in (("info", False), ("debug", True)):
        words = [sys.executable, "-c", code, "status", "--data", str(tmp_path), "--log-level", level]
        result = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
        assert result.returncode == 1 and "hunter2" not in result.stderr
        assert ("Traceback" in result.stderr) == traced and "TypeError" in result.stderr
