"""Ties a command to its parent: `tether.py PARENT-PID LATE-MS COMMAND…` becomes COMMAND, killed when the parent dies.

It is a small program of its own because setting PR_SET_PDEATHSIG between fork and exec (`preexec_fn`) is not safe in
a parent that has threads. The kernel watches the parent's *thread*: start children from one that lives on, such as
the main thread. Elsewhere than on Linux it only runs the command, and `<data>/run.json` is what finds leftovers.

LATE-MS is how late its timeouts may be, so that the kernel can gather them (PR_SET_TIMERSLACK, which what it starts
inherits); with 0 they are as punctual as usual.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_TIMERSLACK = 1, 29
#: In nanoseconds; the second is what Linux begins with.
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
