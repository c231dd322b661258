"""Texts and pages that once took minutes or all memory: the time is at most linear in their length."""

import time

import pytest

from schemas.codec import encode
from tests.bench.bench_hostile_texts import through
from tests.support.poison import pages, raw_bytes, record, texts

SHORT, LONG = dict(texts(4000)), dict(texts(24_000))
FIXED = {
    "thousands said",
    "quoted a",
    "said said",
    "names",
    "same names",
    "pronouns",
    "terms",
    "gaps",
    "headings",
    "greetings",
    "según",
    "one sentence",
}


@pytest.mark.parametrize("name", sorted(SHORT.keys() - FIXED))
def test_six_times_the_text_takes_no_more_than_a_few_times_six(name: str) -> None:
    short, long = (spent(encode(record(content=text[name]))) for text in (SHORT, LONG))
    assert long < max(0.5, 25 * short)


@pytest.mark.parametrize("name", sorted(FIXED))
def test_half_of_a_long_text_takes_about_half(name: str) -> None:
    text = SHORT[name]
    half, whole = (spent(encode(record(content=text[:end]))) for end in (len(text) // 4, len(text) // 2))
    assert whole < max(0.5, 5 * half)


RECORDS = [pytest.param(data, id=name) for name, data in (*pages(), *raw_bytes())]


@pytest.mark.parametrize("data", RECORDS)
def test_a_page_or_a_record_takes_seconds_at_most(data: bytes) -> None:
    assert spent(data) < 6


def spent(data: bytes) -> float:
    """Processor seconds, by the better of two tries where it is much: neighbours blur it."""
    figures = []
    for _ in range(2):
        started = time.process_time()
        assert through(data)
        figures.append(time.process_time() - started)
        if figures[-1] < 0.3:
            break
    return min(figures)
