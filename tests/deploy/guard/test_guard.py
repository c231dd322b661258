"""The guard of a JVM's ports: which address it binds, and whose connections it accepts."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.guard import jar as guard
from deploy.guard.build import build
from deploy.jars.java import find_java
from deploy.machine.ports import Ports
from tests.support.strangers import as_stranger, strangers_python

JAVAC = shutil.which("javac")
needs_javac = pytest.mark.skipif(JAVAC is None, reason="there is no javac")
#: Connects, reads what comes until the end, prints it.
READ = "import socket, sys; print(socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5).recv(9))"


@needs_javac
def test_the_jar_is_what_the_source_gives(tmp_path: Path) -> None:
    version = subprocess.run([JAVAC, "-version"], capture_output=True, text=True).stdout.split()[1]
    if not version.startswith("17."):
        pytest.skip(f"javac {version} may compile the same source differently")
    (tmp_path / "classes").mkdir()
    build(tmp_path / "guard.jar", tmp_path / "classes")
    with zipfile.ZipFile(tmp_path / "guard.jar") as built, zipfile.ZipFile(guard.JAR) as kept:
        assert built.namelist() == kept.namelist()
        for name in built.namelist():
            assert built.read(name) == kept.read(name), f"{name}: run `python -m deploy.guard.build`"
    assert (tmp_path / "guard.jar").read_bytes() == guard.JAR.read_bytes()


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("echo")
    assert JAVAC
    subprocess.run([JAVAC, "-d", directory, Path(__file__).with_name("Echo.java")], check=True)
    return directory


class Server:
    """The echo server: `lines` are the addresses of its ports, as the channel and as the socket give them."""

    def __init__(self, child: subprocess.Popen[str], ports: int) -> None:
        assert child.stdout
        self.child = child
        self.lines = [child.stdout.readline().strip() for _ in range(ports)]
        self.port = int(self.lines[-1].rpartition(":")[2])

    def taken(self) -> int:
        """How many connections it has taken; ends it."""
        self.child.kill()
        assert self.child.stdout
        return self.child.stdout.read().count("taken")


@contextmanager
def echo(classes: Path, *arguments: str, bind: str = "127.0.0.1", guarded: bool = True) -> Iterator[Server]:
    options = guard.options(bind) if guarded else ()
    command = [find_java(), "-cp", f"{guard.JAR}{os.pathsep}{classes}", *options, "Echo", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield Server(child, sum(map(str.isdecimal, arguments)))
        finally:
            child.kill()


def answer(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        return connection.recv(9)


@needs_javac
class TestGuard:
    def test_a_wildcard_becomes_the_configured_address_and_a_picked_port_is_on_loopback(
        self, classes: Path, tmp_path: Path
    ) -> None:
        port = Ports(tmp_path / "ports.json").get("echo")
        with echo(classes, str(port), "0", bind="127.0.0.3") as server:
            assert server.lines[0] == f"/127.0.0.3:{port} /127.0.0.3:{port}"
            assert server.lines[1].split()[0].rpartition(":")[0].endswith("/127.0.0.1")

    @pytest.mark.parametrize("mode", ["selector", "blocking"])
    def test_connections_of_this_user_are_taken_and_of_others_are_closed(self, classes: Path, mode: str) -> None:
        with echo(classes, "0", *(["blocking"] if mode == "blocking" else [])) as server:
            command = [sys.executable, "-c", READ, str(server.port)]
            for _ in range(3):
                own = subprocess.run(command, capture_output=True, text=True)
                assert own.stdout == "b'!'\n", own.stderr
                other = as_stranger([strangers_python(), *command[1:]])
                assert "b'!'" not in other.stdout
                assert other.stdout == "b''\n" or "ConnectionResetError" in other.stderr

    def test_without_the_guard_the_other_user_is_served(self, classes: Path) -> None:
        """The test above could fail."""
        with echo(classes, "0", guarded=False) as server:
            assert as_stranger([strangers_python(), "-c", READ, str(server.port)]).stdout == "b'!'\n"

    def test_a_socket_that_its_process_closed_is_nobodys(self, classes: Path) -> None:
        """The kernel may name root as its user. The server is stopped meanwhile: it accepts when they are closed."""
        code = (
            "import socket, sys\n"
            "for _ in range(20):\n"
            "    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)\n"
            "    s.sendall(b'order'); s.close()\n"
            "print('sent')"
        )
        with echo(classes, "0") as server:
            server.child.send_signal(signal.SIGSTOP)
            assert as_stranger([strangers_python(), "-c", code, str(server.port)]).stdout == "sent\n"
            server.child.send_signal(signal.SIGCONT)
            assert answer(server.port) == b"!"
            assert server.taken() == 1

    def test_nobody_who_may_is_refused_under_load(self, classes: Path) -> None:
        """4,000 connections by 32 threads, while others come and go."""
        with echo(classes, "0") as server:
            answer(server.port)
            started = time.monotonic()
            with ThreadPoolExecutor(32) as pool:
                answers = list(pool.map(lambda _: answer(server.port), range(4000)))
            print(f"{1e6 * (time.monotonic() - started) / 4000:.0f} µs a connection")
            assert answers.count(b"!") == 4000
