"""A ledger of any size for benchmarks, made in bulk, and the records from which it could have been read.

Words are drawn by Zipf's law from a vocabulary of made-up words, so a few word pairs are in many entries and most in
one. Statements come at a fixed rate a day, by 1,000 speakers of whom a few speak most. Five entries in a row are of one
story, three of them first seen in one article. The rows are those that `Ledger.put` makes: `fill` compares some.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

import numpy as np

from pipelines.newness.ledger import keys_of, name_words
from pipelines.newness.ledger_store import Entries
from pipelines.newness.stories import sketch
from pipelines.newness.story_rows import StoryRows
from pipelines.text.stems import stemmed
from schemas.article import CleanArticle, TaggedArticle
from schemas.codec import encode
from schemas.statement import LedgerEntry, Sighting, Span, Speaker, Statement

NOW = datetime.now(UTC).replace(microsecond=0)
PER_DAY = 3000
VOCABULARY, SPEAKERS, WORDS, PER_STORY = 6000, 1000, 13, 5
#: Before which word of an entry its figure is, and how many figures there are.
AT, FIGURES = 6, 9973
#: Words in the text of an article.
ARTICLE = 300
BATCH = 20_000


@cache
def vocabulary() -> list[str]:
    """Made-up words of four to nine letters, the most frequent first."""
    draw = np.random.default_rng(1)
    syllables = [a + b for a in "bcdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "ol")]
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        words["".join(draw.choice(syllables, draw.integers(2, 5)))] = None
    return list(words)


@cache
def shares(count: int) -> np.ndarray:
    """Of ranks 1 to `count`, how often each occurs by Zipf's law, summed up."""
    each = 1 / np.arange(1, count + 1)
    return np.cumsum(each / each.sum())


def ranks(draw: np.random.Generator, count: int, amount: int) -> np.ndarray:
    return np.minimum(np.searchsorted(shares(count), draw.random(amount)), count - 1)


@cache
def speakers() -> list[str]:
    words = vocabulary()
    return [f"{words[n].title()} {words[-1 - n].title()}" for n in range(SPEAKERS)]


@lru_cache(maxsize=50)
def words_of_thousand(thousand: int) -> list[list[int]]:
    drawn = ranks(np.random.default_rng((2, thousand)), VOCABULARY, 1000 * WORDS)
    return [row.tolist() for row in drawn.reshape(1000, WORDS)]


