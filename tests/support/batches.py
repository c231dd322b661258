"""Batches of Kafka records in bytes, as a producer builds them and as nobody should."""

import io
import zlib

import zstandard
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.util import calc_crc32c

GZIP, SNAPPY, ZSTD = 1, 2, 4
#: Bytes of a batch before its records.
HEADER = 61


def built(values: list[bytes], first: int = 0, compression: int = 0) -> bytes:
    """A batch whose first offset is `first`. `compression` is Kafka's number of it."""
    builder = DefaultRecordBatchBuilder(2, compression, 0, -1, -1, -1, 1 << 30)
    for number, value in enumerate(values):
        builder.append(number, 0, b"k", value, [])
    data = bytearray(builder.build())
    data[:8] = first.to_bytes(8, "big", signed=True)
    return bytes(data)


def packed(compression: int, data: bytes, first: int = 0) -> bytes:
    """A batch of one record whose compressed part is `data`, with the right checksum."""
    batch = bytearray(built([b"x"], first)[:HEADER]) + data
    batch[8:12] = (len(batch) - 12).to_bytes(4, "big")
    batch[21:23] = compression.to_bytes(2, "big")
    batch[17:21] = calc_crc32c(memoryview(batch)[21:]).to_bytes(4, "big")
    return bytes(batch)


def gzip_bomb(size: int) -> bytes:
    """So many zeros, compressed to a thousandth."""
    pack, out = zlib.compressobj(9, zlib.DEFLATED, 31), io.BytesIO()
    for _ in range(size // 2**20):
        out.write(pack.compress(bytes(2**20)))
    out.write(pack.flush())
    return out.getvalue()


def zstd_bomb(size: int) -> bytes:
    """So many zeros, compressed to a ten thousandth."""
    out = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(out, closefd=False) as writer:
        for _ in range(size // 2**20):
            writer.write(bytes(2**20))
    return out.getvalue()
