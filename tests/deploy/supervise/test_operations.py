"""OPERATIONS.md, line by line: its `sh` blocks are run in order, in one shell, against feeds on loopback."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from connectors.feeds.feedlist import dump_feeds
from deploy.errors import WRONG
from tests.support.paths import ROOT
from tests.support.stream import Stream

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def blocks() -> list[str]:
    text = (ROOT / "OPERATIONS.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_block_works(tmp_path: Path) -> None:
    stream = Stream(rate=1)
    stream.publish()
    feeds, config = tmp_path / "feeds.yaml", tmp_path / "config.yaml"
    feeds.write_text(dump_feeds(stream.feeds), encoding="utf-8")
    connectors = {"interval": 2, "min_interval": 2, "fetch_pages": False, "allow_networks": ["127.0.0.0/8"]}
    # A run is healthy with its first checkpoint.
    settings = {"connectors": connectors, "pipeline": {"checkpoint_interval": "2s"}}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    script = "\n".join(blocks())
    for name, value in (("DATA", tmp_path / "data"), ("FEEDS", feeds)):
        script, count = re.subn(rf"^export {name}=.*$", f"export {name}={value}", script, flags=re.MULTILINE)
        assert count == 1
    script = re.sub(r"^(borderwire (?:run|feeds check)) ", rf"\1 --config {config} ", script, flags=re.MULTILINE)
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = ["bash", "-euxo", "pipefail", "-c", f"PS4='+ $SECONDS s: '\ncd {tmp_path}\n{script}"]
    try:
        # Into a file: what runs in the background would keep a pipe open.
        with (tmp_path / "shell.log").open("wb") as out:
            code = subprocess.run(shell, env=env, stdout=out, stderr=subprocess.STDOUT, timeout=380).returncode
        assert code == 0, (tmp_path / "shell.log").read_text()[-4000:] + (tmp_path / "run.log").read_text()[-2000:]
    finally:
        stream.close()
        for process in psutil.process_iter(["cmdline"]):
            if str(tmp_path) in " ".join(process.info["cmdline"] or []):
                process.kill()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
def test_the_unit_is_one_that_systemd_takes_with_an_environment_anywhere(tmp_path: Path) -> None:
    """With the command of OPERATIONS.md, from a checkout in another place."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "borderwire").symlink_to("/bin/true")
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "borderwire.service", tmp_path / "deploy")
    text = (ROOT / "OPERATIONS.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^    (sed .+\n.+) > /etc/\S+$", text, re.MULTILINE)
    unit = tmp_path / "borderwire.service"
    subprocess.run(f"{command} > {unit}", shell=True, check=True, cwd=tmp_path)
    assert "/opt/" not in re.sub(r"^#.*$", "", unit.read_text(encoding="utf-8"), flags=re.MULTILINE)
    result = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60)
    assert result.stderr == ""


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
def test_the_unit_gives_up_what_it_does_not_need() -> None:
    """systemd rates it 4.0 of 10 at most; a unit that says nothing has 9.6."""
    unit = ROOT / "deploy" / "borderwire.service"
    rate = ["systemd-analyze", "security", "--offline=true", "--threshold=40", "--no-pager", unit]
    result = subprocess.run(rate, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout.splitlines()[-1:] or result.stderr


def test_the_unit_restarts_what_may_come_right_and_nothing_that_only_the_operator_can_mend() -> None:
    """The exit codes of OPERATIONS.md."""
    text = (ROOT / "deploy" / "borderwire.service").read_text(encoding="utf-8")
    (never,) = re.findall(r"^RestartPreventExitStatus=(.+)$", text, re.MULTILINE)
    assert {int(code) for code in never.split()} == {WRONG}
    assert re.findall(r"^Restart=(.+)$", text, re.MULTILINE) == ["on-failure"]  # after FAILED and a killed process
    operations = (ROOT / "OPERATIONS.md").read_text(encoding="utf-8")
    (told,) = re.findall(rf"^\| {WRONG} \| (.+?) \|", operations, re.MULTILINE)
    assert "systemd does not try again" in told
