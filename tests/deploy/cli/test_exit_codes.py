"""The table of exit codes in OPERATIONS.md: each code is provoked, by the command as a process."""

import errno
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from connectors.errors import BrokerGone, ConnectorError
from deploy.errors import exit_code, told_in_a_line
from deploy.machine.ports import free_port
from tests.support.paths import ROOT

PYTHON = [sys.executable, "-m", "deploy.cli"]
#: Nothing listens there.
NOWHERE = "127.0.0.1:1"


def command(*words: object, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PYTHON, *map(str, words)], capture_output=True, text=True, timeout=120, cwd=ROOT, **more  # type: ignore[call-overload]
    )  # fmt: skip


def one_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """It ended with the code, and the last line of standard error says why, without pydantic's or Python's words."""
    last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
    assert done.returncode == code, (done.returncode, done.stdout[-500:], done.stderr[-2000:])
    assert all(word in last for word in words), last
    for foreign in ("Traceback", "mistake of ours", "Input should", "lax-or-strict", "Errno", "pydantic"):
        assert foreign not in done.stderr, done.stderr[-2000:]


@contextmanager
def silent_server() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_table_has_every_code_of_the_program() -> None:
    text = (ROOT / "OPERATIONS.md").read_text(encoding="utf-8")
    table = text[text.index("## Exit codes") : text.index("## Is it healthy?")]
    codes = {int(number) for number in re.findall(r"^\| (\d+) \|", table, re.M)}
    source = (ROOT / "deploy" / "errors.py").read_text(encoding="utf-8")
    assert codes == {int(number) for number in re.findall(r"^[A-Z_]+: Final = (\d+)$", source, re.M)}


def test_0_is_done(tmp_path):
    done = command("schemas", tmp_path / "out")
    assert done.returncode == 0 and done.stderr == ""
    assert {path.parent for path in tmp_path.rglob("*.json")} == {tmp_path / "out"}, "nothing beside the directory"
    assert (tmp_path / "out" / "asyncapi.json").exists()


@pytest.mark.parametrize("words", [["subscribe"], ["export"], ["trace", "x"], ["mark", "x", "wrong"], ["feeds"],
                                   ["replay", "x.jsonl"]], ids=" ".join)  # fmt: skip
def test_1_and_soon_when_kafka_does_not_answer(words, tmp_path):
    began = time.monotonic()
    one_line(
        command(*words, "--bootstrap-servers", NOWHERE, "--data", tmp_path), 1, f"Kafka at {NOWHERE} does not answer"
    )
    assert time.monotonic() - began < 60


def test_1_and_soon_when_something_else_listens_there(tmp_path):
    with silent_server() as address:
        began = time.monotonic()
        one_line(command("export", "--bootstrap-servers", address, "--data", tmp_path), 1, "does not answer")
        assert time.monotonic() - began < 90


