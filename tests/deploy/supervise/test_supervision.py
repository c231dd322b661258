"""Decisions of the supervision: heartbeats, free disk space, the version of the data directory, stop and status."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from kafka.errors import KafkaTimeoutError
from structlog.testing import capture_logs

from connectors.errors import WrongPartitions
from deploy.cli.doctor import findings
from deploy.engine.checkpoints import leave_behind
from deploy.engine.fallback import Incompatible
from deploy.machine.data_directory import VERSION, AlreadyRunning, WrongLayout, lock
from deploy.machine.disk import Disk
from deploy.machine.heartbeat import Beat, not_stopped, silent, written
from deploy.machine.instance import kill_leftovers
from deploy.machine.ports import Ports
from deploy.machine.process import identity
from deploy.machine.restarts import KeepsFailing
from deploy.machine.systemd import notify
from deploy.metrics.health import troubles
from deploy.metrics.observe import Looker, part_healths
from deploy.supervise import cluster_job, run
from deploy.supervise.run_settings import with_metrics_port
from deploy.supervise.status import status
from deploy.supervise.stop import read_result, stop, take_request, write_result
from deploy.supervise.supervised import WITHOUT, Supervised
from schemas.settings import MetricsSettings, PipelineSettings, Settings

MB = 2**20


def test_a_part_that_gives_no_sign_is_dead_after_its_patience() -> None:
    sign = [0]
    beat = Beat(lambda: sign[0], patience=30, first=100)
    assert beat.silent(1000) is None
    assert beat.silent(1099) is None, "the first sign may take longer"
    sign[0] += 1
    assert beat.silent(1100) is None
    assert beat.silent(1130) is None
    assert beat.silent(1131) == "gave no sign of life for 31 s"
    beat.restart()
    assert beat.silent(2000) is None
    assert beat.silent(2100) is None


def test_a_value_from_before_the_start_is_no_sign_of_life() -> None:
    """A resumed run first sees the tick that the run before it committed; its job may still be starting."""
    value: list[float | None] = [None]
    beat = Beat(lambda: value[0], patience=50, first=240)
    assert beat.silent(1000) is None
    value[0] = 7.5
    assert beat.silent(1003) is None
    assert beat.silent(1239) is None
    value[0] = 300.0
    assert beat.silent(1240) is None
    assert beat.silent(1291) == "gave no sign of life for 51 s"


def test_without_kafka_only_kafka_is_to_blame() -> None:
    signs = {"kafka": 0, "page": 0, "connectors": 0}
    beats = {name: Beat(lambda name=name: signs[name], patience=30) for name in reversed(signs)}
    runs = {"kafka": True, "page": True, "connectors": False}
    assert silent(beats, "kafka", runs, 1000) == {}
    assert silent(beats, "kafka", runs, 1031) == {"kafka": "gave no sign of life for 31 s"}
    signs["kafka"] += 1
    assert silent(beats, "kafka", runs, 1040) == {}, "their time begins anew with Kafka's"
    signs["kafka"] += 1
    found = silent(beats, "kafka", runs, 1071)
    assert found == {"page": "gave no sign of life for 31 s"}, "what does not run gives none"
    assert silent(beats, "kafka", runs | {"kafka": False}, 1200) == {}, "a killed broker comes back by itself"


def test_a_file_that_is_written_is_a_sign(tmp_path: Path) -> None:
    sign = written(tmp_path / "beat")
    assert sign() is None
    (tmp_path / "beat").touch()
    assert sign() is not None


def test_a_process_that_was_stopped_gives_no_sign() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        sign = not_stopped(lambda: child.pid)
        assert sign() != sign()
        child.send_signal(signal.SIGSTOP)
        os.waitpid(child.pid, os.WUNTRACED)
        assert sign() == sign()
        child.kill()


def test_fetching_pauses_before_the_disk_is_full_and_goes_on_with_some_room_to_spare() -> None:
    free = [2000 * MB]
    disk = Disk(lambda: free[0], low=1000 * MB)
    seen = []
    for free[0] in (2000 * MB, 999 * MB, 1100 * MB, 1300 * MB, 50 * MB):
        disk.look()
        seen.append((bool(disk.paused), disk.full))
    assert seen == [(False, False), (True, False), (True, False), (False, False), (True, True)]
    assert disk.paused == "50 MB are free, fetching needs 1000 MB"


def test_a_data_directory_has_one_instance_and_a_version(tmp_path: Path) -> None:
    first = lock(tmp_path)
    assert (tmp_path / "version").read_text() == f"{VERSION}\n"
    with pytest.raises(AlreadyRunning):
        lock(tmp_path)
    first.close()
    (tmp_path / "version").write_text("99\n")
    with pytest.raises(WrongLayout, match="layout '99', this program knows"):
        lock(tmp_path)
    (tmp_path / "version").write_text(f"{VERSION}\n")
    lock(tmp_path).close()


def test_a_note_of_which_a_power_cut_took_the_text_keeps_no_run_from_starting(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("")
    kill_leftovers(tmp_path)
    assert status(Settings(data=tmp_path)) == 3


def test_state_that_is_left_behind_is_moved_not_deleted(tmp_path: Path) -> None:
    assert leave_behind(tmp_path) is None
    for _ in range(2):
        (tmp_path / "checkpoints" / "job" / "chk-1").mkdir(parents=True)
        place = leave_behind(tmp_path)
        assert place and (place / "checkpoints" / "job" / "chk-1").exists()
        assert not (tmp_path / "checkpoints").exists()


def test_a_broker_that_dies_while_the_run_starts_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs() as lines:
        assert run_that_fails(tmp_path, monkeypatch, KafkaTimeoutError("Failed to get offsets in 30000 ms")) == 1
    assert lines[-1]["event"] == "stopped"
    assert lines[-1]["reason"].startswith("KafkaTimeoutError: ")


@pytest.mark.parametrize("mistake", [Incompatible, WrongLayout, WrongPartitions])
def test_what_starting_again_does_not_mend_has_an_exit_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: type[Exception]
) -> None:
    failure = mistake("kafka.partitions is 8, but articles.raw has 4")
    assert run_that_fails(tmp_path, monkeypatch, failure) == 2


def run_that_fails(directory: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception) -> int:
    """The exit code of a `run` in which `failure` is raised."""
    monkeypatch.setattr(run, "run_everything", Mock(side_effect=failure))
    feeds = directory / "feeds.yaml"
    feeds.write_text("- {url: 'https://example.org/feed', outlet: Example}\n", encoding="utf-8")
    return run.run(Settings(data=directory, feeds=feeds))


@pytest.mark.parametrize(("failure", "code"), [(Incompatible, 2), (WrongPartitions, 2), (KeepsFailing, 1)])
def test_on_a_cluster_the_exit_codes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[Exception], code: int
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise failure("why")

    monkeypatch.setattr(cluster_job, "keep_until_stopped", refused)
    on_a_cluster = PipelineSettings(flink_master="flink:8081")
    assert cluster_job.keep(Settings(data=tmp_path, pipeline=on_a_cluster), "workers:50000") == code
    assert cluster_job.keep(Settings(data=tmp_path), "workers:50000") == 2, "no cluster is named"


def test_stop_and_status_without_an_instance(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stop(tmp_path, savepoint=False) == 3
    assert status(Settings(data=tmp_path)) == 3
    assert capsys.readouterr().err.count(f"nothing runs on {tmp_path}") == 2


def test_stop_tells_which_savepoint_was_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").mkdir()
    code = (
        "import signal, sys, threading; from pathlib import Path\n"
        "from deploy.supervise.stop import take_request, write_result\n"
        "data, told = Path(sys.argv[1]), threading.Event(); signal.signal(signal.SIGTERM, lambda *_: told.set())\n"
        "print('ready', flush=True); told.wait(20)\n"
        "assert take_request(data)\n"
        "write_result(data, data / 'sp') if sys.argv[2] == 'yes' else write_result(data, None, 'no job runs')"
    )
    for answer, exit_code in (("yes", 0), ("no", 1)):
        with subprocess.Popen([sys.executable, "-c", code, tmp_path, answer], stdout=subprocess.PIPE) as child:
            assert child.stdout and child.stdout.readline() == b"ready\n"
            (tmp_path / "run.json").write_text(json.dumps({"pid": child.pid, "parts": {}}))
            # The child is a zombie until it is waited for: ended all the same.
            assert stop(tmp_path, savepoint=True, timeout=10) == exit_code
    out = capsys.readouterr()
    assert f"savepoint {tmp_path / 'sp'}" in out.out
    assert "no job runs" in out.err


def test_a_request_to_another_process_is_none(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "stop.json").write_text(json.dumps({"pid": os.getpid() + 1, "savepoint": True}))
    assert not take_request(tmp_path)
    assert not take_request(tmp_path)
    write_result(tmp_path, None, "why")
    assert read_result(tmp_path)["error"] == "why"
    assert identity(os.getpid())


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notify("READY=1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify("READY=1")
        assert server.recv(100) == b"READY=1"
    notify("WATCHDOG=1")


def test_the_doctor_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BORDERWIRE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "version").write_text("99\n")
    feeds = tmp_path / "none.yaml"
    missing = [what for good, what, advice in findings(Settings(data=tmp_path, feeds=feeds)) if not good and advice]
    named = [what.split(" of ")[0].lstrip("0123456789 ") for what in missing if "GB" not in what]
    assert named == ["jars", "layout 99", f"feed list {feeds}"]
    found = list(findings(Settings(data=Path("/proc/no"))))
    assert any(not good and "cannot be made" in advice for good, _, advice in found)


def test_the_run_goes_on_without_a_part_that_is_not_vital() -> None:
    part = Mock()
    part.name = "page"
    page = Supervised.of(part, Beat(lambda: 0, 1, 1), vital=False)
    with capture_logs() as lines:
        for now in range(5):
            page.note_end(float(now), "its port is taken")
    assert page.due == 4.0 + WITHOUT and lines[-1]["event"] == "the run goes on without a part"
    vital = Supervised.of(part, Beat(lambda: 0, 1, 1))
    with pytest.raises(KeepsFailing):
        for now in range(5):
            vital.note_end(float(now), "it ends")


def test_a_part_that_is_expected_and_does_not_run_is_not_healthy() -> None:
    note = {"pid": os.getpid(), "parts": {}, "expected": ["connectors", "run"]}
    assert {part.name: part.alive for part in part_healths(note)} == {"run": True, "connectors": False}


def test_a_full_disk_is_named_also_when_kafka_does_not_answer(tmp_path: Path) -> None:
    sight = Looker(Settings(data=tmp_path, min_free_disk=2**62, kafka={"bootstrap_servers": "127.0.0.1:1"})).look()
    assert [told.partition(":")[0] for told in troubles(sight)] == ["disk", "kafka"]


def test_a_taken_port_of_the_metrics_is_replaced_and_told(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    with socket.create_server(("127.0.0.1", 0)) as taken, capture_logs() as lines:
        port = taken.getsockname()[1]
        found = with_metrics_port(MetricsSettings(port=port), ports)
    assert found.port not in (None, port) and lines[-1]["event"] == "the port of the metrics is taken"
    assert with_metrics_port(MetricsSettings(port=found.port), ports).port == found.port
