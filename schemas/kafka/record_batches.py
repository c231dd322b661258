"""Batches of Kafka records as a broker sends them, read with limits and checked as far as possible.

Kafka's checksum covers what follows a batch's header. What it does not cover (offsets, length, format) is compared with
the offsets that the batch can have. Compressed data may unpack to `UNPACKED` bytes; a few kilobytes can be packed so
that they unpack to gigabytes.
"""

import gzip
import io
from collections.abc import Callable, Mapping

import zstandard
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.memory_records import MemoryRecords

#: Largest size of one batch after unpacking, in bytes. Batches of this program have at most 3 MB.
UNPACKED = 32 * 2**20
#: After this many unpacked bytes, no further batch of the same answer is unpacked; it is fetched again.
AT_ONCE = 8 * 2**20


def _gzip(data: memoryview, most: int) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        return file.read(most)


def _zstd(data: memoryview, most: int) -> bytes:
    reader = zstandard.ZstdDecompressor(max_window_size=UNPACKED)
    with reader.stream_reader(io.BytesIO(data), read_across_frames=True) as file:
        return file.read(most)


#: Kafka's number of a compression → a function that unpacks at most so many bytes.
CODECS: Mapping[int, Callable[[memoryview, int], bytes]] = {
    DefaultRecordBatch.CODEC_GZIP: _gzip,
    DefaultRecordBatch.CODEC_ZSTD: _zstd,
}


class Batch(DefaultRecordBatch):
    """A batch of format 2, the only one since Kafka 0.11. Iterating raises CorruptRecordError when it is damaged,
    unpacks to more than `UNPACKED` bytes or is compressed by snappy or LZ4, which need libraries that are not there."""

    _buffer: bytearray
    _pos: int
    _decompressed: bool

    @property
    def unpacked(self) -> int:
        """Its size in bytes; after unpacking, if it was unpacked."""
        return len(self._buffer)

    def _maybe_uncompress(self) -> None:
        if self._decompressed or self.compression_type == self.CODEC_NONE:
            self._decompressed = True
            return
        unpack = CODECS.get(self.compression_type)
        if unpack is None:
            raise CorruptRecordError(f"compressed by method {self.compression_type}, which is not supported here")
        try:
            data = unpack(memoryview(self._buffer)[self._pos :], UNPACKED + 1)
        except Exception as error:  # zlib, gzip and zstandard raise many types for damaged data
            raise CorruptRecordError(f"cannot be unpacked: {type(error).__name__}: {error}") from None
        if len(data) > UNPACKED:
            raise CorruptRecordError(f"unpacks to more than {UNPACKED} bytes")
        self._buffer, self._pos, self._decompressed = bytearray(data), 0, True


class Batches(MemoryRecords):
    """The batches in one answer to a fetch from offset `at` of a partition that ends at `end` (exclusive).

    Raises CorruptRecordError at a batch that cannot be one, or whose offsets cannot be there.
    """

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._at, self._end, self._total = at, end, 0
        self._last: Batch | None = None
        super().__init__(data)

    def next_batch(self) -> Batch | None:
        """The next batch; None at the end, or when `AT_ONCE` bytes were unpacked."""
        self._total += self._last.unpacked if self._last else 0
        piece, self._last = self._next_slice, None
        if piece is None or self._total > AT_ONCE:
            return None
        if len(piece) < Batch.HEADER_STRUCT.size:
            raise CorruptRecordError(f"a batch of {len(piece)} bytes is shorter than its header")
        self._cache_next()
        batch = self._last = Batch(piece)
        if batch.magic != 2:
            raise CorruptRecordError(f"a batch of format {batch.magic}")
        if batch.last_offset_delta < 0 or batch.last_offset < self._at or batch.last_offset >= self._end:
            raise CorruptRecordError(
                f"offsets {batch.base_offset} to {batch.last_offset} cannot be between {self._at} and {self._end}"
            )
        self._at = batch.last_offset + 1
        return batch