@pytest.mark.parametrize(
    ("words", "settings", "told"),
    [
        ("run --data DATA", "feeds: FILES/none.yaml", "none.yaml"),
        ("run --data DATA", "", "no feed list"),
        ("run --data DATA --feeds FILES/feeds.yaml", "kafkaa: {}", "kafkaa: no such setting"),
        ("run --data DATA --feeds FILES/bad.yaml", "", "expected"),
        ("run --data DATA --feeds FILES/feeds.yaml", "routes: FILES/none.yaml", "none.yaml"),
        ("run --data DATA --feeds FILES/feeds.yaml", "pipeline: {max_alert_age: 72}", "needs a unit"),
        ("run --data DATA --feeds FILES/feeds.yaml", "pipeline: {taxonomy: FILES/bad.yaml}", "pipeline.taxonomy"),
        ("run --data DATA --feeds FILES/feeds.yaml",
         "kafka: {bootstrap_servers: 'x:1', security_protocol: SASL_SSL, sasl_mechanism: PLAIN, sasl_username: u, "
         "sasl_password_file: FILES/none}", "none"),
        ("poll --data DATA --bootstrap-servers x:1 --feeds FILES/none.yaml", "", "none.yaml"),
        ("poll --data DATA --bootstrap-servers x:1", "", "no feed list"),
        ("deliver --data DATA --bootstrap-servers x:1", "", "no routes file"),
        ("deliver --data DATA --bootstrap-servers x:1 --routes FILES/bad.yaml", "", "bad.yaml"),
        ("deliver test desk --data DATA --routes FILES/none.yaml", "", "none.yaml"),
        ("pipeline --data DATA --bootstrap-servers x:1", "", "--job_endpoint"),
        ("page --data DATA --bootstrap-servers x:1", "page: {port: x}", "page.port: 'x' is not valid: it must be a whole"),
        ("page --data DATA --bootstrap-servers x:1", "connectors: {allow_networks: [x]}", "allow_networks.0: 'x' is not valid"),
        ("export --data DATA --bootstrap-servers x:1 --since soon", "", "soon"),
        ("subscribe --data DATA --bootstrap-servers x:1 --kind odd", "", "kinds.0: 'odd' is not valid: it must be one of"),
        ("subscribe --data DATA --bootstrap-servers x:1 --until-idle soon", "", "until-idle"),
        ("feeds --opml FILES/none.opml", "", "none.opml"),
        ("feeds add https://a.example/ --feeds FILES/bad.yaml", "", "bad.yaml"),
        ("feeds check --all --feeds FILES/none.yaml", "", "none.yaml"),
        ("flink jobmanager --conf FILES/none", "", "none"),
        ("parse FILES/none --url https://a.example/", "", "none: no such file"),
        ("nothing", "", "invalid choice"),
    ],
)  # fmt: skip
def test_2_when_only_the_operator_can_help(words, settings, told, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    write(files / "feeds.yaml", "- {url: 'https://a.example/feed', outlet: A}\n")
    write(files / "bad.yaml", "- 5\n")
    given = words.replace("DATA", str(tmp_path / "data")).replace("FILES", str(files)).split()
    if settings:
        given += ["--config", str(write(tmp_path / "settings.yaml", settings.replace("FILES", str(files))))]
    one_line(command(*given), 2, told)


@pytest.mark.parametrize("words", [["status"], ["stop"], ["ports"], ["feeds"], ["trace", "x"], ["page"], ["metrics"],
                                   ["subscribe"], ["export"], ["mark", "x", "mute"]], ids=" ".join)  # fmt: skip
def test_3_when_nothing_runs_and_nothing_is_kept(words, tmp_path):
    taxonomy = write(tmp_path / "broken.yaml", "[")
    config = write(tmp_path / "settings.yaml", f"pipeline: {{taxonomy: {taxonomy}}}" if words[0] in NO_TOPICS else "{}")
    one_line(command(*words, "--data", tmp_path / "data", "--config", config), 3, "nothing runs on")


#: Commands that must work with a broken taxonomy.
NO_TOPICS = ("status", "stop", "ports")


def test_130_when_interrupted(tmp_path):
    with silent_server() as address:
        words = [
            *PYTHON,
            "metrics",
            "--bootstrap-servers",
            address,
            "--data",
            str(tmp_path),
            "--port",
            str(free_port()),
        ]
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stderr and "metrics are served" in process.stderr.readline()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0 and time.monotonic() - began < 30, "asked to stop, it is soon done"
    words = [*PYTHON, "statements", "-"]
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        # A shell starts what runs in the background with SIGINT ignored, and children inherit this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdin and process.stdout
    process.stdin.write(b'{"id": "a", "text": "Ana Ruiz said that it rains.", "lang": "en"}\n')
    process.stdin.flush()
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130


def test_0_when_the_reader_has_enough():
    lines = '{"id": "a", "text": "Ana Ruiz said that it rains.", "lang": "en"}\n' * 2000
    words = " ".join([*PYTHON, "dedupe", "-"])
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {words} | head -1"], input=lines, capture_output=True,
                          text=True, cwd=ROOT, timeout=120)  # fmt: skip
    assert done.returncode == 0 and done.stderr == "" and done.stdout.count("\n") == 1


def test_a_full_disk_is_named():
    done = subprocess.run([*PYTHON, "schemas", "/dev/full/x"], capture_output=True, text=True, cwd=ROOT, timeout=60)
    one_line(done, 2, "/dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*PYTHON, "deliver", "secret"], stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    one_line(done, 1, "the disk is full")


def test_every_error_has_one_code_and_a_line():
    gone = BrokerGone("127.0.0.1:9: not written")
    cases = [
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), 1, "the disk is full: /data/x"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/x"), 2, "/x: no such file or directory"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 2, "/x: permission denied"),
        (ConnectionRefusedError(111, "Connection refused"), 1, "Connection refused"), (TimeoutError(), 1, "TimeoutError"),
        (KafkaConnectionError(), 1, "KafkaConnectionError"), (KafkaTimeoutError("slow"), 1, "slow"), (gone, 1, "written"),
        (ConnectorError("x"), 1, "x"), (MemoryError(), 1, "memory"), (KeyboardInterrupt(), 130, ""), (BrokenPipeError(), 0, ""),
        (KeyError("x"), None, "x"), (ValueError("x"), None, "x"), (RuntimeError("x"), None, "x"), (LookupError("x"), None, "x"),
    ]  # fmt: skip
    for error, code, told in cases:
        assert exit_code(error) == code and told in told_in_a_line(error) and "\n" not in told_in_a_line(error), error
