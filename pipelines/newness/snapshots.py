"""Starts with the newest snapshot of what is known, and takes snapshots, so that a start need not read all of Kafka.

A snapshot is made from Kafka's records alone: a copy of the last one, and the records written since. It is not made
from what the alert step has in memory, which may contain entries whose write failed. A snapshot that is damaged, of
other code or of other topics is not used; then everything is read from the beginning. Each process works on a file with
a name of its own, and the last one that is finished stays.
"""

import contextlib
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import structlog

from pipelines.newness.known import STORY_SECONDS, Known, Stories, take_record
from pipelines.newness.ledger import Ledger
from pipelines.newness.ledger_store import Entries, open_database
from pipelines.newness.snapshot_file import (
    Held,
    SnapshotUnusable,
    code_digest,
    new_file,
    unpack_snapshot,
    write_snapshot,
)
from pipelines.newness.story_rows import StoryRows

NAME = "known.snapshot"
#: A snapshot is taken after this many new records, and this share of the ledger's entries more. So a start reads few
#: records, and a large file is not written often.
RECORDS, SHARE = 1000, 0.02
#: A first reading that takes long is saved after so many seconds each time, so that it need not begin anew.
READING = 60.0
#: Seconds that the thread of a snapshot pauses after each record. Without, it keeps Python's lock for 5 ms whenever the
#: alert step asks its database, and an article takes twice as long meanwhile.
PAUSE = 0.001

log = structlog.get_logger()


class Topics(Protocol):
    """The topics that are read, and how far."""

    def ids(self) -> dict[str, str]:
        """Each topic with an id that changes when it is deleted and made anew."""

    def begin(self, places: Mapping[str, int]) -> None:
        """Read on at these offsets of "topic-partition", and at the beginning of those that are missing. Raises
        SnapshotUnusable when a topic ends before its offset."""

    def read(self) -> Iterator[tuple[str, bytes | None, bytes | None]]:
        """The (topic, key, value) of all new records up to the current end."""

    @property
    def places(self) -> dict[str, int]:
        """The next offset of each "topic-partition", up to date after each record."""

    def close(self) -> None:
        """Close the connections."""


def take_new(topics: Topics, ledger: Ledger, stories: Stories) -> Iterator[None]:
    """Take all new records, and yield after each. One that cannot be read is logged and skipped."""
    for topic, key, value in topics.read():
        try:
            take_record(topic, value, ledger, stories)
        except (sqlite3.Error, OSError):  # the copy would miss a record: it must be made anew
            raise
        except Exception as error:  # a bad record must not stop this process
            words = f"{type(error).__name__}: {error}"[:300]
            log.error("unreadable record skipped", topic=topic, key=(key or b"")[:100], error=words)
        yield


class Copy:
    """A database file with all records of the topics, begun as a copy of the snapshot if that can be used.

    `unsaved` counts the records that the snapshot does not hold. Raises OSError and sqlite3.Error when the file cannot
    be written, and what `topics` raises.
    """

    def __init__(self, directory: Path, topics: Topics) -> None:
        self._snapshot, self._topics = directory / NAME, topics
        self._ids = topics.ids()
        self._file = new_file(directory)
        try:
            self._restore()
            self._database = open_database(self._file)
        except BaseException:
            self.unlink()
            raise
        self.ledger = Ledger(Entries(self._database))
        self.stories = StoryRows(self._database)
        self.unsaved = 0

    def _restore(self) -> None:
        try:
            held = unpack_snapshot(self._snapshot, self._file)
            if held.code != code_digest():
                raise SnapshotUnusable("made by another version of this program")
            if held.topics != self._ids:
                raise SnapshotUnusable("of another Kafka, or its topics were made anew or others were added")
            self._topics.begin(held.places)
        except (SnapshotUnusable, FileNotFoundError) as error:
            if isinstance(error, SnapshotUnusable):
                log.warning("snapshot thrown away, everything is read anew", reason=str(error))
            self._file.write_bytes(b"")
            self._topics.begin({})

    def update(self, pause: float = 0.0) -> None:
        """Take all new records, with a pause of so many seconds after each."""
        saved = time.monotonic()
        self._database.execute("BEGIN")
        for _ in take_new(self._topics, self.ledger, self.stories):
            self.unsaved += 1
            if pause:
                time.sleep(pause)
            if self.unsaved % RECORDS == 0 and time.monotonic() - saved > READING:
                self.save()
                saved = time.monotonic()
        self._database.execute("COMMIT")

    def save(self) -> None:
        """Make a snapshot of what was taken so far. When that fails, it is logged, and the last snapshot stays."""
        started, made = time.monotonic(), None
        self.stories.expire(STORY_SECONDS)
        open_work = self._database.in_transaction
        if open_work:
            self._database.execute("COMMIT")
        try:
            made = new_file(self._snapshot.parent)
            shutil.copyfile(self._file, made)
            size = made.stat().st_size
            write_snapshot(made, self._snapshot, Held(code=code_digest(), topics=self._ids, places=self._topics.places))
        except OSError as error:
            log.warning("snapshot not taken", reason=str(error))
            if made:
                made.unlink(missing_ok=True)
        else:
            log.info("snapshot taken", records=self.unsaved, bytes=size, seconds=round(time.monotonic() - started, 2))
            self.unsaved = 0
        if open_work:
            self._database.execute("BEGIN")

    def due(self) -> bool:
        return self.unsaved >= due_after(len(self.ledger))

    def unlink(self) -> None:
        """Remove the file's name. An open database can be used until it is closed."""
        self._file.unlink(missing_ok=True)

    def close(self) -> None:
        self._database.close()
        self.unlink()


def due_after(entries: int) -> int:
    """After how many new records a snapshot is taken of a ledger of so many entries."""
    return RECORDS + int(SHARE * entries)


class Snapshots:
    """The snapshots in a directory. `make_topics` opens the topics once more, for the thread that takes a snapshot."""

    def __init__(self, directory: Path, make_topics: Callable[[], Topics]) -> None:
        self._directory, self._make_topics = directory, make_topics
        self._unsaved, self._due = 0, 0
        self._thread: threading.Thread | None = None

    def start(self, known: Known, topics: Topics) -> None:
        """Fill `known` with all that the topics hold; `topics` reads on from there."""
        copy = Copy(self._directory, topics)
        try:
            copy.update()
            if copy.due():
                copy.save()
            known.stories = copy.stories.index()
        finally:
            copy.unlink()
        known.ledger = copy.ledger
        self._unsaved, self._due = copy.unsaved, due_after(len(copy.ledger))

    def count(self, records: int) -> None:
        """Take a snapshot, in a thread of its own, if with so many new records it is due."""
        self._unsaved += records
        if self._unsaved >= self._due and not (self._thread and self._thread.is_alive()):
            self._unsaved = 0
            self._thread = threading.Thread(target=self.take, name="snapshot", daemon=True)
            self._thread.start()

    def take(self) -> None:
        """Take a snapshot of all that the topics hold. When that fails, it is logged, and the last snapshot stays."""
        with contextlib.ExitStack() as opened:
            try:
                topics = self._make_topics()
                opened.callback(topics.close)
                copy = Copy(self._directory, topics)
                opened.callback(copy.close)
                copy.update(PAUSE)
                copy.save()
                self._due = due_after(len(copy.ledger))
            except Exception as error:  # of Kafka, the disk or the database: the alert step goes on without it
                log.warning("snapshot not taken", reason=f"{type(error).__name__}: {error}"[:300])
