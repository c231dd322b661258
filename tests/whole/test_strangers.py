"""A whole run: the kernel says where it listens, another user of the machine tries to give it orders."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.machine.instance import read_note
from deploy.machine.listeners import Listener, listeners
from deploy.supervise.who_listens import beyond, configured, processes
from tests.support import orders
from tests.support.flow import wait_for
from tests.support.running import BORDERWIRE, running
from tests.support.strangers import as_stranger, strangers_python

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LISTENING = {"broker", "flink", "workers", "metrics"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running(tmp_path_factory.mktemp("whole")) as data:
        yield data


def ports_of(data: Path) -> dict[str, Any]:
    note, known = read_note(data), json.loads((data / "ports.json").read_text())
    engine = {pid for pid, name in processes(note).items() if name in ("flink", "broker", "workers")}
    return {
        "jobs": known["flink-jobs"],
        "artifacts": known["flink-artifacts"],
        "rest": known["flink-rest"],
        "kafka": known["kafka"],
        "workers": known["workers"],
        "all": [found.port for found in listeners(engine)],
    }


def test_nothing_listens_beyond_what_is_configured(data: Path) -> None:
    parts, found = processes(read_note(data)), list[Listener]()

    def listening() -> bool:
        """Some parts open their port a few seconds after the run is healthy."""
        parts.update(processes(read_note(data)))
        found[:] = listeners(parts)
        return {parts[one.pid] for one in found} >= LISTENING

    wait_for(listening, lambda: None, 60, f"{LISTENING} listen")
    assert LISTENING | {"run", "child of workers", "connectors"} <= set(parts.values())
    assert [one for one in found if not one.address.is_loopback] == []
    assert beyond(found, configured(data)) == []
    result = subprocess.run([BORDERWIRE, "ports", "--data", data], capture_output=True, text=True)
    print(result.stdout)
    assert result.returncode == 0, result.stderr


def test_our_own_user_gives_orders_but_no_web_page_does(data: Path) -> None:
    """What strangers are refused below is there to be had."""
    ports = ports_of(data)
    found = {name: orders.tried(order, ports) for name, order in (orders.OWN | orders.BROWSER).items()}
    for name, what in found.items():
        print(f"{name:28} {what}")
    assert [name for name in orders.OWN if not found[name].startswith("done")] == []
    assert [name for name in orders.BROWSER if not found[name].startswith("refused: HTTPError: HTTP Error 403")] == []


def test_another_user_is_refused_everything(data: Path) -> None:
    ports = ports_of(data)
    result = as_stranger([strangers_python(), "-m", "tests.support.orders", json.dumps(ports)], timeout=300)
    assert result.stdout, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    silent = found.pop("ports")
    for name, what in found.items():
        print(f"{name:28} {what}")
    print(silent)
    assert [name for name, what in found.items() if not what.startswith("refused")] == []
    # The pool's server takes connections and refuses each call; the blob server says in TLS that it does not (0x15).
    closed = ("b''", "ConnectionResetError", "BrokenPipeError", "OSError", r"b'\x15")
    spoke = {port for port, what in silent.items() if not what.startswith(closed)}
    assert spoke <= {str(ports["workers"])}


def test_other_users_can_read_nothing_of_it(data: Path) -> None:
    assert data.stat().st_mode & 0o777 == 0o700
    assert [path for path in data.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o077] == []
    assert as_stranger(["ls", data]).returncode != 0
