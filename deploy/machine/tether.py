"""Runs a command that is killed when its parent dies: `tether.py PARENT-PID LATE-MS COMMAND…` becomes COMMAND.

It is a program of its own because setting PR_SET_PDEATHSIG between fork and exec (`preexec_fn`) is not safe in
a parent that has threads. The kernel watches the parent's *thread*: start children from a thread that lives on, such
as the main thread. On other systems than Linux it only runs the command; leftovers are then found by `<data>/run.json`.

LATE-MS is the timer slack in milliseconds: how late timeouts may fire, so that the kernel can group them
(PR_SET_TIMERSLACK; child processes inherit it). With 0 it is Linux's default.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_TIMERSLACK = 1, 29
#: One millisecond, and Linux's default timer slack; both in nanoseconds.
MS, USUAL = 1_000_000, 50_000


def main() -> None:
    parent, late, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        prctl(PR_SET_TIMERSLACK, ctypes.c_ulong(late * MS or USUAL))
        if os.getppid() != parent:
            sys.exit("the parent died before this started")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
