"""For every test: logging as it is at a start."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import settings

#: No example has a time limit of its own: what is slow on a busy machine is not wrong.
settings.register_profile("borderwire", deadline=None)
settings.load_profile("borderwire")

#: As in deploy/logs.py: while a broker starts or is killed, its clients log every attempt to connect, thousands of
#: lines in a report of one failure. What matters reaches a test as an exception.
logging.getLogger("kafka").setLevel(logging.CRITICAL)


@pytest.fixture(autouse=True)
def fresh_logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A logger that was first used under one test's captured stream must not write there in the next."""
    configure = structlog.configure

    def uncached(**options: Any) -> None:
        configure(**options | {"cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", uncached)
    yield
    structlog.reset_defaults()
