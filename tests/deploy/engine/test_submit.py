"""The process that submits the job: it builds at once, and submits only when it is told to."""

import json
import subprocess
import sys
from pathlib import Path

CODE = """
import json, sys
from deploy.engine.lean_beam import UNUSED, import_beam
import_beam()
loaded = [name for name in UNUSED if name in sys.modules]
import apache_beam as beam
import pyarrow, requests
with beam.Pipeline() as pipeline:
    pipeline | beam.Create([1, 2, 3]) | beam.Map(lambda n: n + 1) | beam.CombineGlobally(sum) | beam.Map(print)
print(json.dumps(loaded))
"""


def test_beam_works_without_the_libraries_that_it_is_not_given_and_others_still_get_them() -> None:
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    total, loaded = result.stdout.splitlines()
    assert (total, json.loads(loaded)) == ("9", [])


def test_without_the_word_nothing_is_submitted() -> None:
    """Its supervisor ended. No engine is needed: the job is not handed over."""
    command = [sys.executable, "-m", "deploy.engine.submit", "--wait", "tests.support.engine_job:build"]
    command += ["--runner=PortableRunner", "--job_endpoint=127.0.0.1:9", "--", "127.0.0.1:9", "topic"]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    assert "job graph is built" in result.stderr
    assert result.stderr.splitlines()[-1] == "the job is not wanted any more"


def test_the_job_is_built_without_the_modules_that_only_workers_call(tmp_path: Path) -> None:
    """A step that imports a module below one of FOR_WORKERS, or calls one while it is built, fails here."""
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"kafka": {"bootstrap_servers": "127.0.0.1:9"}}))
    command = [sys.executable, "-m", "deploy.engine.submit", "--wait", "deploy.engine.job:build"]
    command += ["--runner=PortableRunner", "--job_endpoint=127.0.0.1:9", "--", str(settings)]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert "job graph is built" in result.stderr
    assert result.stderr.splitlines()[-1] == "the job is not wanted any more"
