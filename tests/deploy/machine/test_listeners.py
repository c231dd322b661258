"""The kernel's table of sockets: which process listens where, and which user a connection belongs to."""

import ipaddress
import os
import socket
import struct
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.machine.listeners import LISTEN, Listener, Socket, listeners, own_user, parse_row, sockets
from deploy.supervise.who_listens import beyond, processes
from tests.support.strangers import as_stranger, strangers_python

ENDS = st.tuples(st.ip_addresses(), st.integers(0, 65535))


def written(end: tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int], ipv6: bool) -> str:
    """As the kernel writes it (net/ipv4/tcp_ipv4.c: %08X for each word in the machine's byte order, %04X)."""
    packed = end[0].packed
    if ipv6 and len(packed) == 4:
        packed = bytes(10) + b"\xff\xff" + packed
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{word:08X}" for word in words) + f":{end[1]:04X}"


@given(ENDS, ENDS, st.integers(0, 2**32 - 1), st.integers(0, 2**63))
def test_a_row_is_read_as_it_was_written(
    local: tuple[ipaddress.IPv4Address, int], remote: tuple[ipaddress.IPv4Address, int], uid: int, inode: int
) -> None:
    ipv6 = 6 in (local[0].version, remote[0].version)
    ends = f"{written(local, ipv6)} {written(remote, ipv6)}"
    row = f"   3: {ends} 01 00000000:00000000 00:00000000 00000000 {uid:5d}        0 {inode} 1 0000 20 4 30 10 -1"
    mapped = [getattr(end[0], "ipv4_mapped", None) or end[0] for end in (local, remote)]
    assert parse_row(row) == Socket((mapped[0], local[1]), (mapped[1], remote[1]), "01", uid, inode)


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "127.3.2.1", "::1", "::"])
def test_a_server_of_this_process_is_found_where_it_listens(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as server:
        server.bind((address, 0))
        wanted = Listener(os.getpid(), ipaddress.ip_address(address), server.getsockname()[1])
        assert wanted not in listeners([os.getpid()]), "it is bound, but does not listen yet"
        server.listen()
        assert wanted in listeners([os.getpid()])
        assert (beyond([wanted], set()) == []) is wanted.address.is_loopback
        assert beyond([wanted], {(wanted.address, wanted.port)}) == []
    assert wanted not in listeners([os.getpid()])


def test_servers_of_both_families_are_told_by_their_ports() -> None:
    of_six = socket.create_server(("::", 0), family=socket.AF_INET6)
    with socket.create_server(("127.0.0.1", 0)) as one, of_six as other:
        ports = [one.getsockname()[1], other.getsockname()[1]]
        assert [found.port for found in listeners([os.getpid()]) if found.port in ports] == sorted(ports)


def test_a_process_that_ended_listens_nowhere() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
        assert listeners([child.pid]) == []
    assert processes({}) == {}


def test_children_belong_to_their_part() -> None:
    code = "import subprocess, sys; subprocess.Popen(['sleep', '60']); print('up', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, start_new_session=True) as child:
        assert child.stdout and child.stdout.readline()
        found = processes({"pid": os.getpid(), "parts": {"workers": {"pid": child.pid}}})
        assert list(found.values()).count("child of workers") == 1
        assert found[child.pid] == "workers"
        os.killpg(child.pid, 9)


def test_a_connection_of_this_user_is_known_and_one_that_was_closed_is_nobodys() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            peer = f"ipv4:127.0.0.1:{client.getsockname()[1]}"
            assert own_user(peer, port)
            assert not own_user(peer, port + 1)
        accepted, _ = server.accept()
        assert not own_user(peer, port), "its process closed it: the kernel may call it root's"
        accepted.close()
    assert [found for found in sockets() if found.state == LISTEN and found.local[1] == port] == []
    assert not own_user("unix:/tmp/x", port)
    assert not own_user("", port)


def test_a_connection_of_another_user_is_not_ours() -> None:
    code = "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); s.recv(1)"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port, seen = server.getsockname()[1], []
        server.settimeout(30)

        def look() -> None:
            connection, (_, number) = server.accept()
            with connection:
                seen.append(own_user(f"ipv4:127.0.0.1:{number}", port))

        thread = threading.Thread(target=look)
        thread.start()
        as_stranger([strangers_python(), "-c", code, str(port)])
        thread.join()
        assert seen == [False]
