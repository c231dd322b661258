"""Logging for every process: readable on a terminal, JSON lines elsewhere. Standard output is left to the data."""
import logging
import sys

import structlog


def configure(level: str = "info") -> None:
    """Set up structlog on standard error. `level` is debug, info, warning or error."""
    number = logging.getLevelNamesMapping()[level.upper()]
    for name in ("kafka", "apache_beam", "httpx", "trafilatura", "htmldate"):
        # What matters of their troubles reaches us as exceptions, and is logged where it is handled.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger().addHandler(logging.NullHandler())
    on_terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if on_terminal else "iso", utc=not on_terminal),
            structlog.processors.ExceptionRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
