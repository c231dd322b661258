"""The server that starts workers does it for its own user only; a worker connects to 127.0.0.1 and nowhere else."""

import gc
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from deploy.engine.worker import load_program, on_loopback
from deploy.machine.ports import Ports, listening
from pipelines import pure_steps
from tests.support import orders
from tests.support.strangers import as_stranger, strangers_python
from tests.support.waiting import until


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = Ports(tmp_path_factory.mktemp("pool") / "ports.json").get("workers")
    with subprocess.Popen([sys.executable, "-m", "deploy.engine.pool_server", str(port)]) as child:
        until(lambda: listening(port))
        yield port
        child.terminate()


def test_its_own_user_is_given_a_worker(port: int) -> None:
    assert orders.tried(orders.start_a_worker, {"workers": port}) == "done: "


def test_another_user_is_not(port: int) -> None:
    code = (
        "import json, sys; from tests.support import orders\n"
        "print(orders.tried(orders.start_a_worker, json.loads(sys.argv[1])))"
    )
    result = as_stranger([strangers_python(), "-c", code, json.dumps({"workers": port})])
    assert "PERMISSION_DENIED" in result.stdout, result.stderr


@pytest.mark.parametrize(
    ("said", "meant"),
    [("localhost:5000", "127.0.0.1:5000"), ("127.0.0.1:5000", "127.0.0.1:5000"), ("node-1:5000", "node-1:5000")],
)
def test_localhost_is_127_0_0_1(said: str, meant: str) -> None:
    """Somebody else may listen at the same port of ::1."""
    assert on_loopback(said) == meant


def test_a_worker_s_collections_do_not_look_through_what_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pure_steps, "warm_up", lambda path: None)
    loaded = len(gc.get_objects())
    try:
        load_program()
        assert gc.get_freeze_count() > loaded / 2 > len(gc.get_objects())
    finally:
        gc.unfreeze()
