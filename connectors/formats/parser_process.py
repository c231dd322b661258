"""The process that parses feeds, pages and robots.txt.

`python -m connectors.formats.parser_process FD SECONDS BYTES` starts it.

It receives tasks over the socket FD, one after the other, and answers each. A task may use SECONDS of CPU time; if it
uses more, the kernel ends the process. The process may use BYTES of memory; if a task needs more, it fails and the
process ends. It also ends when the socket is closed. The other side is `connectors.formats.parsers`.
"""

import gc
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
from connectors.formats.robots_file import robots_allow

WORK: Mapping[str, Callable[..., Any]] = {
    "feed": parse_feed,
    "page": judge_page,
    "listing": parse_listing,
    "robots": robots_allow,
}


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # the process ends when the other side closes the socket
        signal.signal(number, signal.SIG_IGN)
    descriptor, seconds, memory = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    connection = Connection(descriptor)
    gc.freeze()  # the collector passes over what was imported: it stays anyway
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
    """Runs a task. Returns pickled ("done", result), ("error", ConnectorError), ("broke", trace) or ("memory", "")."""
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
    """Limits CPU time from now on, rounded up by at most a second; then SIGXCPU from the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
