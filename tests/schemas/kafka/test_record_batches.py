"""Batches of Kafka records whose bytes changed, or that unpack to very much: an error, in bounded memory."""

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import CorruptRecordError

from schemas.kafka.record_batches import AT_ONCE, UNPACKED, Batches
from tests.support.batches import GZIP, SNAPPY, ZSTD, built, gzip_bomb, packed, zstd_bomb


def values(data: bytes, at: int = 0, end: int = 1000) -> list[bytes]:
    """The values of all records, as the library reads them: the checksum first."""
    batches, found = Batches(data, at, end), []
    while batch := batches.next_batch():
        if not batch.validate_crc():
            raise CorruptRecordError("checksum")
        found += [record.value for record in batch]
    return found


@pytest.mark.parametrize("compression", [0, GZIP, ZSTD])
def test_what_is_sound_is_read(compression: int) -> None:
    data = built([b"a", b"b" * 5000], 0, compression) + built([b"c"], 2, compression)
    assert values(data) == [b"a", b"b" * 5000, b"c"]
    assert values(data, at=1) == [b"a", b"b" * 5000, b"c"], "the one asked for is in the middle of a batch"


SOUND = built([b"one", b"two"], 10) + built([b"three"], 12, GZIP) + built([b"four"], 13)


@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=12))
def test_changed_bytes_are_an_error_or_change_no_value(where: int, new: bytes) -> None:
    data = (SOUND[:where] + new + SOUND[where + len(new) :])[: len(SOUND)]
    try:
        found = values(data, at=10, end=14)
    except CorruptRecordError:
        return
    assert set(found) <= {b"one", b"two", b"three", b"four"}


@pytest.mark.parametrize(
    ("first", "at", "end"), [(2**40, 10, 20), (-3, 0, 20), (3, 10, 20), (19, 10, 20), (2**63 - 1, 0, 20)]
)
def test_offsets_that_cannot_be_are_an_error(first: int, at: int, end: int) -> None:
    with pytest.raises(CorruptRecordError, match="cannot be between"):
        values(built([b"a", b"b"], first), at, end)


def test_a_batch_that_comes_again_is_an_error() -> None:
    with pytest.raises(CorruptRecordError, match="cannot be between"):
        values(built([b"a"], 0) * 2)


@pytest.mark.parametrize(("codec", "bomb"), [(GZIP, gzip_bomb), (ZSTD, zstd_bomb)])
def test_a_gigabyte_of_zeros_is_an_error_in_bounded_memory(codec: int, bomb) -> None:
    data = packed(codec, bomb(2**30))
    assert len(data) < 2_000_000, "it is within the broker's limit"
    tracemalloc.start()
    try:
        with pytest.raises(CorruptRecordError, match="unpacks to more than"):
            values(data)
        assert tracemalloc.get_traced_memory()[1] < 3 * UNPACKED
    finally:
        tracemalloc.stop()


def test_many_batches_that_unpack_to_much_are_read_one_after_the_other() -> None:
    zeros = bytes(AT_ONCE - 100)
    data = b"".join(built([zeros], number, GZIP) for number in range(20))
    assert len(values(data)) == 2, "the rest is fetched again"


@pytest.mark.parametrize(
    ("codec", "data"),
    [(GZIP, b"no gzip"), (GZIP, gzip.compress(b"x", mtime=0)[:-4]), (ZSTD, b"no zstd"), (SNAPPY, b"x"), (7, b"x")],
)
def test_what_cannot_be_unpacked_is_an_error(codec: int, data: bytes) -> None:
    with pytest.raises(CorruptRecordError):
        values(packed(codec, data))
