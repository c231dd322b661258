"""The articles of the index of stories as rows of a database, so that a start need not make their sketches again."""

import sqlite3
import struct
from array import array
from itertools import accumulate, pairwise

from pipelines.newness.stories import Sketch, StoryIndex

_TABLE = "CREATE TABLE IF NOT EXISTS articles (id TEXT PRIMARY KEY, story TEXT, at REAL, sketch BLOB)"
#: Level, own, and the lengths of the five arrays that follow, each of unsigned integers of 4 bytes.
_HEAD = struct.Struct("<B?5I")


class StoryRows:
    """The rows of a database. `add` as that of StoryIndex: a later version of an article replaces the earlier."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.execute(_TABLE)

    def add(self, article: str, new: Sketch, story: str, at: float) -> None:
        row = (article, story, at, packed_sketch(new))
        self._database.execute("INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?)", row)

    def expire(self, seconds: float) -> None:
        """Remove the articles that are older than the newest by more than this."""
        self._database.execute("DELETE FROM articles WHERE at < (SELECT max(at) FROM articles) - ?", (seconds,))

    def index(self) -> StoryIndex:
        """The index of all articles, added in the order in which they came."""
        index = StoryIndex()
        for article, story, at, packed in self._database.execute(
            "SELECT id, story, at, sketch FROM articles ORDER BY rowid"
        ):
            index.add(article, unpacked_sketch(packed), story, at)
        return index


def packed_sketch(sketch: Sketch) -> bytes:
    arrays = (sketch.hashes, sketch.passages, sketch.figures, sketch.named, sketch.words)
    head = _HEAD.pack(sketch.level, sketch.own, *map(len, arrays))
    return head + b"".join(array.tobytes() for array in arrays)


def unpacked_sketch(packed: bytes) -> Sketch:
    level, own, *lengths = _HEAD.unpack_from(packed)
    bounds = accumulate((4 * length for length in lengths), initial=_HEAD.size)
    hashes, passages, figures, named, words = (array("I", packed[a:b]) for a, b in pairwise(bounds))
    return Sketch(level, hashes, own, passages, figures, named, words)
