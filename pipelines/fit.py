"""Cuts records that are larger than Kafka accepts. No I/O but logging."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, TypeVar

import structlog

from schemas.base import Record
from schemas.codec import MODELS, decode, encode
from schemas.delivery import Undelivered
from schemas.outcome import DeadLetter

#: (code points kept of each text, entries kept of each list), tried in this order.
STEPS = (
    (300_000, 400),
    (150_000, 200),
    (60_000, 100),
    (20_000, 60),
    (5000, 40),
    (2000, 20),
    (1000, 10),
    (400, 5),
    (200, 2),
)
#: Bytes reserved for what is sent with key and value: the CloudEvents headers and the framing of the record.
FRAME = 2000
#: At most this many bytes of the failed record are kept in a dead letter.
HELD = 1_000_000
NOTE = "cut to fit into a record"

Letter = TypeVar("Letter", DeadLetter, Undelivered)

log = structlog.get_logger()


def fitted(topic: str, key: str, value: bytes, limit: int) -> bytes:
    """The value, shortened if it does not fit into `limit` bytes together with its key. A cut is logged.

    A cut record with `notes` or `why` says there that it was cut; a dead letter has the size and hash of the whole.
    `topic` is without prefix. Raises ValueError when even the smallest form is too large.
    """
    room = limit - FRAME - len(key.encode("utf-8"))
    if len(value) <= room:
        return value
    model = MODELS["alerts" if topic.startswith("alerts.") else topic]
    for smaller in _smaller(decode(model, value)):
        data = encode(smaller)
        if len(data) <= room:
            log.warning("record_cut", topic=topic, key=key[:100], bytes=len(value), kept=len(data), limit=limit)
            return data
    raise ValueError(f"{topic} {key[:100]}: {len(value)} bytes cannot be cut to {limit}")


def cut_letter(letter: Letter, held: int = HELD) -> Letter:
    """The dead letter with at most `held` bytes of its record. It says the size and SHA-256 of the whole record."""
    if len(letter.record) <= held:
        return letter
    return letter.model_copy(update={"record": letter.record[:held], **_of_the_whole(letter)})


def _of_the_whole(letter: DeadLetter | Undelivered) -> dict[str, object]:
    """The fields that say what the whole record was, of a letter that is about to be cut."""
    size, digest = len(letter.record), sha256(letter.record).hexdigest()
    if isinstance(letter, DeadLetter):
        return {"size": letter.size or size, "sha256": letter.sha256 or digest}
    beginning = "only the record's beginning is here: it has"
    return {"error": f"{letter.error[:500]}; {beginning} {size} bytes, SHA-256 {digest}"}


def _smaller_letters(letter: Letter) -> Iterator[Letter]:
    held = len(letter.record) // 2
    while held > 100:
        yield cut_letter(letter, held)
        held //= 2
    yield cut_letter(letter.model_copy(update={"error": letter.error[:200]}), 0)


def _smaller(record: Record) -> Iterator[Record]:
    """Smaller and smaller forms of a record."""
    if isinstance(record, DeadLetter):
        yield from _smaller_letters(record)
        return
    if isinstance(record, Undelivered):
        yield from _smaller_letters(record)
        return
    whole = record.model_dump()
    if "notes" in whole:
        whole["notes"] = (*whole["notes"][:10], NOTE)
    elif "why" in whole:
        whole["why"] = f"{whole['why'][:500]}; {NOTE}"
    for texts, entries in STEPS:
        yield type(record).model_validate(_cut(whole, texts, entries))


def _cut(value: Any, texts: int, entries: int) -> Any:
    if isinstance(value, str):
        return value[:texts]
    if isinstance(value, dict):
        return {name: _cut(part, texts, entries) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_cut(part, texts, entries) for part in value[:entries])
    return value
