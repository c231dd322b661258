"""`borderwire backup` and `borderwire restore`: what cannot be had again, from Kafka into a file and back.

A file is gzip of JSON lines: a head with the version, one line for each record in the order of its topic, and an end
with the number of records. Raw and tagged articles and their outcomes are left out: they expire after 14 days, and the
job does not need them to know what was alerted.
"""

import gzip
import json
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import structlog

from connectors.kafka import Publisher
from connectors.kafka_topics import ensure_topics
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import Settings

log = structlog.get_logger()

VERSION = 1
_NAME = "borderwire-%Y%m%dT%H%M%SZ.jsonl.gz"
_PATTERN = "borderwire-????????T??????Z.jsonl.gz"
#: Records that are written to Kafka at once.
_AT_ONCE = 500

Row = tuple[str, str, bytes | None]


class BadBackup(ValueError):
    """A file is no whole backup, or Kafka is not empty. The message says what is right."""

    mistake = True


def kept_topics(settings: Settings) -> list[str]:
    """The topics that are backed up. Each has one partition, so that the order of the records is theirs."""
    alerts = [f"alerts.{topic}" for topic in settings.pipeline.alert_topics]
    return ["statements", *alerts, "marks", "feeds.state", "feeds.events", "deliveries.dead-letter"]


def back_up(settings: Settings, directory: Path, keep: int, now: datetime) -> tuple[Path, Counter[str]]:
    """Write the records of the topics into a new file of a directory; returns it and the number of records by topic.

    Of the directory's backups, the newest `keep` stay. A file gets its name when it is whole. Raises OSError,
    KafkaError and NoTopic.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / now.astimezone(UTC).strftime(_NAME)
    part, counted = path.with_suffix(".part"), Counter[str]()
    tail = TopicTail(settings.kafka, kept_topics(settings))
    try:
        with part.open("wb") as raw:
            with gzip.open(raw, "wt", encoding="ascii", newline="\n") as file:
                file.write(json.dumps({"borderwire-backup": VERSION, "made": now.isoformat()}) + "\n")
                for topic, key, value in tail.read():
                    counted[topic] += 1
                    file.write(json.dumps([topic, _text(key), None if value is None else _text(value)]) + "\n")
                file.write(json.dumps({"records": counted.total()}) + "\n")
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
    finally:
        tail.close()
        part.unlink(missing_ok=True)
    if tail.damaged:
        log.warning("damaged records are not in the backup", topics=dict(tail.damaged))
    for old in sorted(directory.glob(_PATTERN))[:-keep]:
        old.unlink()
    return path, counted


def restore(settings: Settings, path: Path) -> Counter[str]:
    """Write the records of a backup into empty topics; returns their number by topic. Creates missing topics.

    Raises BadBackup, before anything is written, when the file is not whole, or one of its topics has records already;
    OSError and BrokerGone.
    """
    found = Counter(topic for topic, _, _ in backed_up(path))
    ensure_topics(settings)
    tail = TopicTail(settings.kafka, kept_topics(settings))
    filled = Counter(topic for topic, _, _ in tail.read())
    tail.close()
    if filled:
        raise BadBackup(f"{', '.join(sorted(filled))}: not empty; a backup is restored into a new Kafka only")
    if unknown := sorted(found.keys() - {*kept_topics(settings)}):
        raise BadBackup(f"{path}: the taxonomy has no topic for {', '.join(unknown)}; use the one of the backup")
    publisher = Publisher(settings.kafka)
    try:
        records = backed_up(path)
        while batch := list(islice(records, _AT_ONCE)):
            publisher.publish(batch)
    finally:
        publisher.close()
    return found


def backed_up(path: Path) -> Iterator[Row]:
    """(topic, key, value) of each record in a backup. Raises BadBackup at the end if the file is not whole; OSError."""
    number = 0
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            head = json.loads(next(file))
            if not isinstance(head, dict) or head.get("borderwire-backup") != VERSION:
                raise BadBackup(f"{path}: not a backup of version {VERSION}")
            for line in file:
                found = json.loads(line)
                if isinstance(found, dict):
                    if found == {"records": number} and next(file, None) is None:
                        return
                    raise BadBackup(f"{path}: not whole: {number} records are not what its end says")
                topic, key, value = found
                number += 1
                yield str(topic), str(key), None if value is None else _bytes(value)
    except (EOFError, gzip.BadGzipFile, zlib.error, ValueError, TypeError, StopIteration) as error:
        if isinstance(error, BadBackup):
            raise
        raise BadBackup(f"{path}: not a whole backup, after {number} records: {error}") from None
    raise BadBackup(f"{path}: cut off after {number} records")


def _text(data: bytes | None) -> str:
    """Bytes as text that JSON can hold; `_bytes` gives the same bytes, also where they are no UTF-8."""
    return (data or b"").decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
