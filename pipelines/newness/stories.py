"""Which articles are one story: reprints, partial reprints and updates, found by the word runs they share.

A sketch keeps of a text's runs of four words those whose hash is 0 modulo a power of two, chosen so that 64 to 128 are
left (A. Broder, "On the resemblance and containment of documents", 1997: sampling by modulus keeps containment). Two
sketches are compared at the coarser of their levels.
"""

import heapq
import re
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from pipelines.text.stems import content_stems, stems_among
from schemas.ids import unaccented

WORD = re.compile(r"\w+")
#: "Reynosa, Tamaulipas, a 3 de noviembre.-", "TAMPA, Fla. --"
DATELINE = re.compile(r"\s{0,20}+([^\W\d_a-z][^\n]{2,80}?)\s{0,9}(?:\.\s?-+|[-–—]{1,2})\s")
FIGURE = re.compile(r"\b\d+\b")
CAPITAL = re.compile(r"\b[^\W\d_a-zà-ÿ]\w{2,}")
SMALL = re.compile(r"\b[a-zà-ÿ]\w{2,}")
SPACE = ord(" ")
RUN = 4
#: A passage of so many words: an update repeats one of the text before, another report of the event does not.
PASSAGE = 40
MOST = 128
#: Hashes that so much divides are keys of the index, whatever the text's length: a part of a long text finds it by
#: them. Of a short text, all hashes are keys.
KEYS = 16
#: A run that stands in more articles than this is furniture and finds nothing.
COMMON = 40
#: One story: this share of the shorter text stands in the longer …
REPRINT = 0.65
#: … or this share, if it is at least so many runs and a passage: an update of a longer story, no other by its template.
UPDATE, UPDATE_RUNS = 0.45, 150
#: Of the title's content words this share must stand in the text; otherwise the text is the page's, not the article's.
OWN_TITLE = 0.3
#: Hashes of words kept of a text; of a longer one no word can be said to be missing.
WORDS = 1000
#: Two texts with fewer figures in common than this share of the fewer, of at least so many, tell of other facts …
SAME_FIGURES, FIGURES = 0.5, 3
#: … unless nearly all of the shorter stands in the longer: then one of the two is a part or an update.
WHOLE = 0.95


class Sketch(NamedTuple):
    """Sampled hashes, sorted; `level` is the power of two they were sampled by; `own` says the text suits its title.

    `passages` are hashes of runs of `PASSAGE` words, sampled alike; `figures` those of the text's figures, `named` of
    figures and names in its title and its dateline, `words` those of all its words, none where they are too many.
    """

    level: int
    hashes: "array[int]"
    own: bool
    passages: "array[int]"
    figures: "array[int]"
    named: "array[int]"
    words: "array[int]"


def sketch(title: str, text: str) -> Sketch:
    """The sketch of an article; the same in every process. Takes about a microsecond a word."""
    plain = unaccented(text)
    hashes = np.unique(np.fromiter(run_hashes(WORD.findall(plain)), np.uint32))
    level = 0
    while len(hashes) > MOST:
        level += 1
        hashes = hashes[hashes & (1 << level) - 1 == 0]
    passages = {h for h in run_hashes(WORD.findall(plain), PASSAGE) if h % (1 << level) == 0}
    words = set(WORD.findall(f"{unaccented(title)} {plain}"))
    return Sketch(
        level,
        array("I", hashes.tolist()),
        suits(title, plain),
        array("I", sorted(passages)),
        short_hashes(FIGURE.findall(plain)),
        short_hashes(map(unaccented, named_in(title, text))),
        short_hashes(words if len(words) <= WORDS else ()),
    )


def short_hashes(words: Iterable[str]) -> "array[int]":
    return array("I", sorted({zlib.crc32(word.encode(errors="surrogatepass")) for word in words}))


def named_in(title: str, text: str) -> set[str]:
    """Figures and names of a title and of a text's dateline. A name has a capital wherever it stands in the text."""
    small = set(SMALL.findall(text))
    found = DATELINE.match(text)
    lead = found[1] if found else ""
    names = {word for word in CAPITAL.findall(title) if word in text} | set(CAPITAL.findall(lead))
    return {*FIGURE.findall(f"{title} {lead}"), *(name for name in names if name.lower() not in small)}


