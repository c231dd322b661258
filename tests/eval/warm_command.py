"""The `borderwire` command for scorers that start it once for each page: its modules are loaded only once.

`warm_command()` starts a process that has loaded the command, and gives the path of a program that takes the same
arguments as `borderwire`. This program asks the process to fork; the child runs the command and writes to the
program's own standard output. A start takes 1.4 s of processor time, a fork some milliseconds.
"""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Process
from pathlib import Path

#: The program: it sends its arguments and its output's descriptors, and ends as the command has ended.
PROGRAM = """#!{python} -SE
import os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({address!r})
    words = "\\0".join([os.getcwd(), *sys.argv[1:]]).encode("utf-8", "surrogateescape")
    socket.send_fds(asked, [words], [1, 2])
    asked.shutdown(socket.SHUT_WR)
    sys.exit(int(asked.recv(16) or b"1"))
"""
LONGEST = 1 << 16


@contextmanager
def warm_command() -> Iterator[Path]:
    """The path of the program, for as long as the context lasts."""
    with tempfile.TemporaryDirectory() as folder:
        address, program = str(Path(folder) / "asked"), Path(folder) / "borderwire"
        program.write_text(PROGRAM.format(python=sys.executable, address=address), encoding="utf-8")
        program.chmod(0o755)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen(64)
            process = Process(target=serve, args=(listening,), daemon=True)
            process.start()
            try:
                yield program
            finally:
                process.terminate()
                process.join()


def serve(listening: socket.socket) -> None:
    """Answers until it is ended. Each command runs in a child of its own, while the next is accepted."""
    from deploy.cli import file_stages, parser  # noqa: F401  loaded before the forks
    from pipelines.clean import article  # noqa: F401

    while True:
        asked, _ = listening.accept()
        if os.fork() == 0:
            if os.fork():  # the parent waits for this child only, and need not collect the other
                os._exit(0)
            run(asked)
        os.wait()
        asked.close()


def run(asked: socket.socket) -> None:
    """Runs a command with the output of the program that asked, and tells it the exit code."""
    from deploy.cli.parser import main

    words, outputs, _, _ = socket.recv_fds(asked, LONGEST, 2)
    folder, *arguments = words.decode("utf-8", "surrogateescape").split("\0")
    for number, output in enumerate(outputs, 1):
        os.dup2(output, number)
    os.chdir(folder)
    sys.argv[1:] = arguments
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    sys.stdout.flush()
    asked.send(str(code or 0).encode())
    os._exit(0)