def words_of_entry(number: int) -> list[int]:
    """Places in the vocabulary of the words of entry `number`."""
    return words_of_thousand(number // 1000)[number % 1000]


def text_of(number: int) -> str:
    """The words of entry `number`, with a figure among them."""
    said = [vocabulary()[word] for word in words_of_entry(number)]
    return " ".join([*said[:AT], str(number % FIGURES + 2), *said[AT:]])


def speaker_of(words: list[int]) -> str:
    """The frequent words make frequent speakers."""
    return speakers()[words[0] % SPEAKERS]


def said_at(number: int, total: int) -> datetime:
    return NOW - timedelta(seconds=(total - number) * 86_400 // PER_DAY)


def article_of(number: int) -> int:
    return number // PER_STORY * PER_STORY + number % PER_STORY // 3


def id_of(number: int) -> str:
    """Ids are scattered, as those of statements are."""
    return f"{number * 2654435761 % 2**32:08x}{number:x}"


def entry(number: int, total: int) -> LedgerEntry:
    """Entry `number` of `total`; the last one was seen now."""
    at, article = said_at(number, total), article_of(number)
    url = f"https://made.example/{article}"
    return LedgerEntry(
        id=id_of(number),
        story=f"story-{number // PER_STORY}",
        text=text_of(number),
        speaker=Speaker(name=speaker_of(words_of_entry(number))),
        kind="direct",
        lang="en",
        topics=("merida",),
        sightings=(Sighting(article=f"a{article}", version="v", outlet="Made", url=url, at=at, published=at),),
        why="new",
        recorded=at,
    )


def fill(database: sqlite3.Connection, total: int) -> None:
    """Put entries 0 to `total` into the tables of an empty database. The rows of an index are sorted first, because
    SQLite adds rows in order quickly."""
    Entries(database)
    stems = sorted({stemmed(word, "en") for word in vocabulary()} | {str(n) for n in range(FIGURES + 2)})
    place = {stem: at for at, stem in enumerate(stems)}
    of_word = np.array([place[stemmed(word, "en")] for word in vocabulary()])
    of_figure = np.array([place[str(n)] for n in range(FIGURES + 2)])
    keys = []
    database.execute("PRAGMA cache_size = -1000000")
    database.execute("BEGIN")
    for start in range(0, total, BATCH):
        numbers = range(start, min(start + BATCH, total))
        made = [record_of(number, total) for number in numbers]
        database.executemany("INSERT INTO entries VALUES (?, ?, ?, 'en', ?)", [row for row, _, _ in made])
        on_day = sorted((day, word, row[0]) for row, day, name in made for word in _names_of(name))
        database.executemany("INSERT INTO names VALUES (?, ?, ?)", on_day)
        words = of_word[np.array([words_of_entry(number) for number in numbers])]
        content = np.insert(words, AT, of_figure[np.array(numbers) % FIGURES + 2], axis=1)
        pairs = content[:, :-1] * len(stems) + content[:, 1:]
        keys.append((pairs << 24 | (np.array(numbers) + 1)[:, None]).ravel())
    for key in np.array_split(np.unique(np.concatenate(keys)), max(total // BATCH, 1)):
        pairs, numbers_of = (key >> 24).tolist(), (key & 2**24 - 1).tolist()
        rows = [
            (f"{stems[p // len(stems)]} {stems[p % len(stems)]}", n) for p, n in zip(pairs, numbers_of, strict=True)
        ]
        database.executemany("INSERT INTO pairs VALUES (?, ?)", rows)
    database.execute("COMMIT")
    check(database, total)


def check(database: sqlite3.Connection, total: int) -> None:
    """Raises AssertionError if some entries are not in the tables as `Ledger.put` would have put them."""
    for number in range(0, total, total // 20):
        made = entry(number, total)
        keys = keys_of(made)
        row = database.execute(
            "SELECT number, id, story, lang, record FROM entries WHERE id = ?", (made.id,)
        ).fetchone()
        assert row == (number + 1, made.id, made.story, made.lang, encode(made))
        found = database.execute("SELECT day, word FROM names WHERE number = ?", (number + 1,))
        assert set(found) == {(keys.day.isoformat(), name) for name in keys.names}
        for pair in keys.pairs:
            assert database.execute("SELECT 1 FROM pairs WHERE (pair, number) = (?, ?)", (pair, number + 1)).fetchone()
    per_entry = database.execute("SELECT count(*) FROM pairs").fetchone()[0] / total
    assert WORDS - 0.5 < per_entry <= WORDS


def record_of(number: int, total: int) -> tuple[tuple[int, str, str, bytes], str, str]:
    """The row of entry `number`, the day on which and the speaker by whom it was said; what `encode(entry(…))` gives,
    but much faster."""
    words, at = words_of_entry(number), said_at(number, total)
    seen, article = _json_time(at), article_of(number)
    name = speaker_of(words)
    record = (
        f'{{"v":1,"id":"{id_of(number)}","story":"story-{number // PER_STORY}","text":"{text_of(number)}",'
        f'"speaker":{{"name":"{name}"}},"kind":"direct","lang":"en","topics":["merida"],"sightings":[{{"article":'
        f'"a{article}","version":"v","outlet":"Made","url":"https://made.example/{article}","at":"{seen}",'
        f'"published":"{seen}"}}],"possible":[],"denied":false,"why":"new","recorded":"{seen}"}}'
    )
    row = (number + 1, id_of(number), f"story-{number // PER_STORY}", record.encode())
    return row, at.date().isoformat(), name


def _json_time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


@cache
def _names_of(name: str) -> tuple[str, ...]:
    return tuple(sorted(name_words(Speaker(name=name))))


def fill_stories(database: sqlite3.Connection, stories: int, total: int) -> None:
    """Put one article of each of the last stories into the rows of stories, all seen within the last 14 days."""
    rows = StoryRows(database)
    database.execute("BEGIN")
    for number in range(stories):
        found = article(number, (), NOW - timedelta(minutes=stories - number))
        story = f"story-{max(total // PER_STORY - stories, 0) + number}"
        rows.add(found.id, sketch(found.article.title, found.article.text), story, found.seen.timestamp())
    database.execute("COMMIT")


def article(number: int, entries: tuple[LedgerEntry, ...], seen: datetime, story: str | None = None) -> TaggedArticle:
    """An article with a text of its own, which begins with the statements of the entries."""
    words = ranks(np.random.default_rng((3, number)), VOCABULARY, ARTICLE).tolist()
    whole, statements = "", []
    for said in entries:
        span = Span(start=len(whole), end=len(whole) + len(said.text))
        statements.append(Statement(content=(span,), speaker=said.speaker, kind="direct", topics=said.topics))
        whole += said.text + ".\n\n"
    url = f"https://made.example/article-{number}"
    clean = CleanArticle(
        text=whole + " ".join(vocabulary()[word] for word in words), lang="en", published=seen, outlet="Made", url=url
    )
    return TaggedArticle(
        id=f"article-{number}",
        version="v",
        feed="f",
        origin="live",
        seen=seen,
        article=clean,
        story=story,
        topics=("merida",),
        statements=tuple(statements),
    )
