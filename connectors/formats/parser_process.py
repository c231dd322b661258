"""The process in which feeds and pages are parsed: `python -m connectors.formats.parser_process FD SECONDS BYTES`.

Tasks come over the socket FD, one after the other; each is answered. Each may use SECONDS of CPU time, and the process
BYTES of memory: beyond the first the kernel ends the process, beyond the second the task fails and the process ends.
It ends as well when its socket is closed. `connectors.formats.parsers` is the other side.
"""

import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from connectors.errors import ConnectorError
from connectors.formats.article_page import judge_page
from connectors.formats.listing import parse_listing
from connectors.formats.parse import parse_feed

WORK: Mapping[str, Callable[..., Any]] = {"feed": parse_feed, "page": judge_page, "listing": parse_listing}


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # it ends when the other side does
        signal.signal(number, signal.SIG_IGN)
    descriptor, seconds, memory = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    connection = Connection(descriptor)
    while True:
        try:
            name, arguments = pickle.loads(connection.recv_bytes())
        except (EOFError, OSError):
            return
        limit_time(seconds)
        answer = done(name, arguments)
        connection.send_bytes(answer)
        if answer == NO_MEMORY:
            return


def done(name: str, arguments: tuple[Any, ...]) -> bytes:
    """The answer, pickled: ("done", result), ("error", ConnectorError), ("broke", trace) or ("memory", "")."""
    try:
        return pickle.dumps(("done", WORK[name](*arguments)), pickle.HIGHEST_PROTOCOL)
    except ConnectorError as error:
        return pickle.dumps(("error", error))
    except MemoryError:
        return NO_MEMORY
    except Exception:
        return pickle.dumps(("broke", traceback.format_exc(limit=-20)[-4000:]))


NO_MEMORY = pickle.dumps(("memory", ""))


def limit_time(seconds: int) -> None:
    """From now on so much CPU time, a second more at most; then the kernel sends SIGXCPU, which ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
