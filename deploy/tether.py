"""Ties a command to its parent: `python tether.py PARENT-PID COMMAND…` becomes COMMAND, killed when the parent dies.

It is a small program of its own because setting PR_SET_PDEATHSIG between fork and exec (`preexec_fn`) is not safe in
a parent that has threads. The kernel watches the parent's *thread*: start children from one that lives on, such as
the main thread. Elsewhere than on Linux it only runs the command, and `<data>/run.json` is what finds leftovers.
"""
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit("the parent died before this started")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
