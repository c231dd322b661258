"""Encodes and decodes records, and maps each topic to its model. All encoding of records is done here."""

import json
from typing import TypeVar

from pydantic import ValidationError

from schemas.alert import Alert
from schemas.article import RawArticle, TaggedArticle
from schemas.base import Record
from schemas.delivery import Undelivered
from schemas.feed import FeedEvent, FeedState
from schemas.limits import sound
from schemas.mark import Mark
from schemas.outcome import DeadLetter, Outcome
from schemas.statement import LedgerEntry

#: Topic (without the configured prefix) → the model of its values. All topics `alerts.<topic>` contain `Alert`.
MODELS: dict[str, type[Record]] = {
    "articles.raw": RawArticle,
    "articles.tagged": TaggedArticle,
    "articles.outcomes": Outcome,
    "articles.dead-letter": DeadLetter,
    "statements": LedgerEntry,
    "alerts": Alert,
    "deliveries.dead-letter": Undelivered,
    "marks": Mark,
    "feeds.state": FeedState,
    "feeds.events": FeedEvent,
}

R = TypeVar("R", bound=Record)


class DecodeError(ValueError):
    """The bytes are not a record of the model. The message names the field and what is wrong with it."""


def encode(record: Record) -> bytes:
    return record.model_dump_json(exclude_none=True).encode("utf-8")


def decode(model: type[R], data: bytes | None) -> R:
    """Bytes → model. Raises DecodeError, and nothing else, for whatever the bytes are.

    What UTF-8 cannot hold, such as half of a surrogate pair, is read as U+FFFD.
    """
    if data is None:
        raise DecodeError(f"{model.__name__}: no value (a tombstone)")
    try:
        try:
            record = model.model_validate_json(data)
        except ValidationError:
            if (mended := _mended(data)) is None:
                raise
            record = model.model_validate_json(mended)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))[:100] or "record"  # cut, because it may contain a key of the record
        raise DecodeError(f"{model.__name__}: {field}: {first['msg'][:200]} ({error.error_count()} errors)") from None
    if record.v > model.model_fields["v"].default:
        raise DecodeError(f"{model.__name__}: version {record.v} is newer than this program knows")
    return record


def _mended(data: bytes) -> bytes | None:
    """The JSON with invalid Unicode replaced by U+FFFD; None if that was not the mistake in it."""
    text = data.decode("utf-8", "replace")
    if "\ufffd" not in text and "\\ud" not in text.lower():
        return None
    try:
        return sound(json.dumps(json.loads(text), ensure_ascii=False)).encode("utf-8")
    except (ValueError, RecursionError):
        return None
