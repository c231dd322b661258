"""Base classes and types of all records in Kafka."""

import base64
import zlib
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer, PlainValidator

#: Largest size of a compressed field after decompression, in bytes, as protection against decompression bombs.
UNPACKED_LIMIT = 16 * 1024 * 1024


#: Only keys are cached as strings. Values differ from record to record, so caching them would only cost memory.
CONFIG = ConfigDict(frozen=True, extra="ignore", cache_strings="keys", use_attribute_docstrings=True)


class Record(BaseModel):
    """A value of a topic: frozen and versioned. Unknown fields are ignored, so that old readers read newer records."""

    model_config = CONFIG

    v: int = 1
    """Version of the shape. It grows only with a change that old readers cannot ignore."""


class RecordPart(BaseModel):
    """A part of a record: frozen, without a version of its own."""

    model_config = CONFIG


def _unpack(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("no text")  # pydantic does not turn a TypeError into a ValidationError
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(base64.b64decode(value, validate=True), UNPACKED_LIMIT)
    except zlib.error as error:
        raise ValueError(f"not zlib data: {error}") from error
    if unpacker.unconsumed_tail:
        raise ValueError(f"unpacks to more than {UNPACKED_LIMIT} bytes")
    return data


def _pack(value: bytes) -> str:
    return base64.b64encode(zlib.compress(value, 6)).decode("ascii")


#: Bytes that are written in JSON as base64 of a zlib stream.
PackedBytes = Annotated[
    bytes,
    PlainValidator(_unpack, json_schema_input_type=str),
    PlainSerializer(_pack, return_type=str, when_used="json"),
]


def _in_utc(when: datetime) -> datetime:
    """The same moment in UTC; the first or last there is where its zone puts it beyond those."""
    if when.tzinfo is UTC:
        return when
    try:
        return when.astimezone(UTC)
    except OverflowError:
        return (datetime.min if when.year == 1 else datetime.max).replace(tzinfo=UTC)


#: A point in time with a time zone, converted to UTC. It may be in year 1 or 9999.
Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
