"""What lives on a JVM's heap, and the code it compiled, asked of the JVM itself as `jcmd` does.

This is the attach protocol of HotSpot on Linux: a file `.attach_pid<pid>` in the directory where the process works and
SIGQUIT make the JVM listen on /tmp/.java_pid<pid>; a request is the version "1", a command and three arguments, each
ended by a zero byte.
"""

import os
import re
import signal
import socket
import time
from pathlib import Path

#: "tenured generation   total 349568K, used 21344K"
USED = re.compile(r"generation\s+total \d+K, used (\d+)K")
#: "CodeCache: size=49152Kb used=20637Kb max_used=21199Kb free=28514Kb"
CODE = re.compile(r"max_used=(\d+)Kb")


def live_heap(pid: int) -> int:
    """Bytes on the heap of a JVM with the serial collector after a full collection. Raises OSError, TimeoutError."""
    ask(pid, "GC.run")
    return 1024 * sum(int(used) for used in USED.findall(ask(pid, "GC.heap_info")))


def compiled_code(pid: int) -> int:
    """Bytes of code that a JVM held at most since it started. Raises OSError, TimeoutError."""
    return 1024 * sum(int(used) for used in CODE.findall(ask(pid, "Compiler.codecache")))


def ask(pid: int, command: str, timeout: float = 10) -> str:
    """What the JVM answers to a command of `jcmd`."""
    _attach(pid, timeout)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(_socket(pid)))
        connection.sendall(b"\0".join([b"1", b"jcmd", command.encode(), b"", b"", b""]))
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer.decode("utf-8", "replace")


def _attach(pid: int, timeout: float) -> None:
    if _socket(pid).exists():
        return
    wish = Path(f"/proc/{pid}/cwd/.attach_pid{pid}")
    wish.touch()
    try:
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + timeout
        while not _socket(pid).exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"JVM {pid} does not listen after {timeout} s")
            time.sleep(0.05)
    finally:
        wish.unlink()


def _socket(pid: int) -> Path:
    return Path(f"/tmp/.java_pid{pid}")