def run_hashes(words: Sequence[str], length: int = RUN) -> Iterator[int]:
    """CRC-32 of each run of `length` words, parted by spaces, in UTF-8; of all together where there are fewer."""
    data = " ".join(words).encode(errors="surrogatepass")
    spaces = np.flatnonzero(np.frombuffer(data, np.uint8) == SPACE).tolist()
    starts, ends = [0, *(at + 1 for at in spaces)], [*spaces, len(data)]
    return (zlib.crc32(data[a:b]) for a, b in zip(starts, ends[length - 1 :] or ends[-1:], strict=False))


def suits(title: str, plain: str) -> bool:
    """Whether a text, given without case and accents, speaks of what the title names; without a title it does."""
    wanted = content_stems(title)
    return not wanted or len(stems_among(wanted, plain)) >= OWN_TITLE * len(wanted)


def one_story(a: Sketch, b: Sketch) -> float:
    """The containment of the two texts, 0 to 1, where they are one story; 0 where they are not."""
    level = max(a.level, b.level)
    left, right = ({h for h in s.hashes if h % (1 << level) == 0} for s in (a, b))
    if not left or not right or not a.own or not b.own:
        return 0.0
    shared = len(left & right)
    contained = shared / min(len(left), len(right))
    passage = any(h % (1 << level) == 0 for h in set(a.passages) & set(b.passages))
    update = contained >= UPDATE and shared << level >= UPDATE_RUNS and passage
    if contained < WHOLE and other_facts(a, b):
        return 0.0
    return contained if contained >= REPRINT or update else 0.0


def other_facts(a: Sketch, b: Sketch) -> bool:
    """Whether two texts that share many words tell of two events, as bulletins by one template do.

    They do when few of their figures are the same, or when each names at its head what the other's text has nowhere.
    """
    fewer = min(len(a.figures), len(b.figures))
    if fewer >= FIGURES and len({*a.figures} & {*b.figures}) < SAME_FIGURES * fewer:
        return True
    return bool(a.words and b.words and {*a.named} - {*b.words} and {*b.named} - {*a.words})


class StoryIndex:
    """Articles by their sketches. A story's id is the id of its first article. Memory: some 5 KB an article."""

    def __init__(self) -> None:
        self._articles: dict[str, tuple[Sketch, str, float]] = {}
        self._by_key: dict[int, list[str]] = {}
        self._ages: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._articles)

    def assign(self, article: str, new: Sketch, at: float) -> str:
        """The story of an article: the one it was given before, that of the likest article, or a new one.

        The answer depends only on what was put in before and in which order, so a replay gives the same.
        """
        known = self._articles.get(article)
        story = known[1] if known else self._nearest(new) or article
        self.add(article, new, story, at)
        return story

    def add(self, article: str, new: Sketch, story: str, at: float) -> None:
        """Put in an article whose story is known; the newest sketch of an article counts."""
        self._remove(article)
        self._articles[article] = (new, story, at)
        for key in keys(new):
            self._by_key.setdefault(key, []).append(article)
        heapq.heappush(self._ages, (at, article))

    def expire(self, before: float) -> None:
        """Forget the articles put in with an `at` before this."""
        while self._ages and self._ages[0][0] < before:
            at, article = heapq.heappop(self._ages)
            if article in self._articles and self._articles[article][2] == at:
                self._remove(article)

    def _nearest(self, new: Sketch) -> str | None:
        found: set[str] = set()
        for key in keys(new):
            articles = self._by_key.get(key, ())
            if len(articles) <= COMMON:
                found.update(articles)
        likest, story = 0.0, None
        for article in sorted(found):
            known, its_story, _ = self._articles[article]
            if (likeness := one_story(new, known)) > likest:
                likest, story = likeness, its_story
        return story

    def _remove(self, article: str) -> None:
        old = self._articles.pop(article, None)
        for key in keys(old[0]) if old else ():
            self._by_key[key].remove(article)
            if not self._by_key[key]:
                del self._by_key[key]


def keys(of: Sketch) -> list[int]:
    """The hashes an article is found by."""
    return list(of.hashes) if len(of.hashes) < 2 * KEYS else [h for h in of.hashes if h % KEYS == 0]
