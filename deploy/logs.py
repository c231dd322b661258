"""Logging for every process: readable on a terminal, JSON lines elsewhere. Standard output is left to the data.

docs/logs.md says of every warning and error what to do.
"""
import logging
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

#: A warning or error is written so often in so many seconds; what exceeds that is counted and told with the next one.
BURST, WINDOW = 20, 60.0
HIDDEN = "***"
SECRET_NAME = re.compile(r"pass(word|wd)?$|secret|token|api_?key|authorization|cookie", re.IGNORECASE)
USERINFO = re.compile(r"(://)[^/@\s]+@")
PARAMETER = re.compile(r"([?&][^=&\s]*(?:pass|secret|token|key|auth|sig)[^=&\s]*=)[^&\s\"']+", re.IGNORECASE)

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
    """No password, token or key leaves by the log: not by the name of a field, not within a URL."""
    for name, value in event.items():
        if SECRET_NAME.search(name):
            event[name] = HIDDEN
        elif isinstance(value, str):
            event[name] = PARAMETER.sub(rf"\1{HIDDEN}", USERINFO.sub(rf"\1{HIDDEN}@", value))
    return event


def configure(level: str = "info", libraries: bool = False) -> None:
    """Set up structlog on standard error. `level` is debug, info, warning or error.

    With `libraries` the warnings of libraries that log by the standard module come in the same form.
    """
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
        # What matters of their troubles reaches us as exceptions, and is logged where it is handled.
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
