"""The one place where an error becomes a line and an exit code. OPERATIONS.md has the same table of codes.

`mistake = True` marks an exception class that only the operator can help: settings, files, other state.
"""

import errno
import re
from typing import Final

import structlog

log = structlog.get_logger()

DONE: Final = 0
#: It was tried and did not succeed, or the answer is no. To try again may help.
FAILED: Final = 1
#: Arguments, settings, files or stored state are wrong. Only the operator can change that.
WRONG: Final = 2
#: No instance runs on the data directory.
NOTHING_RUNS: Final = 3
#: Interrupted by Ctrl-C, as shells count it: 128 and the number of the signal.
INTERRUPTED: Final = 130

#: What the operating system says of a path that somebody must mend.
_PATHS = {
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS,
    errno.EEXIST, errno.EINVAL, errno.EIO, errno.ENODEV, errno.ENXIO,
}  # fmt: skip
#: What kafka-python puts before a message.
_NUMBER = re.compile(r"\[Error -?\d{1,4}\] ")
_FULL = {errno.ENOSPC, errno.EDQUOT}


def exit_code(error: BaseException) -> int | None:
    """The exit code of a command that this error ended; None for an unexpected error (a bug)."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):  # such as `… | head`: the reader has enough
        return DONE
    code = getattr(error, "exit_code", None)
    if isinstance(code, int):
        return code
    if getattr(error, "mistake", False):
        return WRONG
    if isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError):
        return WRONG if error.errno in _PATHS and error.filename else FAILED
    if isinstance(error, OSError | MemoryError) or _expected(error):
        return FAILED
    return None


def told_in_a_line(error: BaseException) -> str:
    """What a person reads about an error."""
    if isinstance(error, OSError) and error.errno in _FULL:
        where = f": {error.filename}" if error.filename else ""
        return f"the disk is full{where}: free some space, and start again"
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{_shown(error.filename)}: {error.strerror[:1].lower()}{error.strerror[1:]}"
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    told = str(error) or type(error).__name__
    if type(error).__module__.startswith("kafka."):
        return f"Kafka: {_NUMBER.sub('', told)}"
    return told


def stopped_by(error: Exception) -> int:
    """Log why a command that runs for long has stopped, and return its exit code. Raises an unexpected error again."""
    code = exit_code(error)
    if code is None:
        raise error
    log.error("stopped", reason=f"{type(error).__name__}: {told_in_a_line(error)}")
    return code


def _shown(name: object) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)


def _expected(error: BaseException) -> bool:
    """Whether the error is of a kind that its author meant people to see."""
    from connectors.errors import ConnectorError

    return isinstance(error, ConnectorError) or type(error).__module__.startswith("kafka.")
