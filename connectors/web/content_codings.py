"""Decompresses content codings (RFC 9110 §8.4) up to a size limit, so that a decompression bomb does no harm."""

import io
import zlib

import brotli  # type: ignore[import-untyped]
import zstandard

from connectors.errors import FetchError

#: Value of Accept-Encoding. zstd is RFC 8878, br RFC 7932.
ACCEPTED = "gzip, deflate, br, zstd"
_GZIP = b"\x1f\x8b"
#: Most members of a gzip file (RFC 1952 §2.2), and the bytes that are decompressed at a time.
_MEMBERS, _PIECE = 1000, 65536


def decoded(body: bytes, coding: str, limit: int) -> bytes:
    """The body with its codings removed, the last applied one first.

    A body that is not coded although the header says so is returned unchanged. A gzip file is decompressed also without
    a header. Raises FetchError: too-large if the result is longer than `limit` bytes, bad-encoding if the body is
    broken or a coding is unknown.
    """
    names = [name for part in coding.lower().split(",") if (name := part.strip()) and name != "identity"]
    if len(names) > 3:
        raise FetchError("bad-encoding", f"{len(names)} codings, one on the other")
    for name in reversed(names):
        if name == "br" or name == "zstd" or name in ("gzip", "x-gzip", "deflate"):
            if body.lstrip()[:1] in (b"<", b"{") and not body.startswith(_GZIP):
                continue
            body = _one(body, name, limit)
        else:
            raise FetchError("bad-encoding", f"unknown coding {name[:40]}")
    if body.startswith(_GZIP):
        body = _one(body, "gzip", limit)
    return body


def _one(body: bytes, name: str, limit: int) -> bytes:
    try:
        if name == "br":
            data = _brotli(body, limit)
        elif name == "zstd":
            data = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
                io.BytesIO(body), read_across_frames=True
            ).read(limit + 1)  # fmt: skip
        else:
            data = _zlib(body, name, limit)
    except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
        raise FetchError("bad-encoding", f"{name}: {error}") from None
    if len(data) > limit:
        raise FetchError("too-large", f"more than {limit} bytes when unpacked ({name}, {len(body)} as sent)")
    return data


def _brotli(body: bytes, limit: int) -> bytes:
    unpacker = brotli.Decompressor()
    parts: list[bytes] = []
    size, data = 0, body
    while size <= limit:
        part = unpacker.process(data, output_buffer_limit=limit + 1 - size)
        parts.append(part)
        size += len(part)
        if unpacker.is_finished():
            break
        if not part and unpacker.can_accept_more_data():
            raise brotli.error("cut short")
        data = b""
    return b"".join(parts)


def _zlib(body: bytes, name: str, limit: int) -> bytes:
    """Decompresses a zlib stream or all members of a gzip file. Data after the last member is ignored."""
    raw = name == "deflate" and (len(body) < 2 or body[0] & 15 != 8 or (body[0] << 8 | body[1]) % 31)
    parts: list[bytes] = []
    size = at = 0
    for _ in range(_MEMBERS):
        unpacker = zlib.decompressobj(-15 if raw else 47)
        try:
            while size <= limit and at < len(body) and not unpacker.eof:
                piece = body[at : at + _PIECE]
                parts.append(unpacker.decompress(piece, limit + 1 - size))
                size += len(parts[-1])
                at += len(piece) - len(unpacker.unused_data)
        except zlib.error:
            if not parts:
                raise
            break
        if size <= limit and not unpacker.eof:
            raise zlib.error("cut short")
        if body[at : at + 1] == b"\0":
            at = len(body) - len(body[at:].lstrip(b"\0"))
        if size > limit or at >= len(body):
            return b"".join(parts)
    else:
        raise zlib.error(f"more than {_MEMBERS} members")
    return b"".join(parts)
