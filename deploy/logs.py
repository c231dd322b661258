"""Logging for every process, on standard error: readable text on a terminal, otherwise JSON lines.

docs/logs.md says what to do for every warning and error.
"""

import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog

from schemas.masking import HIDDEN, masked
from schemas.printable import printable

#: At most BURST warnings or errors of one name are written in WINDOW seconds. Further ones are counted; the first one
#: of the next window has the number in the field `left_out`.
BURST, WINDOW = 20, 60.0
SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|pwd$|secret|token|(api|access|private)[_-]?key|authorization|cookie|credential|signature",
    re.IGNORECASE,
)
#: How many characters of one value are written; the rest is only counted.
LONGEST = 20_000
#: How many levels of nested lists and mappings are written.
DEEPEST = 6

#: Fields that may have several lines.
TRACES = ("exception", "stack")

Event = MutableMapping[str, Any]


class Repeats:
    """Lets the first `BURST` warnings or errors of one name through in each `WINDOW` seconds, and counts the rest."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def __call__(self, _logger: Any, level: str, event: Event) -> Event:
        if level not in ("warning", "error", "critical"):
            return event
        name, now = (level, str(event.get("event"))), self._clock()
        began, count = self._windows.get(name, (now, 0))
        left_out = 0
        if now - began >= WINDOW:
            left_out = max(0, count - BURST)
            began, count = now, 0
        self._windows[name] = began, count + 1
        if count >= BURST:
            raise structlog.DropEvent
        if left_out:
            event["left_out"] = left_out
        return event


def hide_secrets(_logger: Any, _level: str, event: Event) -> Event:
    """Mask passwords, tokens and keys, and make terminal control characters harmless (schemas/masking.py)."""
    for name, value in event.items():
        if not name.startswith("_"):  # names with an underscore are structlog's own
            event[name] = HIDDEN if SECRET_NAME.search(name) else told(value)
            if name not in TRACES and isinstance(event[name], str):
                event[name] = event[name].replace("\n", "\\n")  # a line of a page must not look like one of the log
    return event


def told(value: Any, depth: int = 0) -> Any:
    """A value that is safe to log: JSON types only, with each text masked, printable and not too long."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset) and depth >= DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {
            told(str(name)): HIDDEN if SECRET_NAME.search(str(name)) else told(inner, depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [told(inner, depth + 1) for inner in value]
    if isinstance(value, bytes | bytearray):
        value = bytes(value).decode("utf-8", "backslashreplace")
    text = printable(masked(str(value)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… and {len(text) - LONGEST} characters"


def tell_uncaught(kind: type[BaseException], error: BaseException | None, trace: Any) -> None:
    """Print the traceback of an uncaught error, with secrets masked."""
    sys.stderr.write(told("".join(traceback.format_exception(kind, error, trace))))


def configure(level: str = "info", libraries: bool = False) -> None:
    """Set up structlog on standard error. `level` is debug, info, warning or error.

    With `libraries`, warnings of libraries that use the standard logging module are written in the same format.
    """
    sys.excepthook = tell_uncaught
    threading.excepthook = lambda failed: tell_uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)
    number = logging.getLevelNamesMapping()[level.upper()]
    on_terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    common: list[Any] = [
        structlog.contextvars.merge_contextvars,
        Repeats(),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if on_terminal else "iso", utc=not on_terminal),
        structlog.processors.ExceptionRenderer(),
        hide_secrets,
    ]
    quiet = ("kafka", "httpx", "trafilatura", "htmldate", *(() if libraries else ("apache_beam",)))
    for name in quiet:
        # Errors of these libraries reach us as exceptions, and are logged where they are handled.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    handler: logging.Handler = logging.NullHandler()
    if libraries:
        handler = logging.StreamHandler()
        formatter = structlog.stdlib.ProcessorFormatter
        handler.setFormatter(
            formatter(foreign_pre_chain=common[2:], processors=[formatter.remove_processors_meta, renderer])
        )
        handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    structlog.configure(
        processors=[*common, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
