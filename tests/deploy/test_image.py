"""The commands of the Dockerfile, run on this machine: the installed package contains all that the program needs."""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support.paths import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that stands for /opt/borderwire, made by the RUN lines of the first stage."""
    work = tmp_path_factory.mktemp("image")
    shutil.copytree(ROOT, work / "src", ignore=left_out)
    stage = DOCKERFILE.split("\nFROM ")[1] if DOCKERFILE.startswith("#") else DOCKERFILE.split("\nFROM ")[0]
    for command in re.findall(r"^RUN (.+)$", stage, re.MULTILINE):
        run = command.replace("/opt/borderwire", str(work / "opt"))
        result = subprocess.run(run, shell=True, cwd=work / "src", env=environment(work / "opt"), capture_output=True)
        assert result.returncode == 0, f"{run}\n{result.stdout.decode()}\n{result.stderr.decode()}"
    shutil.rmtree(work / "src")
    return work / "opt"


def left_out(directory: str, names: list[str]) -> set[str]:
    """The names that .dockerignore keeps from the build, and caches that a fresh clone does not have."""
    patterns = [*(ROOT / ".dockerignore").read_text(encoding="utf-8").split(), "**/.*_cache"]
    inside = Path(directory).relative_to(ROOT)
    return {
        name
        for name in names
        for pattern in patterns
        if fnmatch(name if pattern.startswith("**/") else str(inside / name), pattern.removeprefix("**/"))
    }


def environment(opt: Path) -> dict[str, str]:
    """The stage's ENV, with this machine's own cache of jars: they are checked, not fetched again."""
    path = f"{opt / 'bin'}:{Path(sys.executable).resolve().parent}:{os.environ['PATH']}"
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"PATH": path}


def run(image: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [image / "bin" / "borderwire", *arguments]
    return subprocess.run(command, cwd="/", env=environment(image), input=given, capture_output=True, text=True)


def test_the_entrypoint_with_its_default_argument(image: Path) -> None:
    (default,) = re.findall(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)
    result = run(image, *json.loads(default))
    assert result.returncode == 0
    assert "pipeline" in result.stdout


def test_word_lists_and_models_are_in_it(image: Path) -> None:
    text = "“The Mérida Initiative is over,” Senator Ana Ruiz told reporters in Ciudad Juárez."
    result = run(image, "statements", "-", given=json.dumps({"id": "a", "text": text}) + "\n")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["statements"], result.stdout


def test_it_runs_a_server_and_says_what_is_wrong(image: Path, tmp_path: Path) -> None:
    result = run(image, "flink", "taskmanager", "--conf", str(tmp_path))
    assert result.returncode == 2
    assert "there is no flink-conf.yaml" in result.stderr
