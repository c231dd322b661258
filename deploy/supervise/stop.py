"""`borderwire stop`: ends the running instance. With `--savepoint` it first saves state for the next version."""

import json
import os
import signal
import sys
import time
from pathlib import Path

from deploy.machine.instance import read_note
from deploy.machine.process import identity
from deploy.output import complain
from schemas.write_whole import write_whole

REQUEST = Path("run") / "stop.json"
RESULT = Path("run") / "stopped.json"
#: Seconds an instance may take to stop: a savepoint of large state is slow.
TIMEOUT = 180.0


def stop(data: Path, savepoint: bool, timeout: float = TIMEOUT) -> int:
    """Send the request, wait for the end, print the result.

    Exit code 0 done, 1 it did not stop in `timeout` seconds or took no savepoint, 3 nothing runs.
    """
    note = read_note(data)
    running = identity(note["pid"]) if note else None
    if not running:
        complain(f"nothing runs on {data}")
        return 3
    (data / RESULT).unlink(missing_ok=True)
    write_whole(data / REQUEST, json.dumps({"pid": note["pid"], "savepoint": savepoint}))
    os.kill(running[0], signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while identity(running[0]) == running:
        if time.monotonic() > deadline:
            complain(f"process {running[0]} is still there after {timeout:.0f} s")
            return 1
        time.sleep(0.1)
    if not savepoint:
        print("stopped")
        return 0
    result = read_result(data)
    if path := result.get("savepoint"):
        print(f"stopped; savepoint {path}")
        return 0
    print(
        f"borderwire: stopped without a savepoint: {result.get('error', 'it left no word')}; the newest checkpoint "
        "is what the next start resumes from",
        file=sys.stderr,
    )
    return 1


def take_request(data: Path) -> bool:
    """Whether a savepoint was requested from this process. Deletes the request file."""
    try:
        request = json.loads((data / REQUEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    (data / REQUEST).unlink(missing_ok=True)
    known = isinstance(request, dict)
    return known and bool(request.get("savepoint")) and request.get("pid") == os.getpid()


def write_result(data: Path, savepoint: Path | None, error: str | None = None) -> None:
    result = {"savepoint": str(savepoint) if savepoint else None, "error": error}
    write_whole(data / RESULT, json.dumps(result))


def read_result(data: Path) -> dict[str, str | None]:
    try:
        return dict(json.loads((data / RESULT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
