"""The ledger entries and their indexes, in a SQLite database, so that memory stays small.

Nothing is lost when the database is lost, because Kafka has all records.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Set
from datetime import date
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

from schemas.codec import decode, encode
from schemas.statement import LedgerEntry

#: Memory for the cache, in KB.
CACHE = 8000
#: A statement is compared with at most this many entries of its story, and of its speaker on three days.
MOST = 100
#: A word pair in more entries than this is ignored in searches.
COMMON = 2000

_TABLES = """
CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY, id TEXT UNIQUE, story TEXT, lang TEXT, record BLOB);
CREATE INDEX IF NOT EXISTS by_story ON entries (story);
CREATE TABLE IF NOT EXISTS pairs (pair TEXT, number INTEGER, PRIMARY KEY (pair, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names (day TEXT, word TEXT, number INTEGER, PRIMARY KEY (day, word, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS told (statement TEXT, topic TEXT, PRIMARY KEY (statement, topic)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alerts (topic TEXT, id TEXT, PRIMARY KEY (topic, id)) WITHOUT ROWID;
"""


def open_database(path: Path | None = None) -> sqlite3.Connection:
    """A database for one thread at a time, in a file that only this process uses; after a crash the file is useless.

    Without a path it has no name: when it outgrows the cache, SQLite puts it into a file in TMPDIR that is deleted with
    the process.
    """
    database = sqlite3.connect(path or "", isolation_level=None, check_same_thread=False)
    database.executescript(f"PRAGMA cache_size = -{CACHE}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
    return database


class Keys(NamedTuple):
    """What an entry is found by, in addition to its id and its story."""

    pairs: Set[str]
    day: date
    names: Set[str]


class Entries:
    """Entries by id, story, word pair, day and name; and the alerts that contained them. For one thread at a time."""

    def __init__(self, database: sqlite3.Connection | None = None) -> None:
        self._database = database or open_database()
        self._database.executescript(_TABLES)
        self._common: set[str] = set()

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM entries").fetchone()[0])

    def replace(self, entry: LedgerEntry) -> bool:
        """Replace the entry with the same id; it is found by the same keys as before. Returns False when there is
        none."""
        if not self.has(entry.id):
            return False
        new = (encode(entry), entry.story, entry.lang, entry.id)
        self._database.execute("UPDATE entries SET record = ?, story = ?, lang = ? WHERE id = ?", new)
        return True

    def move(self, entry: str, before: Keys, after: Keys) -> None:
        """Let an entry be found by the keys `after` instead of those `before`."""
        if before == after:
            return
        rows = self._database.execute("SELECT number FROM entries WHERE id = ?", (entry,))
        for (number,) in rows.fetchall():
            self._database.executemany(
                "DELETE FROM pairs WHERE pair = ? AND number = ?", [(pair, number) for pair in before.pairs]
            )
            self._database.executemany(
                "DELETE FROM names WHERE day = ? AND word = ? AND number = ?",
                [(before.day.isoformat(), word, number) for word in before.names],
            )
            self._index(number, after)

    def add(self, entry: LedgerEntry, pairs: Iterable[str], day: date, names: Iterable[str]) -> None:
        """Add an entry with a new id. It can be found by story, by word pairs, and by day together with a name."""
        put = self._database.execute
        number = put(
            "INSERT INTO entries (id, story, lang, record) VALUES (?, ?, ?, ?)",
            (entry.id, entry.story, entry.lang, encode(entry)),
        )
        self._index(number.lastrowid, Keys(set(pairs), day, set(names)))

    def get(self, entry: str) -> LedgerEntry | None:
        return next(iter(self._entries("SELECT record FROM entries WHERE id = ?", entry)), None)

    def has(self, entry: str) -> bool:
        return self._has("SELECT 1 FROM entries WHERE id = ?", entry)

    def of_story(self, story: str | None) -> list[LedgerEntry]:
        """The entries first seen in a story, by id."""
        return self._entries("SELECT record FROM entries WHERE story = ? ORDER BY id", story or "")

    def on_days(self, days: Iterable[date], names: Iterable[str], lang: str | None) -> list[LedgerEntry]:
        """The entries in a language, on one of the days, whose speaker has one of the names: the latest `MOST`, sorted
        by id."""
        wanted, words = [day.isoformat() for day in days], list(names)
        rule = f"day IN ({_marks(wanted)}) AND word IN ({_marks(words)})"
        numbers = f"SELECT number FROM names WHERE {rule}"
        of_lang = f"SELECT number FROM entries WHERE number IN ({numbers}) AND lang = ?"
        latest = f"{of_lang} ORDER BY number DESC LIMIT {MOST}"
        found = f"SELECT record FROM entries WHERE number IN ({latest}) ORDER BY id"
        return self._entries(found, *wanted, *words, lang or "")

    def alike(self, pairs: Iterable[str], story: str | None, most: int) -> list[LedgerEntry]:
        """The `most` entries that share the most word pairs (later entries win ties), and at most `MOST` entries of
        the story, chosen in the same way. Sorted by id."""
        shared: Counter[int] = Counter()
        for pair in pairs:
            if pair not in self._common:
                shared.update(self._numbers(pair))
        nearest = (number for _, number in nlargest(most, ((count, number) for number, count in shared.items())))
        wanted = {*nearest, *self._of_story(story, shared)}
        rule = f"number IN ({_marks(list(wanted))})"
        return self._entries(f"SELECT record FROM entries WHERE {rule} ORDER BY id", *wanted)

    def _of_story(self, story: str | None, shared: Counter[int]) -> list[int]:
        """The row numbers of a story's entries; if more than `MOST`, those that share the most word pairs."""
        rows = self._database.execute("SELECT number FROM entries WHERE story = ?", (story or "",))
        numbers = [number for (number,) in rows]
        if len(numbers) > MOST:
            numbers = sorted(numbers, key=lambda number: (shared[number], number), reverse=True)[:MOST]
        return numbers

    def put_alert(self, topic: str, alert: str, statements: Iterable[str]) -> None:
        """Add an alert, and the statements that it contained on its topic."""
        self._database.execute("INSERT OR IGNORE INTO alerts VALUES (?, ?)", (topic, alert))
        told = [(statement, topic) for statement in statements]
        self._database.executemany("INSERT OR IGNORE INTO told VALUES (?, ?)", told)

    def alerted(self, topic: str, alert: str) -> bool:
        return self._has("SELECT 1 FROM alerts WHERE topic = ? AND id = ?", topic, alert)

    def told_on(self, statement: str) -> set[str]:
        """The topics on which an alert contained a statement."""
        rows = self._database.execute("SELECT topic FROM told WHERE statement = ?", (statement,))
        return {topic for (topic,) in rows}

    def _index(self, number: int | None, keys: Keys) -> None:
        # In order, so that rows of one page of the file are written together.
        self._database.executemany("INSERT INTO pairs VALUES (?, ?)", [(pair, number) for pair in sorted(keys.pairs)])
        on_day = [(keys.day.isoformat(), word, number) for word in sorted(keys.names)]
        self._database.executemany("INSERT INTO names VALUES (?, ?, ?)", on_day)

    def _numbers(self, pair: str) -> list[int]:
        rows = self._database.execute("SELECT number FROM pairs WHERE pair = ? LIMIT ?", (pair, COMMON + 1)).fetchall()
        if len(rows) > COMMON:
            self._common.add(pair)
            return []
        return [number for (number,) in rows]

    def _has(self, query: str, *values: object) -> bool:
        return self._database.execute(query, values).fetchone() is not None

    def _entries(self, query: str, *values: object) -> list[LedgerEntry]:
        return [decode(LedgerEntry, record) for (record,) in self._database.execute(query, values)]


def _marks(values: list[str] | list[int]) -> str:
    return ", ".join("?" * len(values))
