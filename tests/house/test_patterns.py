"""No regular expression of the program may take time that grows faster than the text."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support import patterns
from tests.support.patterns import Found

#: Files whose patterns only see texts of so many characters, as the code around them makes sure.
BOUNDED = {"pipelines/clean/furniture.py": 420}
#: Seconds of processor time that one pattern may take for all of its strings.
LIMIT = 20
PARTS = 6


class TooLong(BaseException):
    """The time for one pattern is over; no handler of ordinary exceptions may take it."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """`re` looks for signals every few thousand steps."""

    def end(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def wrong(found: Found, bound: int | None = None) -> str | None:
    try:
        with at_most(LIMIT):
            return patterns.growth(found, bound=bound)
    except TooLong:
        return f"more than {LIMIT} s"


@pytest.fixture(scope="module")
def collected() -> list[Found]:
    return patterns.collect()


def test_every_pattern_is_collected(collected: list[Found]) -> None:
    """`collect` raises for a call of `re` of which it knows no pattern; the rooms that must have some have some."""
    rooms = {found.place.rsplit("/", 1)[0] for found in collected}
    assert {"schemas", "connectors/formats", "pipelines/clean", "pipelines/topics", "deploy"} <= rooms
    assert len(collected) > 400


@pytest.mark.parametrize("part", range(PARTS))
def test_time_grows_with_the_text_and_no_faster(collected: list[Found], part: int) -> None:
    """In processor time of this thread. In parts, so that all processes of the tests get some of them."""
    found = {f"{f.place} {f.pattern[:60]}": wrong(f, bound_of(f)) for f in collected[part::PARTS]}
    assert not {place: words for place, words in found.items() if words}


def bound_of(found: Found) -> int | None:
    return next((most for file, most in BOUNDED.items() if found.place.startswith(file)), None)


@pytest.mark.parametrize(
    "source", [r"a[^b]*b[^c]*c", r"[.!?]+(?=\s)", r"\s*\|\s*", r"(?:a|a)*b", r"<a\s.{0,9}?\bhref\s*=\s*'?\s*\w"]
)
def test_a_careless_pattern_is_noticed(source: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.house.test_patterns.LIMIT", 3)
        assert wrong(Found(source, int(re.UNICODE), False, "here"))


@pytest.mark.parametrize("source", [r"\d+x?", r"(?<![.!?])[.!?]++(?=\s)", r"<[^>]{0,20}>"])
def test_a_careful_pattern_passes(source: str) -> None:
    assert wrong(Found(source, int(re.UNICODE), False, "here")) is None
